"""Sentences about the comparison of two rungs (reporting standard, part I)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import ComparisonRecord, FitRecord, MixtureComponent, VarianceChange
from mlm_steps.records.comparison import TRUSTWORTHY, PValue
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.claims import effect_terms, fixed_curve
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.text.facts import comparison_number, comparison_p, comparison_test, p_phrase
from mlm_steps.report.text.names import INTERCEPT, RESIDUAL
from mlm_steps.report.text.notation import fixed, percent, subscript
from mlm_steps.report.text.text import Code, Number, Phrase, Word, join, say, source
from mlm_steps.tables.comparison import adjusted_p

__all__ = [
    "FAILED",
    "NEGATIVE_REDUCTION",
    "added_phrase",
    "comparison_sentence",
    "has_increase",
    "mixture_phrase",
    "mixture_words",
    "term_words",
]

FAILED = "fit_failed"
"""Code of a comparison that was not made because one of the two rungs has no optimum."""
NEGATIVE_REDUCTION = (
    "A variance component can increase when predictors are added. A level-1 predictor reduces the level-1 "
    "variance, so that less of the variation between group means is attributed to the sampling of group "
    "members and more of it to the groups. A negative reduction is reported as it is, not set to zero."
)
NAIVE_REASONS = {
    "no_closed_weights": "naive and too large: with several variances on the boundary, the null distribution "
    "has no closed form",
    "null_on_boundary": "naive: the smaller model itself is on a boundary",
}
NO_BOOTSTRAP = {
    "not_requested": "; tests: {bootstrap: where_needed} in the spec requests a parametric bootstrap",
    "left_out": "; the parametric bootstrap was omitted, and tests: {bootstrap: always} in the spec requests "
    "it",
    "too_large": "; a parametric bootstrap would take long, and tests: {bootstrap: always} in the spec "
    "requests it",
    "not_estimable": "; no fit of the parametric bootstrap succeeded",
}
_PARTLY = re.compile(r"(.+) in (\(.+\))")
"""A term in which only some effects are new is written ``x in (x | g)``."""
DISTRIBUTION = "family: "
"""Start of the text for a change of the distribution among what a rung adds."""
COVARIANCES = "covariances"
"""The word for the covariances of a term among what a rung adds."""
MOST_ADDED = 3
"""Most terms that a card of a rung lists, so that it stays short."""
SMALLEST_CHANGE = 0.0005
"""Smaller relative changes of a variance are not stated: they would be printed as 0.0 %."""


def comparison_sentence(given: ReportInput, record: ComparisonRecord) -> Phrase:
    """Return whether the larger rung improves fit, or why the two were not tested."""
    models = {"smaller": given.names.model(record.smaller), "larger": given.names.model(record.larger)}
    test = comparison_test(record)
    if test is None:
        reason = (record.reason or record.refused or "the difference cannot be tested").rstrip(".")
        return say("{larger} was not tested against {smaller}: {reason}.", **models, reason=Word(reason))
    fit = given.run.fit(record.larger)
    adjusted = dict(zip(given.run.comparisons, adjusted_p(given.run), strict=True)).get(record)
    p = record.p if adjusted is None else adjusted
    clear = p is not None and p < fit.alpha
    return say(
        "{what} {verb} ({larger} against {smaller}), {test}, {p}{ic}{prv}.",
        **models,
        what=_added(given, record),
        verb=_verdict(record, clear=clear),
        test=test,
        p=(*_p_values(record, fit.alpha), *_adjusted(record, adjusted, fit.alpha)),
        ic=_criteria(record),
        prv=_changes(given, record),
    )


def _verdict(record: ComparisonRecord, *, clear: bool) -> str:
    """Return whether fit improved, and by which criteria if the test, AIC and BIC disagree.

    Examples
    --------
    >>> from types import SimpleNamespace as Criteria
    >>> _verdict(Criteria(delta_aic=-2.0, delta_bic=8.0), clear=True)
    'improved fit by the likelihood-ratio test and AIC, but not by BIC'
    >>> _verdict(Criteria(delta_aic=-0.5, delta_bic=8.0), clear=False)
    'did not clearly improve fit by the likelihood-ratio test and BIC, but did by AIC'
    """
    says = {"the likelihood-ratio test": clear}
    changes = {"AIC": record.delta_aic, "BIC": record.delta_bic}
    says |= {name: change < 0 for name, change in changes.items() if change is not None}
    alike = " and ".join(name for name, better in says.items() if better == clear)
    other = " and ".join(name for name, better in says.items() if better != clear)
    if clear:
        return f"improved fit by {alike}, but not by {other}" if other else "improved fit"
    return (
        f"did not clearly improve fit by {alike}, but did by {other}"
        if other
        else "did not clearly improve fit"
    )


def _added(given: ReportInput, record: ComparisonRecord) -> Phrase:
    if not record.added:
        return ("The larger model",)
    factors = [{stem for stem, _ in column_factors(t, t)} for t in record.added if not t.startswith("(")]
    whole = max(factors, key=len, default=set())
    plain = len(factors) == len(record.added) and not any(map(_PARTLY.fullmatch, record.added))
    if plain and len(whole) > 2 and len(factors) == 2 ** len(whole) - 1:
        last = max(record.added, key=lambda term: len(column_factors(term, term)))
        names = [_factor(given, given.run.fit(record.larger), stem) for stem, _ in column_factors(last, last)]
        return ("Adding ", *join(names), " and all their interactions")
    return ("Adding ", *join([_term(given, record.larger, term) for term in record.added], last=" and "))


def added_phrase(given: ReportInput, record: ComparisonRecord) -> Phrase:
    """Return the terms that a fitted rung adds; of many, the last and the number of the others."""
    if len(record.added) <= MOST_ADDED:
        return join([_term(given, record.larger, term) for term in record.added])
    rest = f" and {len(record.added) - 1} more terms"
    return (*_term(given, record.larger, record.added[-1]), rest)


def term_words(given: ReportInput, fit: FitRecord, term: str) -> Phrase:
    """Return a fixed term in words, such as ``a quadratic term of age``."""
    return _term(given, fit.model, term)


def _term(given: ReportInput, model: str, term: str) -> Phrase:
    """Return what a term of a rung is: a predictor, a curve, an interaction or random effects."""
    fit = given.run.fit(model)
    if term.startswith(DISTRIBUTION):
        words = words_of(fit)
        symbol = words.dispersion[0] if words.dispersion else ""
        return (f"the dispersion {symbol} of the {words.family} distribution",)
    partly = _PARTLY.fullmatch(term)
    if partly is not None:
        return _random_effects(given, fit, partly[2], [partly[1]])
    if term.startswith("("):
        return _random_effects(given, fit, term, [])
    factors = column_factors(term, term)
    labels = [_factor(given, fit, stem) for stem, _ in factors]
    return labels[0] if len(labels) == 1 else say("the interaction of {x}", x=join(labels, last=" and "))


def _factor(given: ReportInput, fit: FitRecord, stem: str) -> Phrase:
    """Return a predictor, or the curve that a function of it adds."""
    curve = next(
        (found for c in fit.coefficients if c.term == stem and (found := fixed_curve(fit, c.column))), None
    )
    if curve is not None and curve.role == "bend":
        return say("a quadratic term of {x}", x=given.prose.several(list(curve.variables)))
    return given.prose.column(stem, stem)


def _random_effects(given: ReportInput, fit: FitRecord, term: str, effects: list[str]) -> Phrase:
    """Return random effects in words; the term as it is written if the fit has it in another form."""
    shapes = [shape for shape in fit.terms if shape.source == term]  # two of (x || g)
    if not shapes:
        others = {name for own in fit.terms for name in own.names}
        new = [given.prose.effect(e, {}) if e in others else (given.names.notice(e),) for e in effects]
        return (*join(new), *((" in ",) if effects else ()), Code(term))
    if effects == [COVARIANCES]:
        return say("covariances of the random effects for {units}", units=given.prose.units(shapes[0].group))
    known = [name for shape in shapes for name in shape.names]
    names = [name for name in known if not effects or name in effects] or known
    terms = effect_terms(fit)
    slopes = [given.prose.effect(name, terms) for name in names if name != INTERCEPT]
    parts: list[Phrase] = [("random intercepts",)] if INTERCEPT in names else []
    if slopes:
        parts.append(("slopes of " if parts else "random slopes of ", *join(slopes, last=" and ")))
    return say("{what} for {units}", what=join(parts, last=" and "), units=given.prose.units(shapes[0].group))


def _p_values(record: ComparisonRecord, alpha: float) -> Phrase:
    """Return the p value to report, its method, and the simpler p values."""
    values = {name: comparison_p(record, name, getattr(record, name), alpha) for name in TRUSTWORTHY}
    if record.p_from is None:
        return ()
    if record.p_from == "p_naive" or (record.p_from == "p_boundary" and len(record.mixture or ()) < 2):
        return (*p_phrase(values["p_naive"]), *_why_naive(record))
    known = [name for name in TRUSTWORTHY if values[name] is not None]
    notes = [_p_note(record, name, values[name], reported=name == record.p_from) for name in known]
    return (*p_phrase(values[record.p_from]), " (", *join(notes, "; "), ")")


def _p_note(record: ComparisonRecord, name: PValue, value: Number | None, *, reported: bool) -> Phrase:
    kinds: dict[PValue, Phrase] = {
        "p_boot": (f"parametric bootstrap, {record.replicates} replicates, {record.failed} failed",),
        "p_rlrt": ("exact RLRT", ", other random effects ignored" if record.rlrt_approximate else ""),
        "p_boundary": mixture_phrase(record) or ("mixture",),
        "p_naive": ("naive",),
    }
    return kinds[name] if reported else (*kinds[name], " ", *p_phrase(value))


def _why_naive(record: ComparisonRecord) -> Phrase:
    """Return why a test of variances has only a naive p value, and how to get a better one."""
    reason = NAIVE_REASONS.get(record.p_boundary_code or "")
    if reason is None:
        return ()
    return (f" ({reason}{NO_BOOTSTRAP.get(record.p_boot_code or '', '')})",)


def _adjusted(record: ComparisonRecord, adjusted: float | None, alpha: float) -> Phrase:
    number = comparison_p(record, "p_adjusted", adjusted, alpha)
    return () if number is None else say(", {p} by Holm’s adjustment", p=p_phrase(number))


def mixture_phrase(record: ComparisonRecord) -> Phrase | None:
    """Return the null distribution at the boundary, such as ``½χ²₁ + ½χ²₂``."""
    return mixture_words(record.mixture)


def mixture_words(mixture: Sequence[MixtureComponent] | None) -> Phrase | None:
    """Return a mixture of chi-squares; None where it is not known."""
    if not mixture:
        return None
    parts: list[Phrase] = [(f"{_weight(part.weight)}χ²{subscript(str(part.df))}",) for part in mixture]
    return join(parts, " + ")


def _weight(weight: float) -> str:
    names = {0.5: "½", 0.25: "¼", 0.75: "¾", 0.125: "⅛", 0.375: "⅜", 1.0: ""}
    return names.get(weight, fixed(weight, 3))


def _criteria(record: ComparisonRecord) -> Phrase:
    aic = comparison_number(record, "delta_aic", record.delta_aic, 1)
    bic = comparison_number(record, "delta_bic", record.delta_bic, 1)
    if aic is None or bic is None:
        return ()
    return (", ΔAIC = ", aic, ", ΔBIC = ", bic)


def has_increase(record: ComparisonRecord) -> bool:
    """Return whether a sentence states an increase between groups and a decrease at level 1."""
    if record.statistic is None:
        return False
    stated = _stated(record)
    fell = any(change.group == RESIDUAL and (change.prv or 0.0) > 0 for change in stated)
    return fell and any(change.group != RESIDUAL and (change.prv or 0.0) < 0 for change in stated)


def _stated(record: ComparisonRecord) -> list[VarianceChange]:
    """Return the changes that a sentence states: those by fixed effects that do not round to 0."""
    if record.changed not in ("fixed", "both"):
        return []
    return [change for change in record.prv if change.prv is not None and abs(change.prv) >= SMALLEST_CHANGE]


def _changes(given: ReportInput, record: ComparisonRecord) -> Phrase:
    known = _stated(record)
    groups = {
        "reduced": [change for change in known if (change.prv or 0.0) > 0],
        "increased": [change for change in known if (change.prv or 0.0) < 0],
    }
    phrases = [
        (f"{verb} ", *join([_change(given, record, change) for change in changes], last=" and "))
        for verb, changes in groups.items()
        if changes
    ]
    return ("; it ", *join(phrases, last=" and ")) if phrases else ()


def _change(given: ReportInput, record: ComparisonRecord, change: VarianceChange) -> Phrase:
    keys = (f"{record.smaller}--{record.larger}", "prv", change.group, change.effect or "")
    number = Number(percent(abs(change.prv or 0.0)), source("comparison", *keys))
    terms = effect_terms(given.run.fit(record.larger))
    return say("{what} by {n}", what=_component(given, change.group, change.effect, terms), n=number)


def _component(given: ReportInput, group: str, effect: str | None, terms: dict[str, str]) -> Phrase:
    """Return the name of a variance component in words."""
    if group == RESIDUAL or effect is None:
        return ("the level-1 variance",)
    units = given.prose.units(group)
    if effect == INTERCEPT:
        return say("the intercept variance between {units}", units=units)
    effects = given.prose.effect(effect, terms)
    return say("the variance of the slope of {effect} between {units}", effect=effects, units=units)
