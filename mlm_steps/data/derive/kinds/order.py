"""``lag`` and ``time_since_first``: earlier rows of the same group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mlm_steps.data.derive.base import (
    Codes,
    Floats,
    Made,
    Need,
    NotDerived,
    Rows,
    Way,
    number,
    order_in_groups,
)
from mlm_steps.data.types import TypedColumn
from mlm_steps.records.base import Notice
from mlm_steps.spec import DeriveSpec

__all__ = ["ORDER"]


def _lag(spec: DeriveSpec, rows: Rows) -> Made:
    codes, times = rows.groups(), _times(rows.columns[spec.by or ""])
    valid = np.flatnonzero((codes >= 0) & ~np.isnan(times))
    order = valid[order_in_groups(codes[valid], times[valid])]
    _refuse_ties(spec, rows, codes, times, order)
    steps = spec.steps or 1
    later, earlier = order[steps:], order[: max(len(order) - steps, 0)]
    same = codes[later] == codes[earlier]
    if spec.max_gap is not None:
        same &= times[later] - times[earlier] <= spec.max_gap
    source = np.full(rows.n, -1, dtype=np.intp)
    source[later[same]] = earlier[same]
    notices = () if spec.max_gap is not None else _about_gaps(spec, rows, codes, times, order)
    return Made(replace(_taken(rows.columns[spec.source], source), name=rows.name), notices)


def _times(column: TypedColumn) -> Floats:
    """Return what orders the rows: a number, or the position of an ordered level."""
    if isinstance(column.values, pd.Categorical):
        codes = np.asarray(column.values.codes)
        return np.where(codes < 0, np.nan, codes.astype(np.float64))
    return column.numbers


def _refuse_ties(spec: DeriveSpec, rows: Rows, codes: Codes, times: Floats, order: Codes) -> None:
    tied = np.flatnonzero((np.diff(codes[order]) == 0) & (np.diff(times[order]) == 0))
    if not len(tied):
        return
    row = order[tied[0]]
    value = rows.columns[spec.by or ""].values[row]
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    what = f"{rows.label(codes, int(codes[row]))} has two rows with {spec.by} {shown}, so none is the earlier"
    more = f" ({len(tied)} such pairs)" if len(tied) > 1 else ""
    raise NotDerived(what + more, "order the rows by a column that differs within the group", keys=("by",))


def _taken(column: TypedColumn, source: Codes) -> TypedColumn:
    """Return a column with the values of other rows; missing where the row is -1."""
    absent = source < 0
    if isinstance(column.values, pd.Categorical):
        codes = np.where(absent, -1, np.asarray(column.values.codes)[source])
        values = pd.Categorical.from_codes(codes, dtype=column.values.dtype)
        return TypedColumn(column.name, column.kind, values, column.contrast, coded=column.coded)
    if column.kind == "number":
        return TypedColumn(column.name, "number", np.where(absent, np.nan, column.numbers[source]))
    texts = np.full(len(source), None, dtype=np.object_)
    texts[~absent] = np.asarray(column.values, dtype=np.object_)[source[~absent]]
    return TypedColumn(column.name, "text", texts)


def _about_gaps(
    spec: DeriveSpec, rows: Rows, codes: Codes, times: Floats, order: Codes
) -> tuple[Notice, ...]:
    """Return a notice if occasions are absent, which the lag steps over."""
    gaps = np.diff(times[order])[np.diff(codes[order]) == 0]
    if not len(gaps) or (np.rint(times[order]) != times[order]).any():
        return ()
    usual = float(gaps.min())
    longer = int((gaps > usual).sum())
    if not longer:
        return ()
    steps = spec.steps or 1
    text = (
        f"{rows.name} takes {spec.source} from the row before in order of {spec.by}, also where that is more "
        f"than {usual:g} earlier, which holds in {longer} of {len(gaps)} rows; max_gap: {usual * steps:g} "
        "makes the lag missing there."
    )
    return (Notice(code="lag_over_gaps", severity="info", text=text, subject=rows.name),)


def _time_since_first(spec: DeriveSpec, rows: Rows) -> Made:
    times, codes = rows.columns[spec.source].numbers, rows.groups()
    present = np.flatnonzero(~np.isnan(times) & (codes >= 0))
    first = np.full(int(codes.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first, codes[present], times[present])
    values = np.full(rows.n, np.nan)
    values[present] = times[present] - first[codes[present]]
    return Made(number(rows.name, values))


def _lag_words(spec: DeriveSpec) -> str:
    steps = spec.steps or 1
    where = "the previous row" if steps == 1 else f"the row {steps} earlier"
    limit = "" if spec.max_gap is None else f", at most {spec.max_gap:g} earlier"
    return f"{spec.source} in {where} of the same {spec.within} in order of {spec.by}{limit}"


ORDER: Mapping[str, Way] = {
    "lag": Way(
        _lag_words,
        lambda spec: (Need("lag", spec.source), Need("by", spec.by or "", ("number", "ordered"))),
        _lag,
    ),
    "time_since_first": Way(
        lambda spec: f"{spec.source} since the first of each {spec.within}",
        lambda spec: (Need("time_since_first", spec.source, ("number",)),),
        _time_since_first,
        inherits=True,
    ),
}
