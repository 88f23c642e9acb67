"""Cluster-robust tests, and what ignoring the clusters costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mlm_steps.api.arguments import checked, kind_of, optional, share
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import FitState
from mlm_steps.clusters.cost import MixedModel, cluster_cost
from mlm_steps.clusters.factors import Clusters, all_factors, default_clusters
from mlm_steps.clusters.sandwich import Sandwich, is_block_diagonal, mixed_sandwich
from mlm_steps.design.matrices import Design
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.records.cost import ClusterCost as CostRecordPart

__all__ = ["ClusterCost", "Robust", "clusters_in", "cost", "robust", "robust_tests"]

CODES = {
    "one_cluster": "one cluster has no variation between clusters",
    "too_large": "with unequal prior weights the work grows with the cube of the cluster size",
    "several_factors": "rows of different clusters are correlated in this model",
    "not_estimable": "the variance between clusters cannot be estimated",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Robust(Tabular):
    """Cluster-robust tests of coefficients; ``print`` shows the table.

    Attributes
    ----------
    coefficients : DataFrame
        ``estimate``, ``se``, ``df``, ``t``, ``p_value``, ``ci_low`` and ``ci_high`` per coefficient.
    vcov : DataFrame
        Covariance matrix of the coefficients.
    cluster : str
        The clusters.
    n_clusters : int
    kind : str
        ``CR2`` or ``CR1``.
    """

    coefficients: pd.DataFrame
    vcov: pd.DataFrame
    cluster: str
    n_clusters: int
    kind: str

    @property
    def table(self) -> pd.DataFrame:
        """The coefficients."""
        return self.coefficients

    def _title(self) -> str:
        return f"Cluster-robust tests ({self.kind}), {self.n_clusters} clusters: {self.cluster}"

    def _notes(self) -> tuple[str, ...]:
        df = "Satterthwaite's df (Bell & McCaffrey 2002)" if self.kind == "CR2" else "df = clusters - 1"
        return (f"t tests with {df}",)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusterCost(Tabular):
    """What ignoring the clusters costs; ``print`` shows each coefficient's standard errors.

    Attributes
    ----------
    record : records.cost.ClusterCost
        Every number.
    """

    record: CostRecordPart

    @property
    def table(self) -> pd.DataFrame:
        """One row per coefficient: least squares, CR1, CR2, the mixed model, its CR2, Moulton's factor."""
        rows = [row.model_dump(exclude={"term", "column"}) for row in self.record.rows]
        return pd.DataFrame(rows, index=[row.column for row in self.record.rows]).astype(float)

    @property
    def design_effect(self) -> float | None:
        """Variance of the mean outcome relative to that of independent rows (Kish 1965)."""
        return self.record.design_effect

    @property
    def effective_n(self) -> float | None:
        """Number of independent rows whose mean is as precise."""
        return self.record.effective_n

    def __repr__(self) -> str:
        names = ["ols_se", "cr1_se", "cr2_se", "cr2_df", "mixed_se", "mixed_df", "mixed_cr2_se"]
        shown = self.table[[*names, "mixed_cr2_df", "moulton", "naive_rate"]]
        text = shown.to_string(float_format=lambda value: f"{value:.4f}", na_rep="-")
        return "\n".join([self._title(), text, *self._notes()])

    def _title(self) -> str:
        found = self.record
        return f"Cost of ignoring {found.n_clusters} clusters of {found.cluster} in {found.formula}"

    def _notes(self) -> tuple[str, ...]:
        found = self.record
        notes = [notice.text for notice in found.notices]
        if found.design_effect is not None and found.effective_n is not None and found.icc is not None:
            notes.insert(
                0,
                f"ICC {found.icc:.4f}: for the mean outcome {found.n} rows are as informative as "
                f"{found.effective_n:.0f} independent ones (design effect {found.design_effect:.2f})",
            )
        reasons = {"CR2": found.cr2_code, "CR2 of the mixed model": found.mixed_cr2_code}
        return (*notes, *(f"{what}: {CODES[code]}" for what, code in reasons.items() if code is not None))


@checked(confidence=optional(share))
def robust(
    state: FitState, cluster: str | ArrayLike | None = None, confidence: float | None = None
) -> Robust:
    """Return cluster-robust tests of the fixed effects (CR2), which hold if the random part is wrong.

    The fixed effects are those of the fit. The covariance of the rows within a cluster is estimated from the
    residuals, as in HLM's table of robust standard errors, with the bias correction CR2 and Satterthwaite's
    degrees of freedom (Bell & McCaffrey 2002; R's clubSandwich).

    Parameters
    ----------
    cluster : str or array of one value per row of the data, optional
        A grouping factor or a column in whose levels all grouping factors nest. Default: the outermost
        grouping factor.
    confidence : float, optional
        Default: that of the fit.

    Raises
    ------
    UsageError
        For crossed grouping factors, a single cluster, and a model with a family.
    """
    fit = state.lmm
    data = None if state.origin is None else state.origin.data
    clusters = default_clusters(fit) if cluster is None else clusters_in(fit.design, data, cluster)
    if not is_block_diagonal(fit.design, clusters.refs):
        groups = listing(dict.fromkeys(term.group for term in fit.design.random))
        what = f"rows of different levels of {clusters.name} are correlated in this model ({groups})"
        hint = "robust tests need clusters in which all grouping factors nest; mlm_steps.lm(...).robust(...)"
        raise UsageError(Fault("cluster", what, f"{hint} has those of least squares"))
    found = mixed_sandwich(fit, clusters.refs)
    level = state.confidence if confidence is None else confidence
    return robust_tests(fit.design, fit.beta, found, clusters, level, "CR2")


def cost(state: FitState, cluster: str | ArrayLike | None = None) -> ClusterCost:
    """Return what least squares, which ignores the clusters, gets wrong about each coefficient.

    Standard errors of least squares, cluster-robust ones (CR1, CR2), those of this fit and its CR2 stand side
    by side, with Moulton's factor and the rate at which least squares rejects a true null hypothesis.

    Parameters
    ----------
    cluster : str or array of one value per row of the data, optional
        Default: the outermost grouping factor, or of crossed ones the one that adds most to the design effect
        of a mean.
    """
    fit = state.lmm
    data = None if state.origin is None else state.origin.data
    clusters = default_clusters(fit) if cluster is None else clusters_in(fit.design, data, cluster)
    mixed = MixedModel(fit, state.tests)
    return ClusterCost(
        cluster_cost(
            fit.design,
            clusters,
            model="fit",
            confidence=state.confidence,
            factors=all_factors(fit, clusters),
            mixed=mixed,
        )
    )


def clusters_in(design: Design, data: pd.DataFrame | None, cluster: str | ArrayLike) -> Clusters:
    """Return clusters by the name of a grouping factor or column, or by a value per row of the data.

    Raises
    ------
    UsageError
        For unknown names, missing values and a wrong number of values.
    """
    if isinstance(cluster, str):
        own = next((term for term in design.random if term.group == cluster), None)
        if own is not None:
            return _coded(cluster, np.asarray(own.levels)[own.refs])
        if data is None or cluster not in data.columns:
            known = [*dict.fromkeys(term.group for term in design.random), *(() if data is None else data)]
            hint = did_you_mean(cluster, known) or "or one value per row"
            raise UsageError(Fault("cluster", f"no column {cluster!r} in the data of the fit", hint))
        return _coded(cluster, data[cluster].iloc[design.rows])
    if isinstance(cluster, (Mapping, bytes, pd.DataFrame)) or not np.iterable(cluster):
        raise UsageError(Fault("cluster", f"this is {kind_of(cluster)}", "a column, or one value per row"))
    values = pd.Series(np.asarray(cluster).ravel())
    n = int(design.rows.max()) + 1 if data is None else len(data)
    if len(values) not in (n, design.n):
        raise UsageError(Fault("cluster", f"there are {len(values)} values and {n} rows of data"))
    name = getattr(cluster, "name", None)
    chosen = values.iloc[design.rows] if len(values) == n else values
    return _coded("cluster" if name is None else str(name), chosen)


def _coded(name: str, values: pd.Series | NDArray[np.str_]) -> Clusters:
    series = pd.Series(values)
    if series.isna().any():
        what = f"{int(series.isna().sum())} rows of the fit have no value of {name}"
        raise UsageError(Fault("cluster", what, "leave these rows out of the fit"))
    codes, levels = pd.factorize(series, sort=True)
    return Clusters(name, np.asarray(codes, dtype=np.intp), tuple(map(str, levels)))


def robust_tests(
    design: Design,
    beta: NDArray[np.float64],
    found: Sandwich,
    clusters: Clusters,
    confidence: float,
    kind: str,
) -> Robust:
    """Return the tests from a sandwich; UsageError if there is none."""
    if found.code is not None:
        raise UsageError(Fault("cluster", CODES[found.code]))
    names = list(design.columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = beta / found.se
    half = special.stdtrit(found.df, (1.0 + confidence) / 2.0) * found.se
    frame = pd.DataFrame(
        {
            "estimate": beta,
            "se": found.se,
            "df": found.df,
            "t": t,
            "p_value": 2.0 * special.stdtr(found.df, -np.abs(t)),
            "ci_low": beta - half,
            "ci_high": beta + half,
        },
        index=names,
    )
    vcov = pd.DataFrame(found.vcov, index=names, columns=names)
    return Robust(frame, vcov, clusters.name, clusters.J, kind)
