"""Sentences on shares of variance: by level, by the covariate of a random slope, and between rungs."""

from __future__ import annotations

from mlm_steps.records import Icc, VarianceMeasure, VarianceRecord
from mlm_steps.records.spelling import unquote_name
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.claims import effect_terms
from mlm_steps.report.sentences.settings import slope_noun
from mlm_steps.report.text.facts import icc_number, measure_number
from mlm_steps.report.text.notation import decimals_for_size, fixed, percent, share
from mlm_steps.report.text.text import Number, Phrase, join, say, source

__all__ = ["change_sentences", "level_sentence", "partition_sentences"]

MOST_DECIMALS = 4
"""Values of a covariate are printed with at most this many decimals."""


DELTA = "delta_rs_"
SYMBOLS = {
    "f1": "f₁", "f2": "f₂", "f3": "f₃", "f": "f", "v": "v", "m": "m", "m2": "m₂", "m3": "m₃", "sigma2": "σ²",
}  # fmt: skip
"""The sources whose changes have a sentence, with their symbols."""
LEAST_CHANGE = 0.005
"""Smallest change of a share of the total variance that is told, half a percent."""


def level_sentence(given: ReportInput) -> Phrase | None:
    """Return the share of each level in an intercept-only model of nested factors, in both readings.

    None unless the null model has several grouping factors, each nested in the next.
    """
    fit = given.null
    record = None if fit is None else given.variance(fit.model)
    if fit is None or record is None:
        return None
    levels = [row for row in record.icc if row.kind == "level_share" and row.value is not None]
    residual = next((m for m in record.measures if (m.measure, m.scope) == ("rs_sigma2", "total")), None)
    nested = any(m.measure == "rs_m3" for m in record.measures)
    if not nested or residual is None:
        return None
    joint = [row for row in record.icc if row.kind == "same_group_correlation" and row.value is not None]
    shares: list[Phrase] = [
        say(
            "{share}{lay} between {units}",
            share=_percent(fit.model, row),
            lay=" lay" if row is levels[-1] else "",
            units=given.prose.units(row.group or ""),
        )
        for row in reversed(levels)
    ]
    readings: list[Phrase] = [
        say("{value} in the same {unit}", value=icc_number(fit.model, row), unit=_unit(given, row))
        for row in reversed(joint)
    ]
    return say(
        "Of the variance in {outcome}, {shares}, and {rest} within {units}; the expected correlation of two "
        "{rows} is {readings}.",
        outcome=given.prose.outcome(fit.outcome),
        shares=join(shares),
        rest=measure_number(fit.model, residual, as_percent=True),
        units=given.prose.units(levels[0].group or ""),
        rows=given.prose.observations,
        readings=join(readings, last=" and "),
    )


def _unit(given: ReportInput, row: Icc) -> Phrase:
    """Return one unit of each grouping factor of a correlation, innermost last."""
    names = (row.group or "").split(" & ")
    return join([given.prose.unit_of(name) or given.prose.group(name) for name in names], last=" and ")


def _percent(model: str, row: Icc) -> Number:
    return Number(percent(row.value or 0.0), source("icc", model, row.group or "", row.kind, "value"))


def change_sentences(given: ReportInput) -> list[Phrase]:
    """Return a sentence per rung on the sources of variance that differ from the rung before."""
    found = [_change(given, record) for record in given.run.variance]
    return [sentence for sentence in found if sentence is not None]


def _change(given: ReportInput, record: VarianceRecord) -> Phrase | None:
    rows = {m.measure.removeprefix(DELTA): m for m in record.measures if m.scope == "total"}
    if "f1" in rows:
        rows.pop("f", None)
    changed = [
        (symbol, rows[name])
        for name, symbol in SYMBOLS.items()
        if name in rows and abs(rows[name].value or 0.0) >= LEAST_CHANGE
    ]
    if not changed:
        return None
    return say(
        "From {previous} to {model}, the shares of the total variance change by {changes}.",
        model=given.names.model(record.model),
        previous=given.names.model(changed[0][1].reference or ""),
        changes=join(
            [(_signed(record.model, measure), f" ({symbol})") for symbol, measure in changed], last=" and "
        ),
    )


def _signed(model: str, measure: VarianceMeasure) -> Number:
    keys = (measure.measure, measure.scope, *((measure.reference,) if measure.reference else ()))
    value = measure.value or 0.0
    text = share(value) if value < 0 else f"+{share(value)}"
    return Number(text, source("variance_explained", model, *keys))


def partition_sentences(given: ReportInput) -> list[Phrase]:
    """Return a sentence per rung and factor with a random slope on the share between groups."""
    return [
        _sentence(given, record, group)
        for record in given.run.variance
        for group in dict.fromkeys(row.group for row in record.icc if row.kind == "vpc" and row.x is not None)
    ]


def _sentence(given: ReportInput, record: VarianceRecord, group: str | None) -> Phrase:
    rows = [row for row in record.icc if row.group == group and row.x is not None]
    along = sorted((row for row in rows if row.kind == "vpc"), key=lambda row: row.x or 0.0)
    least = next((row for row in rows if row.kind == "vpc_minimum"), None)
    low, high = along[0], along[-1]
    terms = {column: term for fit in given.run.fits for column, term in effect_terms(fit).items()}
    inside = least is not None and (low.x or 0.0) < (least.x or 0.0) < (high.x or 0.0)
    lowest = least if inside and slope_noun(given, unquote_name(low.effect or "")) == "slope" else None
    span = max(abs(low.x or 0.0), abs(high.x or 0.0))
    several = len(dict.fromkeys(row.group for row in record.icc if row.kind == "vpc")) > 1
    return say(
        "In {model}, the residual ICC{of} is {low} at {x} = {from_}{least} and {high} at {to}.",
        model=given.names.model(record.model),
        of=say(" of {units}", units=given.prose.units(group or "")) if several else None,
        x=given.prose.effect(low.effect or "", terms),
        low=_share(record, low),
        from_=_place(record, low, span),
        high=_share(record, high),
        to=_place(record, high, span),
        least=None
        if lowest is None
        else say(
            ", lowest ({value}) near {at},", at=_place(record, lowest, span), value=_share(record, lowest)
        ),
    )


def _share(record: VarianceRecord, row: Icc) -> Number | None:
    return None if row.value is None else Number(share(row.value, 2), _source(record, row, "value"))


def _place(record: VarianceRecord, row: Icc, span: float) -> Number:
    """Return a value of a covariate with the decimals of its range; whole numbers have none."""
    x = row.x or 0.0
    decimals = 0 if x.is_integer() else min(decimals_for_size(span, 3), MOST_DECIMALS)
    return Number(fixed(x, decimals), _source(record, row, "x"))


def _source(record: VarianceRecord, row: Icc, field: str) -> str:
    return source("icc", record.model, row.group or "", row.kind, repr(row.x), field)
