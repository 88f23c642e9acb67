"""The record of one single-level model of the prelude."""

from __future__ import annotations

from pydantic import Field

from mlm_steps.records.base import Notice, Part, Record

__all__ = ["OlsCoefficient", "OlsRecord"]


class OlsCoefficient(Part):
    """One coefficient, with its classical and its cluster-robust standard errors."""

    term: str
    column: str
    estimate: float | None
    se: float | None
    df: float | None
    statistic: float | None
    p: float | None
    ci_low: float | None
    ci_high: float | None
    se_cluster: dict[str, float]
    """CR1 standard error per grouping factor of the ladder (statistics, section 2)."""
    dropped: bool = False


class OlsRecord(Record):
    """One single-level model."""

    model: str
    formula: str
    outcome: str
    weights: str | None
    confidence: float
    sample_hash: str
    n: int
    p: int
    coefficients: tuple[OlsCoefficient, ...]
    shared_names: dict[str, str] = Field(default_factory=dict)
    """R's name for each column that is called otherwise here, as ``abc`` for ``a[bc]``."""
    sigma: float
    r_squared: float | None
    adj_r_squared: float | None
    f_statistic: float | None
    f_df_1: int | None
    f_df_2: int | None
    f_p: float | None
    loglik: float
    aic: float
    bic: float
    notices: tuple[Notice, ...] = ()
