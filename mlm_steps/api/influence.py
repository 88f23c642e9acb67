"""The influence of groups and rows on a fit, and its conditional AIC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import checked, kind_of, optional, truth
from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.diagnose.parts.influence import Tested, factor_influence
from mlm_steps.engine.influence.delete import grouping_terms, way_of
from mlm_steps.engine.influence.deletions import components_of
from mlm_steps.engine.posterior.conditional_aic import ConditionalAic, conditional_aic
from mlm_steps.engine.posterior.leverage import cooks_distances
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.records.influence import FactorInfluence

__all__ = ["CooksDistances", "Influence", "caic", "cooks_distance", "influence"]

SHOWN = 10
"""Number of groups that are printed."""


@dataclass(frozen=True, repr=False, eq=False)
class Influence(Shown):
    """The estimates without each group; ``print`` shows the groups with the largest Cook's distances.

    Attributes
    ----------
    record : FactorInfluence
        All numbers.
    columns, components : tuple of str
        Names of the coefficients, and of the variances and covariances.
    df_method : str
        Degrees of freedom of the p values: those of the fit to all rows.
    """

    record: FactorInfluence
    columns: tuple[str, ...]
    components: tuple[str, ...]
    df_method: str

    @property
    def table(self) -> pd.DataFrame:
        """A row per group: ``n``, ``cook``, ``covratio``, DFBETAS and relative variance changes by name."""
        index = pd.Index(self.record.levels, name=self.record.grouping_factor)
        whole = {"n": self.record.n, "cook": self.record.cook, "covratio": self.record.covratio}
        frame = pd.DataFrame(whole, index=index).astype({"cook": float, "covratio": float})
        dfbetas = self._by_name(self.record.dfbetas, self.columns, "dfbetas")
        rvc = self._by_name(self.record.rvc, self.components, "rvc")
        return pd.concat([frame, dfbetas, rvc], axis=1)

    def _by_name(
        self, values: tuple[tuple[float | None, ...], ...], names: tuple[str, ...], kind: str
    ) -> pd.DataFrame:
        index = pd.Index(self.record.levels, name=self.record.grouping_factor)
        rows = np.array(values, dtype=np.float64).reshape(len(index), len(names))
        return pd.DataFrame(rows, index=index, columns=[f"{kind}[{name}]" for name in names])

    @property
    def estimates(self) -> pd.DataFrame:
        """The coefficients without each group."""
        index = pd.Index(self.record.levels, name=self.record.grouping_factor)
        return pd.DataFrame(self.record.estimate, index=index, columns=list(self.columns), dtype=float)

    @property
    def changes(self) -> pd.DataFrame:
        """The coefficients whose sign or significance changes without a group."""
        rows = [
            (change.level, change.column, " and ".join(change.what), change.estimate, change.se, change.p)
            for change in self.record.changes
        ]
        names = [self.record.grouping_factor, "column", "changes", "estimate", "se", "p"]
        return pd.DataFrame(rows, columns=names)

    def __repr__(self) -> str:
        record = self.record
        way = "one step without" if record.approximate else "refitted without"
        head = (
            f"Influence of the {record.n_levels} groups of {record.grouping_factor}, {way} each: "
            f"{record.above} with Cook's distance above {record.cook_line:.3g}; "
            f"|DFBETAS| above {record.dfbetas_line:.3g} stand out"
        )
        top = self.table.sort_values("cook", ascending=False, kind="stable").head(SHOWN)
        return "\n".join([head, top.to_string(float_format="{:.4g}".format, na_rep="-"), *self._notes()])

    def _notes(self) -> Iterator[str]:
        record = self.record
        if len(record.levels) > SHOWN:
            yield f"({SHOWN} of {len(record.levels)} groups; all are in .table)"
        for change in record.changes:
            what = " and ".join(change.what)
            p = "" if change.p is None else f", p = {change.p:.3g} with {self.df_method} df of all rows"
            yield f"without {change.level}: {what} of {change.column} changes: {change.estimate:.4g}{p}"
        for level, why in record.reasons.items():
            yield f"without {level}: no estimates: {why}"


class CooksDistances(pd.Series):
    """Cook's distances of the rows as a series, which returns those of groups when it is called.

    ``fit.cooks_distance`` has those of the rows, ``fit.cooks_distance(group="school")`` those of the schools.
    """

    _metadata: ClassVar[list[str]] = ["_of"]
    _of: Callable[..., pd.Series]

    @property
    def _constructor(self) -> type[pd.Series]:
        return pd.Series

    def __call__(self, group: str | None = None) -> pd.Series:
        """Return the distances of the rows, or of the groups of a grouping factor by refits without each."""
        return self._of(group)


def cooks_distance(state: FitState, leverage: pd.Series) -> CooksDistances:
    """Return Cook's distance of each row, indexed as the frame; NaN for a leverage of 1."""
    distances = cooks_distances(state.lmm, leverage.to_numpy())
    found = CooksDistances(distances, index=state.index, name="cooks_distance")
    found._of = partial(_distances_of, state, pd.Series(found))
    return found


def _distances_of(state: FitState, rows: pd.Series, group: str | None) -> pd.Series:
    if group is None:
        return rows
    distances: pd.Series = influence(state, group).table["cook"].rename("cooks_distance")
    return distances


def _group_name(key: str, value: object) -> str:
    """Return the name of a grouping factor; UsageError if it is no text."""
    if isinstance(value, str):
        return value
    raise UsageError(Fault(key, f"must be the name of a grouping factor, not {kind_of(value)}", None))


def _chosen(state: FitState, group: str | None) -> str:
    """Return the grouping factor; UsageError if the model has none of this name."""
    terms = grouping_terms(state.fit)
    if group is None:
        return min(terms, key=lambda name: len(terms[name].levels))
    if group not in terms:
        hint = did_you_mean(group, terms) or f"one of {listing(terms)}"
        raise UsageError(Fault("group", f"the model has no grouping factor {group!r}", hint))
    return group


@checked(group=optional(_group_name), one_step=truth)
def influence(state: FitState, group: str | None = None, *, one_step: bool = False) -> Influence:
    """Return what changes without each group: DFBETAS, Cook's distances, variances, signs and significance.

    Parameters
    ----------
    group : str, optional
        A grouping factor of the model. Default: the only one, or the one with the fewest levels.
    one_step : bool
        Keep the covariance parameters of the fit, which is fast and approximate. It is done in any case for
        a linear model with more than 500 groups.
    """
    name = _chosen(state, group)
    way = way_of(state.fit, name)
    if way == "too_large":
        J = len(grouping_terms(state.fit)[name].levels)
        what = f"the {J} groups of {name!r} are too many to leave out one by one"
        raise UsageError(Fault("group", what, "choose a grouping factor with fewer levels"))
    if one_step and state.fit.design.response.linear:
        way = "one_step"
    tests = state.tests
    df = np.where(np.isnan(tests.df), np.inf, tests.df)
    tested = Tested(state.df_method, df, tests.se, tests.p, round(1.0 - state.confidence, 12))
    components = tuple(component.name(state.fit.design) for component in components_of(state.fit))
    found = factor_influence(state.fit, name, tested, way)
    return Influence(found, state.fit.design.columns, components, state.df_method)


def caic(state: FitState) -> ConditionalAic:
    """Return the conditional AIC; UsageError for a model with a family, or at given parameters."""
    fit = state.lmm
    if fit.convergence is None:
        what = "the conditional AIC exists for the estimates only, not for given covariance parameters"
        raise UsageError(Fault("caic", what, None))
    return conditional_aic(fit)
