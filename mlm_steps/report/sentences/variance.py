"""Sentences on how the share of variance between groups depends on the covariate of a random slope."""

from __future__ import annotations

import math

from mlm_steps.records import Icc, VarianceRecord
from mlm_steps.records.spelling import unquote_name
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_terms
from mlm_steps.report.text.notation import decimals_for_size, fixed, share
from mlm_steps.report.text.text import Number, Phrase, say, source

__all__ = ["partition_sentences"]

MOST_DECIMALS = 4
"""Values of a covariate are printed with at most this many decimals."""
ROUNDING = 1e-9
"""Two variances within this relative difference are equal but for rounding in double precision."""


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
    inside = inside and not _has_two_values(given, low.effect or "")
    return say(
        "{model}: of the variance that the fixed effects do not explain, the share between levels of {group} "
        "is {low} where {x} is {from_} (its smallest value) and {high} where it is {to} (its largest "
        "value){least}.",
        model=given.names.model(record.model),
        group=given.names.group(group or ""),
        x=given.names.effect(low.effect or "", terms),
        low=_share(record, low),
        from_=_place(record, low),
        high=_share(record, high),
        to=_place(record, high),
        least=say(
            "; the minimum is {value}, where it is {at}",
            at=_place(record, least),
            value=_share(record, least),
        )
        if inside and least is not None
        else None,
    )


def _has_two_values(given: ReportInput, effect: str) -> bool:
    """Return whether a column codes a category or has only two values.

    A column has the largest possible variance if all of its values are at the two ends of its range.
    """
    column = next((c for c in given.run.data_profile.columns if c.name == unquote_name(effect)), None)
    if column is None:
        return given.run.factor_of(effect) != effect
    known = (column.mean, column.sd, column.minimum, column.maximum)
    if None in known:
        return column.kind != "number"
    mean, sd, low, high = (value or 0.0 for value in known)
    n = given.run.data_profile.rows
    return math.isclose(sd**2 * (n - 1) / n, (mean - low) * (high - mean), rel_tol=ROUNDING)


def _share(record: VarianceRecord, row: Icc) -> Number | None:
    return None if row.value is None else Number(share(row.value), _source(record, row, "value"))


def _place(record: VarianceRecord, row: Icc) -> Number:
    x = row.x or 0.0
    return Number(fixed(x, min(decimals_for_size(x, 3), MOST_DECIMALS)), _source(record, row, "x"))


def _source(record: VarianceRecord, row: Icc, field: str) -> str:
    return source("icc", record.model, row.group or "", row.kind, repr(row.x), field)
