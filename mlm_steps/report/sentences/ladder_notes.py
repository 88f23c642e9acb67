"""Notes of the ladder table: how it reads, and how its numbers were obtained."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence
from mlm_steps.report.sentences.disputes import disputed
from mlm_steps.report.sentences.generalized import likelihood_words, scale_note
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.text.facts import DF_METHODS, NORMAL, df_words, on_boundary
from mlm_steps.report.text.intervals import interval_methods, limit_notes
from mlm_steps.report.text.notation import decimals_for_size, share
from mlm_steps.report.text.text import Code, Phrase, join, say
from mlm_steps.report.titles import section_link

__all__ = ["formulas_of", "mark_notes", "method_notes"]

CENTRING = ("center", "mean", "standardize")
"""Keys of derived columns that a note lists as centring, since they divide a predictor between levels."""
CRITERIA_NOTE = (
    "Deviance, AIC and BIC come from maximum-likelihood fits, with *n* = number of {counted} in BIC; the "
    "REML criterion is not a deviance. Parameters that are estimated on their boundary are counted."
)
ML_CRITERIA_NOTE = (
    "The deviance is −2 log-likelihood with all constants; *n* in BIC is the number of {counted}. Parameters "
    "that are estimated on their boundary are counted."
)
CELLS = (
    "Fixed effects: estimate, standard error in parentheses, interval{ratio}, *p*. Random effects: variance, "
    "standard deviation in parentheses; ρ is a correlation. An empty cell means that the model does not have "
    "the parameter."
)
ML_CELLS_NOTE = say(
    "PRV is the proportional reduction of a variance relative to the null model, after the correction for "
    "the change of scale; ICC and *R*² average random slopes over the rows. Comparisons: χ² is the "
    "difference between the deviances; *p* is from one χ² distribution unless the table names a mixture of "
    "χ² distributions (for a variance on its boundary) or a simulation (bootstrap)."
)
CELLS_NOTE = say(
    "PRV is the proportional reduction of a variance relative to the null model; ICC and *R*² "
    "average random slopes over the rows. Comparisons: χ² is the difference between the ML deviances or REML "
    "criteria; *p* is from one χ² distribution unless the table names a mixture of χ² distributions (for a "
    "variance on its boundary) or a simulation (exact, bootstrap)."
)
ADJUSTMENTS = {
    "none": say("*p* values are not adjusted for the number of tests."),
    "holm": say(
        "*p* values of coefficients are not adjusted for the number of tests; for comparisons of rungs, *p* "
        "values adjusted by Holm’s method are also reported."
    ),
}
BOUNDARY_NOTE = say(
    "‡ Estimate on the boundary of the parameter space (a variance of 0, a correlation of ±1, or "
    "correlations that together leave a covariance matrix of reduced rank); the fit is singular."
)


def mark_notes(fits: Sequence[FitRecord]) -> tuple[Phrase, ...]:
    """Return how the cells of the table read, and what its marks mean."""
    ratios = any(words_of(fit).ratio is not None for fit in fits)
    notes = [say(CELLS, ratio=", ratio with its interval" if ratios else None)]
    if any(on_boundary(fit, parameter) for fit in fits for parameter in fit.random):
        notes.append(BOUNDARY_NOTE)
    return (*notes, *limit_notes(fits))


def formulas_of(given: ReportInput) -> list[Phrase]:
    """Return the formula of each rung."""
    return [(given.names.model(f.model), ": ", Code(f.formula)) for f in given.run.fits]


def method_notes(given: ReportInput) -> list[Phrase]:
    """Return how the numbers of the table were obtained."""
    first = given.run.fits[0]
    hashes = dict.fromkeys(fit.sample_hash[:16] for fit in given.run.fits)
    return [
        _estimation(given, first),
        *(() if (scale := scale_note(given.run.fits)) is None else (scale,)),
        *_reading(given),
        *_disputed(given),
        *_derivations(given),
        ("Common sample: ", *join([(Code(value),) for value in hashes]), "."),
    ]


def _reading(given: ReportInput) -> tuple[Phrase, Phrase]:
    """Return how to read criteria and cells; residual variances and REML belong to linear models alone."""
    linear = any(fit.linear for fit in given.run.fits)
    groups = any(fit.bic_n == "groups" for fit in given.run.fits)
    counted = "groups (of the factor with the fewest)" if groups else "rows"
    if linear:
        return say(CRITERIA_NOTE, counted=counted), CELLS_NOTE
    return say(ML_CRITERIA_NOTE, counted=counted), ML_CELLS_NOTE


def _disputed(given: ReportInput) -> list[Phrase]:
    """Return a note on the p values that depend on the method of the degrees of freedom."""
    cases = [
        say("{x} in {model}", x=given.names.column(c.column, c.term), model=given.names.model(fit.model))
        for fit in given.run.fits
        for c in disputed(fit)
    ]
    if not cases:
        return []
    return [
        say(
            "The fit is singular, and the Satterthwaite and Kenward–Roger methods disagree about {cases}; "
            "see {link} for both tests.",
            cases=join(cases, last=" and "),
            link=section_link("headline"),
        )
    ]


def _derivations(given: ReportInput) -> list[Phrase]:
    """Return notes on how derived columns were made, those that are centred before the others."""
    derived = given.run.data_profile.derivations
    centred = [c for c in derived if c.derived_by in CENTRING]
    others = [c for c in derived if c not in centred]
    return [
        (f"{title}: ", *join([_derived(given, c.name, c.derived or "") for c in columns], "; "), ".")
        for title, columns in (("Centring", centred), ("Derived variables", others))
        if columns
    ]


def _derived(given: ReportInput, name: str, how: str) -> Phrase:
    return (*given.names.variable(name), " is ", *say("{how}", how=Code(how)))


def _estimation(given: ReportInput, fit: FitRecord) -> Phrase:
    methods = dict.fromkeys(likelihood_words(f) for f in given.run.fits)
    df = dict.fromkeys(c.df_method for f in given.run.fits for c in f.coefficients)
    words = " and ".join(DF_METHODS.get(method, method) for method in df)
    tests = f"tests {df_words(words)}" if words == NORMAL else f"{words} degrees of freedom"
    adjusted = " and adjusted standard errors" if "kenward-roger" in df else ""
    return say(
        f"Estimates by {' and '.join(methods)}; {tests}{adjusted}; {{level}} confidence "
        f"intervals ({interval_methods(given.run.fits)}). Tests are two-sided at α = {{alpha}}; {{adjusted}}",
        level=confidence(fit),
        alpha=share(fit.alpha, max(2, decimals_for_size(fit.alpha, 1))),
        adjusted=ADJUSTMENTS[given.run.adjustment],
    )
