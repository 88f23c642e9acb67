"""Leave out influential groups, and rows with large residuals (statistics, sections 14 and 23)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.influence.delete import Way, delete_groups, grouping_terms, way_of
from mlm_steps.engine.influence.deletions import cook_line
from mlm_steps.engine.posterior.residuals import pearson_residuals
from mlm_steps.engine.result.mixed_fit import linear_fit
from mlm_steps.sensitivity.base import Array, Baseline, Change, Inapplicable, Variant

__all__ = ["exclude_influential"]

LARGE = 3.0
"""Residual in standard deviations beyond which a row is left out. Of normal residuals, 0.27 % are larger."""
ROWS = f"whose conditional residual is beyond {LARGE:g} σ"
MOST = "without the most influential level of {group} ({level})"
LINE = "whose Cook’s distance is beyond 4 / J"


def exclude_influential(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the model without the most influential group, without all influential ones, and without rows.

    A group is influential if its Cook's distance is beyond 4 / J. Each grouping factor has its own variants.
    """
    factors = grouping_terms(baseline.fit)
    for group in factors:
        yield from _without_groups(baseline, group, f"({group})" if len(factors) > 1 else "")
    yield _without_rows(baseline)


def _without_groups(baseline: Baseline, group: str, tag: str) -> Iterator[Variant | Inapplicable]:
    """Yield the variants of one grouping factor; ``tag`` ends their names."""
    everything = Change(f"without levels of {{group}} {LINE}", group)
    way = way_of(baseline.fit, group)
    if way not in ("exact", "one_step"):
        levels = len(grouping_terms(baseline.fit)[group].levels)
        reason = f"to leave out each of {levels} levels takes too long"
        yield Inapplicable(f"groups{tag}", everything, reason)
        return
    cook, names = _distances(baseline, group, way), grouping_terms(baseline.fit)[group].levels
    beyond = np.flatnonzero(cook > cook_line(len(names)))
    if not beyond.size:
        yield Inapplicable(f"groups{tag}", everything, "no level is beyond this line")
        return
    first = np.array([int(np.nanargmax(cook))])
    change = Change(MOST, group, level=names[first[0]])
    yield _without(baseline, group, f"first_group{tag}", change, first)
    if beyond.size > 1:
        change = Change(f"without the {beyond.size} levels of {{group}} {LINE}", group)
        yield _without(baseline, group, f"groups{tag}", change, beyond)


def _distances(baseline: Baseline, group: str, way: Way) -> Array:
    """Return Cook's distances of the levels of a grouping factor, shape (J,)."""
    known = baseline.distances.get(group)
    if known is not None and known.approximate == (way == "one_step"):
        return known.cook
    return delete_groups(baseline.fit, group, way).cook


def _without(baseline: Baseline, group: str, name: str, change: Change, levels: NDArray[np.intp]) -> Variant:
    """Return the model without some levels of a grouping factor."""
    term = grouping_terms(baseline.fit)[group]
    return Variant(
        name,
        change,
        partial(baseline.refit, baseline.formula, rows=~np.isin(term.refs, levels)),
        excluded=tuple(term.levels[level] for level in levels),
    )


def _without_rows(baseline: Baseline) -> Variant | Inapplicable:
    """Return the model without the rows whose conditional residuals are large."""
    if not baseline.linear:
        reason = "the residuals of generalized models are not normal, so that no cut-off holds for all rows"
        return Inapplicable("rows", Change(f"without rows {ROWS}"), reason)
    fit = linear_fit(baseline.fit)
    large = np.abs(pearson_residuals(fit)) > LARGE * fit.sigma
    if not large.any():
        return Inapplicable("rows", Change(f"without rows {ROWS}"), "no row has such a residual")
    rows = np.flatnonzero(large)
    noun = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return Variant(
        "rows",
        Change(f"without {noun} {ROWS}"),
        partial(baseline.refit, baseline.formula, rows=~large),
        excluded=tuple(str(row + 1) for row in rows),
    )
