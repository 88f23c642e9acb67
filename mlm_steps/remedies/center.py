"""Centre the covariates of random slopes within their groups, and add the groups' means.

The coefficient of a raw covariate mixes its effects within and between groups, which alone can make the
estimated correlation of intercept and slope -1 or 1 (statistics, section 4). The centred model is a different
model, not a simpler one: its slope is the slope within groups.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pandas.api.types import is_numeric_dtype

from mlm_steps.design import Bar
from mlm_steps.design.expressions import Name
from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.columns import group_means
from mlm_steps.remedies.rewrite import rename

__all__ = ["center", "free_name", "slope_columns"]

BLEND = 0.01
"""Smallest share of a covariate's variance within groups, and between groups, for which it is centred. With a
smaller share, centring hardly changes the fit."""


def center(case: Case) -> Iterator[Proposal]:
    """Yield for each grouping factor the model with slopes within groups."""
    seen: set[str] = set()
    for position in case.terms:
        bar = case.formula.bars[case.home(position).bar]
        if bar.group.label in seen:
            continue
        seen.add(bar.group.label)
        bars = [b for b in case.formula.bars if b.group.label == bar.group.label]
        sources = dict.fromkeys(x for b in bars for x in slope_columns(case, b))
        blended = [x for x in sources if _blends(case, x, position)]
        if blended:
            yield _proposal(case, bar, blended)


def slope_columns(case: Case, bar: Bar) -> list[str]:
    """Return the numeric columns that are random slopes of a bar without a transformation, such as ses."""
    variables = [bar.effects.variables[term[0]] for term in bar.effects.terms if len(term) == 1]
    names = [variable.name for variable in variables if isinstance(variable, Name)]
    return [name for name in names if is_numeric_dtype(case.frame[name])]


def free_name(case: Case, wanted: str) -> str:
    """Return a name that no column of the frame has."""
    while wanted in case.frame.columns:
        wanted += "_"
    return wanted


def _blends(case: Case, name: str, position: int) -> bool:
    rows, refs = case.fit.design.rows, case.term(position).refs
    x = case.frame[name].to_numpy(dtype=np.float64)[rows]
    means = group_means(x, refs)
    least = BLEND * float(np.var(x))
    return bool(np.var(x - means) > least and np.var(means) > least)


def _proposal(case: Case, bar: Bar, sources: list[str]) -> Proposal:
    within, tag = bar.group.columns, "_".join(bar.group.columns)
    inside = {x: free_name(case, f"{x}_within_{tag}") for x in sources}
    fixed = {column for columns in case.formula.fixed.columns for column in columns}
    means = {x: free_name(case, f"{x}_mean_{tag}") for x in sources if x in fixed}
    columns = [DerivedColumn(name=inside[x], source=x, kind="center", within=within) for x in sources]
    columns += [DerivedColumn(name=means[x], source=x, kind="mean", within=within) for x in means]
    others = [b.span for b in case.formula.bars if b.group.label != bar.group.label]
    own = {b.span for b in case.formula.bars if b.group.label == bar.group.label}
    text = rename(
        case.formula, inside, protected=[span for span in others if span not in own], added=means.values()
    )
    what = f"{', '.join(sources)} centred within {bar.group.label}"
    what += ", the group means added" if means else ""
    return Proposal(text, what, tuple(columns), inside)
