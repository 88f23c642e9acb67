"""Least squares within each group: R's ``lmList``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from numpy.typing import ArrayLike

from mlm_steps.api.arguments import check_contrasts, checked, formula_text
from mlm_steps.api.clustering import clusters_in
from mlm_steps.api.frames import a_frame, with_weights
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import FitState
from mlm_steps.clusters.factors import default_clusters
from mlm_steps.clusters.separate import separate_fits, separate_level_1_fits
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.cost import SeparateFits

__all__ = ["LmList", "lm_list", "lm_list_of"]

SHOWN = 20
"""Largest number of groups and of failures that are printed."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LmList(Tabular):
    """The least-squares fits of groups; ``print`` shows their coefficients.

    Attributes
    ----------
    record : SeparateFits
        Every number.
    """

    record: SeparateFits

    @property
    def table(self) -> pd.DataFrame:
        """One row per group, one column per coefficient; NaN where its rows do not determine one."""
        return self._frame(self.record.estimates)

    @property
    def coefficients(self) -> pd.DataFrame:
        """The same as ``table``."""
        return self.table

    @property
    def se(self) -> pd.DataFrame:
        """Standard errors with the pooled residual standard deviation, as R's ``lmList``."""
        return self._frame(self.record.se)

    @property
    def own_se(self) -> pd.DataFrame:
        """Standard errors with the residual standard deviation of each group."""
        return self._frame(self.record.own_se)

    @property
    def sizes(self) -> pd.Series:
        """Number of rows of each group."""
        return pd.Series(self.record.sizes, index=self._index, name="n")

    @property
    def sigma(self) -> float | None:
        """Residual standard deviation pooled over the groups; None without degrees of freedom."""
        return self.record.sigma

    @property
    def df(self) -> int:
        """Residual degrees of freedom of all groups together."""
        return self.record.df

    @property
    def failures(self) -> tuple[str, ...]:
        """The groups whose rows do not determine every coefficient, each with the reason."""
        return self.record.failures

    @property
    def _index(self) -> pd.Index:
        return pd.Index(self.record.levels, dtype=object, name=self.record.cluster)

    def _frame(self, columns: Sequence[Sequence[float | None]]) -> pd.DataFrame:
        values = {name: list(column) for name, column in zip(self.record.columns, columns, strict=True)}
        return pd.DataFrame(values, index=self._index).astype(float)

    def __repr__(self) -> str:
        text = self.table.head(SHOWN).to_string(float_format=lambda value: f"{value:.4f}", na_rep="-")
        more = self.record.n_clusters - SHOWN
        return "\n".join([self._title(), text, *([f"… {more} more"] if more > 0 else []), *self._notes()])

    def _title(self) -> str:
        return f"Least squares within each of {self.record.n_clusters} groups of {self.record.cluster}"

    def _notes(self) -> tuple[str, ...]:
        found = self.record
        sigma = "" if found.sigma is None else f"Pooled residual SD {found.sigma:.5g} on {found.df} df"
        failures = list(found.failures[:SHOWN])
        if len(found.failures) > SHOWN:
            failures.append(f"… {len(found.failures) - SHOWN} more")
        listed = [f"Not estimable in all coefficients: {'; '.join(failures)}"] if failures else []
        return (*([sigma] if sigma else []), *listed)


@checked(formula=formula_text, data=a_frame)
def lm_list(
    formula: str,
    data: pd.DataFrame,
    *,
    weights: str | ArrayLike | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> LmList:
    """Fit a linear model to each group by least squares, as lme4's ``lmList``.

    A coefficient is missing in the groups whose rows do not determine it; the others of such a group are
    given. R drops later columns instead, so that its intercept of a group with a constant predictor is the
    mean of the outcome.

    Parameters
    ----------
    formula : str
        For example ``"Reaction ~ Days | Subject"``: outcome, predictors, and after the bar the groups.
    data : DataFrame, or a table of polars, pyarrow or another library with Arrow's interface
    weights : str or array of n numbers, optional
        Prior (precision) weights.
    contrasts : mapping of column to str, optional
        The coding of each factor.

    Raises
    ------
    UsageError
        The formula does not have this form, or an argument is wrong.
    DesignError
        The formula cannot be read or does not fit the data.
    """
    parsed = parse_formula(formula)
    coding = {} if contrasts is None else contrasts
    check_contrasts(parsed, data, coding)
    data, weighted_by = with_weights(data, weights)
    design = build_design(parsed, data, weights=weighted_by, contrasts=coding)
    if len(design.random) != 1 or design.term_labels:
        what = f"{formula} does not have the form outcome ~ predictors | groups"
        raise UsageError(Fault("formula", what, 'for example "Reaction ~ Days | Subject"'))
    term = design.random[0]
    clusters = clusters_in(design, data, term.group)
    names = list(zip(term.names, term.labels or term.names, strict=True))
    return LmList(separate_fits(design, term.z, names, clusters, model="lm_list"))


def lm_list_of(state: FitState, cluster: str | ArrayLike | None = None) -> LmList:
    """Return the least-squares fits of the groups with the level-1 part of the model.

    Columns that do not vary within most groups are left out, and with them their products.

    Parameters
    ----------
    cluster : str or array of one value per row of the data, optional
        Default: the outermost grouping factor, or of crossed ones the one that adds most to the design effect
        of a mean.
    """
    fit = state.lmm
    data = None if state.origin is None else state.origin.data
    clusters = default_clusters(fit) if cluster is None else clusters_in(fit.design, data, cluster)
    found = separate_level_1_fits(fit.design, clusters, model="fit")
    if found is None:
        raise UsageError(Fault("", "no coefficient can be estimated within most groups"))
    return LmList(found)
