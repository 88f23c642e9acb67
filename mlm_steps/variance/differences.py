"""Differences of R² and of its sources from the previous rung (statistics, section 9.4)."""

from __future__ import annotations

from dataclasses import replace

from mlm_steps.engine.result.components import same_data
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained
from mlm_steps.variance.r2_nakagawa import r2_nakagawa
from mlm_steps.variance.rights_sterba import rights_sterba

__all__ = ["PREFIX", "differences"]

PREFIX = "delta_"
SOURCE = "Rights & Sterba 2020"


def differences(explained: Explained) -> Contribution:
    """Return for each share of R² and of its sources its value minus that of the previous rung.

    A predictor of level 1 adds to f1, one of level 2 to f2, a random slope to v, and a cross-level product to
    f1 at the expense of v (Rights & Sterba 2020). There is no number if the rungs differ in data, outcome or
    distribution (a code), or if one of them lacks the source, as with other grouping factors
    (``not_comparable``).
    """
    if explained.previous is None:
        return Contribution()
    name, before = explained.previous
    code = same_data(before, explained.fit)
    if code is None and before.design.response != explained.fit.design.response:
        code = "not_comparable"
    groups = [{term.group for term in fit.design.random} for fit in (before, explained.fit)]
    own = _shares(explained)
    if code is not None:
        return Contribution(measures=tuple(_measure(row, None, code, name) for row in own))
    others = {
        (row.measure, row.scope): row.value
        for row in _shares(replace(explained, fit=before))
        if groups[0] == groups[1] or not row.measure.startswith("rs_")
    }
    return Contribution(measures=tuple(_difference(row, others, name) for row in own))


def _shares(explained: Explained) -> list[VarianceMeasure]:
    """Return the shares, the sums of sources left out."""
    return [
        row
        for row in (*r2_nakagawa(explained).measures, *rights_sterba(explained).measures)
        if row.measure not in ("rs_fv", "rs_fvm", "rs_f1v1")
    ]


def _difference(
    row: VarianceMeasure, others: dict[tuple[str, str], float | None], name: str
) -> VarianceMeasure:
    other = others.get((row.measure, row.scope))
    if row.value is None:
        return _measure(row, None, row.code, name)
    if other is None:
        return _measure(row, None, "not_comparable", name)
    return _measure(row, row.value - other, row.code, name)


def _measure(row: VarianceMeasure, value: float | None, code: str | None, name: str) -> VarianceMeasure:
    return VarianceMeasure(
        measure=PREFIX + row.measure, scope=row.scope, value=value, method=SOURCE, reference=name, code=code
    )
