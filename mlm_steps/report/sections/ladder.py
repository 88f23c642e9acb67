"""The ladder table: one column per rung (reporting standard, part H)."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence
from mlm_steps.report.sentences.disputes import disputed
from mlm_steps.report.sentences.generalized import likelihood_words, scale_note
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.tables.ladder import (
    comparison_rows,
    fit_rows,
    fixed_rows,
    size_rows,
    status_rows,
    variance_rows,
)
from mlm_steps.report.tables.ladder_random import random_rows
from mlm_steps.report.text.facts import DF_METHODS, NORMAL, df_words, on_boundary
from mlm_steps.report.text.grid import Column, Grid, Row
from mlm_steps.report.text.intervals import interval_methods, limit_notes
from mlm_steps.report.text.notation import decimals_for_size, share
from mlm_steps.report.text.text import Code, Link, Phrase, join, say

__all__ = ["context"]

BLOCKS = (
    fixed_rows,
    random_rows,
    variance_rows,
    size_rows,
    fit_rows,
    comparison_rows,
    status_rows,
)
"""The blocks of rows of the table, from top to bottom."""
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
    "the parameter. "
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


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the ladder as a table, with its notes."""
    if not given.run.fits:
        return None
    rows: list[Row] = []
    for block in BLOCKS:
        rows.extend(block(given))
    heads = tuple(
        Column((given.names.model(fit.model),), "number", hover=given.names.plain((Code(fit.formula),)))
        for fit in given.run.fits
    )
    table = Grid(
        caption=("Ladder of models of ", *_outcomes(given)),
        columns=(Column(("",), "text"), *heads),
        rows=tuple(rows),
        notes=_notes(given),
        wide=True,
    )
    return {"table": table}


def _outcomes(given: ReportInput) -> Phrase:
    return join([given.names.outcome(name) for name in dict.fromkeys(f.outcome for f in given.run.fits)])


def _notes(given: ReportInput) -> tuple[Phrase, ...]:
    first = given.run.fits[0]
    formulas = join([(given.names.model(f.model), ": ", Code(f.formula)) for f in given.run.fits], "; ")
    notes: list[Phrase] = [
        ("Formulas: ", *formulas, "."),
        _estimation(given, first),
        *(() if (scale := scale_note(given.run.fits)) is None else (scale,)),
        *_reading(given),
    ]
    if any(on_boundary(fit, parameter) for fit in given.run.fits for parameter in fit.random):
        notes.append(BOUNDARY_NOTE)
    notes += limit_notes(given.run.fits)
    notes += _disputed(given)
    notes += _derivations(given)
    hashes = dict.fromkeys(fit.sample_hash[:16] for fit in given.run.fits)
    notes.append(("Common sample: ", *join([(Code(value),) for value in hashes]), "."))
    return tuple(notes)


def _reading(given: ReportInput) -> tuple[Phrase, Phrase]:
    """Return how to read criteria and cells; residual variances and REML belong to linear models alone."""
    linear = any(fit.linear for fit in given.run.fits)
    ratios = any(words_of(fit).ratio is not None for fit in given.run.fits)
    groups = any(fit.bic_n == "groups" for fit in given.run.fits)
    counted = "groups (of the factor with the fewest)" if groups else "rows"
    cells = say(CELLS, ratio=", ratio with its interval" if ratios else None)
    if linear:
        return say(CRITERIA_NOTE, counted=counted), (*cells, *CELLS_NOTE)
    return say(ML_CRITERIA_NOTE, counted=counted), (*cells, *ML_CELLS_NOTE)


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
            link=Link("each rung in full", "rungs"),
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
