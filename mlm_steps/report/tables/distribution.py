"""Rows on the variance of a distribution on the scale of the link (statistics, section 22.6)."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import VarianceRecord
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.notation import decimals_for_size, fixed
from mlm_steps.report.text.text import Number, source

__all__ = ["distribution_rows"]

DISTRIBUTION_DIGITS = 4
"""Significant digits of the variance of a distribution and of λ."""


def distribution_rows(records: Sequence[VarianceRecord]) -> list[Row]:
    """Return the variance of the distribution on the link scale by method, and λ; none for linear models."""
    found = [record.distribution for record in records]
    methods = dict.fromkeys(each.method for each in found if each is not None)
    if not methods:
        return []
    rows = [heading("Variance of the distribution on the scale of the link")]
    for method in methods:
        cells = [
            None if each is None or each.method != method
            else _distribution_number(record, "distribution_variance", each.variance)
            for record, each in zip(records, found, strict=True)
        ]  # fmt: skip
        rows.append(row(f"By the {method} method", cells))
    means = [
        None if each is None else _distribution_number(record, "lambda", each.null_mean)
        for record, each in zip(records, found, strict=True)
    ]
    return [*rows, row("λ, mean of the null model", means)] if any(means) else rows


def _distribution_number(record: VarianceRecord, column: str, value: float | None) -> Number | None:
    if value is None:
        return None
    text = fixed(value, decimals_for_size(value, DISTRIBUTION_DIGITS))
    return Number(text, source("icc", record.model, "", "adjusted", column))
