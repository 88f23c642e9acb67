"""What the variants of the analysis are, and what they say about the coefficient of interest, in words."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.curve import Curve, CurvePoint
from mlm_steps.records.variants import Variant, records_of_variants
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.notation import decimals_for_se, fixed
from mlm_steps.report.text.text import Number, Phrase, Word, join, say, source

__all__ = ["failure_sentences", "lead_sentences", "point_number", "summary_sentence", "variant_label"]

AXIS_WORDS = {
    "outcome": ("outcome", "outcomes"),
    "subset": ("subset", "subsets"),
    "file": ("data file", "data files"),
}
MOST_LISTED = 6
"""Largest number of variants without an estimate that are listed; the table holds all."""


def lead_sentences(given: ReportInput, found: Sequence[Variant], curves: Sequence[Curve]) -> list[Phrase]:
    """Return what was varied and how the results are to be read."""
    axes: dict[str, set[str]] = {}
    for value in (value for each in found for value in each.values):
        axes.setdefault(value.axis, set()).add(value.name)
    listed: list[Phrase] = [(_counted(len(names), *AXIS_WORDS[axis]),) for axis, names in axes.items()]
    lead = say(
        "The ladder was fitted in {n}: {axes}{combined}. {shown}",
        n=_counted(len(found), "variant", "variants"),
        axes=join(listed, last=" and "),
        combined=", combined with one another" if len(axes) > 1 else None,
        shown=_shown(given, curves),
    )
    caution = (
        "The variants share data, so that their results are not independent: the spread of the estimates "
        "shows how far the result depends on these choices and is not a sampling error."
    )
    if len(axes.get("outcome", ())) > 1:
        caution += " Each estimate is in the units of its outcome."
    return [lead, (caution,)]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _shown(given: ReportInput, curves: Sequence[Curve]) -> Phrase | None:
    if not curves:
        return None
    names = [given.prose.column(each.column, each.term) for each in curves]
    what = "coefficient" if len(names) == 1 else "coefficients"
    return say(
        f"Shown is the {what} of {{names}} in {{model}}.",
        names=join(names, last=" and "),
        model=given.names.model(curves[0].model),
    )


def summary_sentence(given: ReportInput, curve: Curve) -> Phrase:
    """Return median and range of a coefficient, and how many variants agree in direction."""
    low, high = curve.known[0], curve.known[-1]
    record = records_of_variants(given.run)[0]
    return say(
        "The estimate of {name} has the median {median} and ranges from {low} ({first}) to {high} ({last}). "
        "Of {known} estimates, {same} have the sign of the median; for {both} of them, the {level} % "
        "interval does not contain 0.",
        name=given.prose.column(curve.column, curve.term),
        median=_summary(curve, "median", fixed(curve.median or 0.0, decimals_for_se(low.se))),
        low=point_number(curve, low, "estimate"),
        first=variant_label(low.variant),
        high=point_number(curve, high, "estimate"),
        last=variant_label(high.variant),
        known=_summary(curve, "estimated", f"{len(curve.known)}"),
        same=_summary(curve, "same_direction", f"{curve.same_direction}"),
        both=_summary(curve, "same_and_off_zero", f"{curve.clear_and_same}"),
        level=f"{100 * record.confidence:g}",
    )


def _summary(curve: Curve, column: str, text: str) -> Number:
    return Number(text, source("variant_summary", curve.model, curve.column, column))


def point_number(curve: Curve, point: CurvePoint, field: str) -> Number | None:
    """Return a number of the table ``variants``; None if the variant has none."""
    names = {"estimate": "estimate", "low": "ci_low", "high": "ci_high"}
    value = getattr(point, field)
    if value is None:
        return None
    text = fixed(value, decimals_for_se(point.se))
    return Number(text, source("variants", point.variant.name, curve.model, curve.column, names[field]))


def variant_label(variant: Variant) -> Phrase:
    """Return the labels of the values of a variant."""
    return join([(Word(value.label),) for value in variant.values])


def failure_sentences(given: ReportInput, found: Sequence[Variant]) -> list[Phrase]:
    """Return the variants of which rungs could not be fitted, with the reasons."""
    remarks: dict[tuple[tuple[str, ...], str], list[Phrase]] = {}
    for each in found:
        for why in dict.fromkeys(rung.reason for rung in each.rungs if rung.status == "failed"):
            rungs = tuple(rung.model for rung in each.rungs if rung.status == "failed" and rung.reason == why)
            known = () if len(rungs) == len(each.rungs) else rungs
            remarks.setdefault((known, why or each.reason or ""), []).append(variant_label(each))
    return [_failure(given, rungs, why, labels) for (rungs, why), labels in remarks.items()]


def _failure(given: ReportInput, rungs: Sequence[str], why: str, labels: Sequence[Phrase]) -> Phrase:
    listed = list(labels[:MOST_LISTED])
    rest = len(labels) - len(listed)
    models = join([(given.names.model(name),) for name in rungs], last=" and ")
    return say(
        "No estimates{models} for {labels}{rest}: {why}.",
        models=say(" of {models}", models=models) if rungs else None,
        labels=join(listed, "; "),
        rest=f" and {rest} more" if rest else None,
        why=given.names.notice(why.rstrip(".")),
    )
