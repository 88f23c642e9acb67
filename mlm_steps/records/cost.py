"""The record of what ignoring the clusters costs (statistics, sections 2 and 7)."""

from __future__ import annotations

from pydantic import Field

from mlm_steps.records.base import Extended, Notice, Part, Record

__all__ = ["ClusterCost", "CostRecord", "CostRow", "SeparateFits"]


class CostRow(Part):
    """One coefficient with each of its standard errors."""

    term: str
    column: str
    ols_estimate: float
    ols_se: float
    """Classical standard error of least squares, as if all rows were independent."""
    ols_df: float
    ols_p: float
    cr1_se: float | None
    """Cluster-robust standard error of least squares with the factor J / (J - 1) (n - 1) / (n - p)."""
    cr2_se: float | None
    """Bias-reduced cluster-robust standard error of least squares, with Satterthwaite's df."""
    cr2_df: float | None
    cr2_p: float | None
    mixed_estimate: float | None
    mixed_se: float | None
    mixed_df: Extended
    """Infinite for z tests, missing without a mixed model."""
    mixed_p: float | None
    mixed_cr2_se: float | None
    """The same of the mixed model's coefficient."""
    mixed_cr2_df: float | None
    mixed_cr2_p: float | None
    se_ratio: float | None
    """Standard error of least squares over that of the mixed model."""
    rho_x: float | None
    """Intraclass correlation of the column; 1 for a level-2 predictor."""
    moulton: float | None
    """Variance of the coefficient relative to that of independent rows (Moulton 1986)."""
    naive_rate: float | None
    """Probability with which least squares rejects a true null hypothesis of this coefficient."""


class ClusterCost(Part):
    """One model by least squares and as a mixed model, with one grouping factor as clusters."""

    model: str
    formula: str
    cluster: str
    cluster_reason: str | None = None
    """Why this factor and no other; None if there is only one."""
    mixed: str
    """The random part of the mixed model: its terms as written."""
    confidence: float
    n: int
    n_clusters: int
    weighted_size: float
    """Mean cluster size weighted by size, sum(n_j²) / n."""
    icc: float | None
    """Of the outcome, from a model with a random intercept per cluster and no predictor."""
    residual_icc: float | None
    """The same with the predictors of the model."""
    design_effect: float | None
    effective_n: float | None
    se_ratio: float | None
    icc_code: str | None = None
    cr1_code: str | None = None
    cr2_code: str | None = None
    mixed_code: str | None = None
    mixed_cr2_code: str | None = None
    moulton_code: str | None = None
    rows: tuple[CostRow, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def alpha(self) -> float:
        """Level of the tests."""
        return 1.0 - self.confidence


class SeparateFits(Part):
    """The least-squares fits of the clusters alone, of which ``lm_list`` has the coefficients."""

    model: str
    cluster: str
    columns: tuple[str, ...]
    terms: tuple[str, ...]
    sigma: float | None
    """Residual standard deviation pooled over the clusters; None without residual degrees of freedom."""
    df: int
    n_clusters: int
    n_estimable: tuple[int, ...]
    """Per column, the number of clusters whose rows determine its coefficient."""
    mean: tuple[float | None, ...]
    sd: tuple[float | None, ...]
    """Mean and standard deviation of each coefficient over these clusters."""
    levels: tuple[str, ...]
    sizes: tuple[int, ...]
    """Numbers of rows per cluster."""
    ranks: tuple[int, ...]
    estimates: tuple[tuple[float | None, ...], ...]
    """Per column, the coefficient of each cluster; None where its rows do not determine it."""
    se: tuple[tuple[float | None, ...], ...]
    """Standard errors with the pooled residual standard deviation."""
    own_se: tuple[tuple[float | None, ...], ...]
    """Standard errors with the residual standard deviation of each cluster."""
    failures: tuple[str, ...] = ()
    """Clusters whose rows do not determine every coefficient, each with the reason."""


class CostRecord(Record):
    """The last rung with linear predictors and residuals, and the models of the prelude."""

    costs: tuple[ClusterCost, ...] = Field(default=())
    separate: SeparateFits | None = None
    reason: str | None = None
    """Why there is no cost, in words."""
