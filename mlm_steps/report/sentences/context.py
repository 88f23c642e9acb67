"""Sentences on slopes within and between groups, on centring, and on the zero points of ``||``."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records import FitRecord, RungAdvice, SlopeComparison, SlopeEstimate
from mlm_steps.records.context import CURVED, PredictorContext, RungContext
from mlm_steps.records.remedies import Alternative, RemedyRecord
from mlm_steps.records.spelling import quote_name, unquote_name
from mlm_steps.records.tested import Tested
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import effects_of
from mlm_steps.report.text.facts import p_phrase
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import correlation, decimals_for_se, decimals_for_size, fixed, p_value
from mlm_steps.report.text.text import Number, Phrase, join, say, source
from mlm_steps.report.titles import section_link

__all__ = [
    "alone_number",
    "blend_sentences",
    "centring_sentence",
    "context_number",
    "refit_sentence",
    "unsplit_sentence",
    "verdict_sentence",
    "zero_point_sentences",
]

UNSPLIT = {CURVED: "with a curve there is no single slope"}
"""The reasons for which a report says that a predictor is not split, with their words."""


def alone_number(of: SlopeComparison, slope: SlopeEstimate, field: str, decimals: int) -> Number:
    """Return a number of the table ``within_between``."""
    keys = (of.outcome, of.variable, of.factor, slope.kind, field)
    return Number(fixed(getattr(slope, field), decimals), source("within_between", *keys))


def context_number(
    of: RungContext, predictor: PredictorContext, kind: str, factor: str | None, field: str, decimals: int
) -> Number | None:
    """Return a number of the table ``context``; None if it is missing."""
    test = predictor.slope(kind, factor)
    value = None if test is None else getattr(test, field)
    keys = (of.model, predictor.column, factor or "", kind, field)
    return None if value is None else Number(fixed(value, decimals), source("context", *keys))


def verdict_sentence(given: ReportInput, of: SlopeComparison) -> Phrase:
    """Return how the slopes of one predictor compare: Simpson's check in words."""
    slopes = {slope.kind: slope for slope in of.slopes}
    within, between, pooled = slopes["within"], slopes["between"], slopes["pooled"]
    if within.estimate * between.estimate < 0:
        how = "The slopes of {x} within ({w}) and between {units} ({b}) have opposite signs" + _unclear(of)
    elif slopes["contextual"].p < given.alpha:
        way = "steeper" if abs(between.estimate) > abs(within.estimate) else "flatter"
        how = f"The slope of {{x}} was {way} between {{units}} ({{b}}) than within them ({{w}})"
    else:
        how = (
            "There was no clear evidence that the slopes of {x} within ({w}) and between {units} ({b}) differ"
        )
    if within.estimate * pooled.estimate < 0:
        how += "; over all observations, the slope has the opposite sign to that within {units}"
    numbers = {
        name: alone_number(of, slope, "estimate", decimals_for_se(slope.se))
        for name, slope in (("w", within), ("b", between))
    }
    x, units = given.prose.variable(of.variable), given.prose.units(of.factor)
    return say(f"{how}.", x=x, units=units, **numbers)


def _unclear(of: SlopeComparison) -> str:
    """Return which of the slopes within and between groups have intervals that include 0."""
    found = [
        slope.kind
        for slope in of.slopes
        if slope.kind in ("within", "between") and slope.ci_low <= 0 <= slope.ci_high
    ]
    if not found:
        return ""
    return (
        ", but the intervals of both include 0"
        if len(found) > 1
        else (f", but the interval of the slope {found[0]} groups includes 0")
    )


def blend_sentences(given: ReportInput) -> list[Phrase]:
    """Return a warning for each raw predictor of a final rung whose coefficient blends two slopes."""
    found = [
        _blend_sentence(given, context, predictor, factor)
        for context in effects_of(given).contexts
        for predictor, factor in context.blended
    ]
    centring = centring_sentence(given)
    return found if centring is None or not found else [*found, centring]


def _blend_sentence(given: ReportInput, of: RungContext, predictor: PredictorContext, factor: str) -> Phrase:
    parts = _alone_parts(given, of, predictor, factor) or _rung_parts(given, of, predictor, factor)
    return say(
        "The coefficient of {x}, which is neither centred within {units} nor accompanied by its {unit} mean, "
        "blends two slopes{how}: {within} within and {between} between {units} (contextual effect "
        "{contextual}, *SE* = {se}, {p}); see {link}.",
        x=given.prose.column(predictor.column, predictor.term),
        units=given.prose.units(factor),
        unit=given.prose.unit_of(factor) or ("group",),
        link=section_link("context"),
        **parts,
    )


def _alone_parts(
    given: ReportInput, of: RungContext, predictor: PredictorContext, factor: str
) -> dict[str, Phrase | Number]:
    """Return the slopes of the predictor alone if they differ too; an empty mapping if not."""
    names = (unquote_name(predictor.column), of.outcome, factor)
    for alone in given.run.data_profile.slopes:
        contextual = alone.slope("contextual")
        if (alone.variable, alone.outcome, alone.factor) != names or contextual is None:
            continue
        if contextual.p >= of.alpha:
            break
        decimals = decimals_for_se(contextual.se)
        slopes = {slope.kind: alone_number(alone, slope, "estimate", decimals) for slope in alone.slopes}
        keys = (alone.outcome, alone.variable, alone.factor, "contextual", "p")
        p = Number(p_value(contextual.p, of.alpha), source("within_between", *keys))
        return {
            "how": (),
            "within": slopes["within"],
            "between": slopes["between"],
            "contextual": slopes["contextual"],
            "se": alone_number(alone, contextual, "se", decimals),
            "p": p_phrase(p),
        }
    return {}


def _rung_parts(
    given: ReportInput, of: RungContext, predictor: PredictorContext, factor: str
) -> dict[str, Phrase | Number | None]:
    """Return the slopes of the predictor in the rung."""
    test = predictor.slope("contextual", factor)
    decimals = decimals_for_se(None if test is None else test.se)
    scale = () if of.link == "identity" else (f" on the {of.link} scale",)
    return {
        "how": (" in ", given.names.model(of.model), *scale),
        "within": context_number(of, predictor, "within", None, "estimate", decimals),
        "between": context_number(of, predictor, "between", factor, "estimate", decimals),
        "contextual": context_number(of, predictor, "contextual", factor, "estimate", decimals),
        "se": context_number(of, predictor, "contextual", factor, "se", decimals),
        "p": context_p(of, predictor, factor, test),
    }


def context_p(of: RungContext, predictor: PredictorContext, factor: str, test: Tested | None) -> Phrase:
    """Return the p value of a contextual effect."""
    if test is None or test.p is None:
        return ()
    keys = (of.model, predictor.column, factor, "contextual", "p")
    return p_phrase(Number(p_value(test.p, of.alpha), source("context", *keys)))


def centring_sentence(given: ReportInput) -> Phrase | None:
    """Return what centring the blended predictors does to the singular rungs; None if none has them."""
    record = given.run.result(RemedyRecord, "remedies")
    blended = {
        unquote_name(predictor.column)
        for context in effects_of(given).contexts
        for predictor, _ in context.blended
    }
    rungs = record.rungs if isinstance(record, RemedyRecord) else ()
    cases = [
        (rung, other)
        for rung in rungs
        for other in rung.alternatives
        if other.remedy == "center" and blended.intersection(column.source for column in other.derived)
        and rung.status == "singular" and other.delta_aic is not None
    ]  # fmt: skip
    sound = [(rung, other) for rung, other in cases if other.ending == "converged"]
    if not cases:
        return None
    return _centring(given, *(sound or cases)[0], others=[rung for rung, _ in sound[1:]])


def _centring(given: ReportInput, rung: RungAdvice, other: Alternative, others: list[RungAdvice]) -> Phrase:
    def number(field: str, text: str) -> Number:
        return Number(text, source("remedies", rung.model, rung.name_of(other), field))

    deviance, npar = other.delta_deviance or 0.0, other.delta_npar or 0
    sources = dict.fromkeys(column.source for column in other.derived)
    changed: Phrase = ()
    if other.correlation is not None and other.correlation_there is not None:
        changed = say(
            ", and the correlation of intercept and slope changes from {old} to {new}",
            old=number("correlation", correlation(other.correlation)),
            new=number("correlation_there", correlation(other.correlation_there)),
        )
    applied = (" as declared",) if any(each.applied for each in rung.alternatives) else ()
    more = join([(given.names.model(each.model),) for each in others], last=" and ")
    return say(
        "The fit of {rung} is singular. With {x} centred within groups and its group mean added, it "
        "{becomes} singular{changed}; the deviance is {deviance} {way} with {npar} more parameter{s} "
        "(ΔAIC = {aic}; the models are not nested, so there is no test).{more}",
        x=given.prose.several(list(sources)),
        rung=(given.names.model(rung.model), *applied),
        becomes="is no longer" if other.ending == "converged" else "is still",
        changed=changed,
        deviance=number("delta_deviance", fixed(abs(deviance), 1)),
        way="lower" if deviance < 0 else "higher",
        npar=number("delta_npar", str(npar)),
        s="" if npar == 1 else "s",
        aic=number("delta_aic", fixed(other.delta_aic or 0.0, 1)),
        more=say(" The same holds for {more}.", more=more) if others else (),
    )


def refit_sentence(given: ReportInput, of: RungContext) -> Phrase | None:
    """Return how the model with separate slopes fits beside the rung; None without such a model."""
    name = given.names.model(of.model)
    if of.reason:
        return say("{model} could not be refitted with separate slopes: {why}.", model=name, why=of.reason)
    if of.delta_aic is None or of.delta_npar is None:
        return None
    first = next(each.column for each in of.predictors if each.slopes)

    def number(field: str, text: str) -> Number:
        return Number(text, source("context", of.model, first, "", "within", field))

    return say(
        "With separate slopes, the AIC of {model} would be {aic} {way} (deviance {deviance}, parameters "
        "{npar}); the models are not nested, so there is no test.",
        model=name,
        aic=number("delta_aic", fixed(abs(of.delta_aic), 1)),
        way="lower" if of.delta_aic < 0 else "higher",
        deviance=number("delta_deviance", fixed(of.delta_deviance or 0.0, 1)),
        npar=number("delta_npar", f"{of.delta_npar:+d}"),
    )


def unsplit_sentence(given: ReportInput, of: RungContext) -> Phrase | None:
    """Return which predictors are not split because of their form; None if there are none."""
    found = [each for each in of.predictors if each.code is not None and each.reason in UNSPLIT]
    if not found:
        return None
    return say(
        "In {model}, {terms} {verb} not split into slopes within and between groups: {why}.",
        model=given.names.model(of.model),
        terms=join([given.prose.column(each.column, each.term) for each in found], last=" and "),
        verb="is" if len(found) == 1 else "are",
        why=UNSPLIT[found[0].reason],
    )


def zero_point_sentences(given: ReportInput) -> list[Phrase]:
    """Return the zero point of each predictor whose random slope is uncorrelated with an intercept.

    Such a model is another one if the predictor is shifted (statistics, section 4).
    """
    places: dict[tuple[str, str], list[FitRecord]] = {}
    for fit in given.run.fits:
        for name, group in dict.fromkeys(_uncorrelated(fit)):
            places.setdefault((name, group), []).append(fit)
    return [_zero_point(given, name, group, fits) for (name, group), fits in places.items()]


def _uncorrelated(fit: FitRecord) -> Iterator[tuple[str, str]]:
    intercepts = {term.group for term in fit.terms if INTERCEPT in term.names}
    for term in fit.terms:
        if term.group in intercepts and INTERCEPT not in term.names:
            yield from ((name, term.group) for name in term.names)


def _zero_point(given: ReportInput, name: str, group: str, fits: list[FitRecord]) -> Phrase:
    described = given.run.data_profile.descriptives.of(unquote_name(name))
    known = described is not None and quote_name(described.variable) == name and described.sd is not None
    where: Phrase = ()
    if known and described is not None and described.mean is not None:
        decimals = decimals_for_size(described.sd, 3)
        keys = (described.variable, described.unit)
        where = say(
            " (mean {mean}, SD {sd})",
            mean=Number(fixed(described.mean, decimals), source("descriptives", *keys, "mean")),
            sd=Number(fixed(described.sd or 0.0, decimals), source("descriptives", *keys, "sd")),
        )
    return say(
        "{models} {sets} the correlation of intercepts and slopes of {units} to 0 where {x} is 0{where}; "
        "with another zero point it would be another model.",
        models=join([(given.names.model(fit.model),) for fit in fits], last=" and "),
        sets="sets" if len(fits) == 1 else "set",
        units=given.prose.units(group),
        x=given.prose.effect(name, {}),
        where=where,
    )
