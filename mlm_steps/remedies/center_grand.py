"""Centre the covariates of uncorrelated random slopes at their means.

A model with uncorrelated intercepts and slopes depends on the zero points of its covariates (statistics,
section 4). A model with correlated effects does not, so centring would give the same model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.center import free_name, slope_columns
from mlm_steps.remedies.rewrite import rename

__all__ = ["center_grand"]

CENTRED = 1e-6
"""Mean in standard deviations up to which a covariate counts as centred. Rounding errors are smaller."""


def center_grand(case: Case) -> Iterator[Proposal]:
    """Yield the model with the covariates centred at their means over all rows."""
    bars = [case.formula.bars[case.home(position).bar] for position in case.terms]
    uncorrelated = [bar for bar in bars if not bar.correlated or _has_several_terms(case, bar.group.label)]
    sources = dict.fromkeys(x for bar in uncorrelated for x in slope_columns(case, bar))
    moved = [x for x in sources if not _is_centred(case, x)]
    if moved:
        names = {x: free_name(case, f"{x}_centred") for x in moved}
        columns = tuple(DerivedColumn(name=names[x], source=x, kind="center", within=()) for x in moved)
        what = f"{', '.join(moved)} centred at {'their means' if len(moved) > 1 else 'its mean'}"
        yield Proposal(rename(case.formula, names), what, columns, names)


def _has_several_terms(case: Case, group: str) -> bool:
    """Return whether the effects of a grouping factor belong to several terms."""
    return sum(term.group == group for term in case.fit.design.random) > 1


def _is_centred(case: Case, name: str) -> bool:
    x = case.frame[name].to_numpy(dtype=np.float64)[case.fit.design.rows]
    return bool(abs(x.mean()) <= CENTRED * x.std())
