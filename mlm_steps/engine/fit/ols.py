"""Single-level models with the conventions of R's lm, and statsmodels' cluster-robust covariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.linalg import solve_triangular

from mlm_steps.design.matrices import Design
from mlm_steps.errors import Fault, FitError

__all__ = ["OlsFit", "fit_ols"]


@dataclass(frozen=True, eq=False)
class OlsFit:
    """A linear model by ordinary or weighted least squares.

    Attributes
    ----------
    design : Design
        The fitted design, without random terms.
    beta : ndarray, shape (p,)
        Coefficients, in the order of ``design.columns``.
    vcov : ndarray, shape (p, p)
        sigma² (X' W X)⁻¹.
    rss : float
        Weighted residual sum of squares, in squared outcome units.
    vcov_cluster : mapping of str to ndarray, shape (p, p)
        CR1 covariance per grouping factor: the sandwich times J / (J - 1) (n - 1) / (n - p) (statistics,
        section 2). Factors with one level have none.
    fitted, residuals : ndarray, shape (n,)
        o + X beta, and y minus o + X beta.
    confidence : float
        Confidence of the intervals.
    """

    design: Design
    beta: NDArray[np.float64]
    vcov: NDArray[np.float64]
    rss: float
    vcov_cluster: Mapping[str, NDArray[np.float64]]
    fitted: NDArray[np.float64]
    residuals: NDArray[np.float64]
    confidence: float

    @property
    def df(self) -> int:
        """Residual degrees of freedom, n - p."""
        return self.design.n - self.design.p

    @property
    def sigma(self) -> float:
        """Residual standard deviation, in outcome units."""
        return float(np.sqrt(self.rss / self.df))

    @property
    def se(self) -> NDArray[np.float64]:
        """Classical standard errors, shape (p,)."""
        return np.sqrt(np.diag(self.vcov))

    @property
    def se_cluster(self) -> dict[str, NDArray[np.float64]]:
        """CR1 standard errors per grouping factor, shape (p,)."""
        return {name: np.sqrt(np.diag(vcov)) for name, vcov in self.vcov_cluster.items()}

    @property
    def t(self) -> NDArray[np.float64]:
        """The t statistics, shape (p,)."""
        return self.beta / self.se

    @property
    def p_value(self) -> NDArray[np.float64]:
        """Two-sided p values of the t statistics, shape (p,)."""
        return np.asarray(2 * special.stdtr(self.df, -np.abs(self.t)))

    @property
    def interval(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper limits of the coefficients, each of shape (p,)."""
        half = special.stdtrit(self.df, (1 + self.confidence) / 2) * self.se
        return self.beta - half, self.beta + half

    def rows(self) -> list[dict[str, Any]]:
        """Return the values of each column, dropped ones included, under the names of OlsCoefficient."""
        low, high = self.interval
        values = {
            "estimate": self.beta,
            "se": self.se,
            "df": np.full(self.design.p, float(self.df)),
            "statistic": self.t,
            "p": self.p_value,
            "ci_low": low,
            "ci_high": high,
        }
        terms = ("(Intercept)", *self.design.term_labels)
        rows: list[dict[str, Any]] = []
        for column, assign in zip(self.design.all_columns, self.design.all_assign, strict=True):
            row: dict[str, Any] = {"term": terms[assign], "column": column, **dict.fromkeys(values)}
            row |= {"se_cluster": {}, "dropped": column not in self.design.columns}
            if not row["dropped"]:
                kept = self.design.columns.index(column)
                row |= {name: float(array[kept]) for name, array in values.items()}
                row["se_cluster"] = {name: float(errors[kept]) for name, errors in self.se_cluster.items()}
            rows.append(row)
        return rows

    @property
    def r_squared(self) -> float:
        """Explained share of the sum of squares, as in R.

        The sum of squares is about the mean with an intercept, and about zero without one. The share is zero
        for a model of an intercept alone.
        """
        return self._explained / (self._explained + self.rss) if self.f_df else 0.0

    @property
    def adj_r_squared(self) -> float:
        """R² adjusted for the number of coefficients, as in R."""
        return 1 - (1 - self.r_squared) * (self.design.n - self._intercept) / self.df

    @property
    def f_df(self) -> tuple[int, int] | None:
        """Degrees of freedom of the F test; None for a model of an intercept alone."""
        df = self.design.p - self._intercept
        return (df, self.df) if df > 0 else None

    @property
    def f_df_1(self) -> int | None:
        """Numerator degrees of freedom of the F test."""
        return self.f_df[0] if self.f_df else None

    @property
    def f_df_2(self) -> int | None:
        """Denominator degrees of freedom of the F test."""
        return self.f_df[1] if self.f_df else None

    @property
    def f_statistic(self) -> float | None:
        """Test statistic of all coefficients but the intercept."""
        return None if self.f_df is None else self._explained / self.f_df[0] / (self.rss / self.df)

    @property
    def f_p(self) -> float | None:
        """The p value of the F test."""
        if self.f_df is None or self.f_statistic is None:
            return None
        return float(special.fdtrc(*self.f_df, self.f_statistic))

    @property
    def loglik(self) -> float:
        """Log-likelihood at the ML estimate of sigma, as R's ``logLik``."""
        n = self.design.n
        weights = self.design.weights
        log_weights = 0.0 if weights is None else float(np.log(weights).sum())
        return float(0.5 * (log_weights - n * (np.log(2 * np.pi * self.rss / n) + 1)))

    @property
    def aic(self) -> float:
        """AIC; sigma counts as a parameter, as in R."""
        return -2 * self.loglik + 2 * (self.design.p + 1)

    @property
    def bic(self) -> float:
        """BIC with log(n); sigma counts as a parameter, as in R."""
        return float(-2 * self.loglik + np.log(self.design.n) * (self.design.p + 1))

    @property
    def _intercept(self) -> int:
        return int(0 in self.design.assign)

    @cached_property
    def _explained(self) -> float:
        linear = self.design.X @ self.beta
        centre = np.average(linear, weights=self.design.weights) if self._intercept else 0.0
        return float(np.sum(_weights(self.design) * (linear - centre) ** 2))


def fit_ols(design: Design, clusters: Mapping[str, NDArray[np.intp]], *, confidence: float = 0.95) -> OlsFit:
    """Return the least-squares fit of a design without random terms.

    Parameters
    ----------
    design : Design
        With X of full column rank, as `build_design` returns it.
    clusters : mapping of str to ndarray, shape (n,)
        Per grouping factor the position of each row's level.
    confidence : float
        Confidence of the intervals.

    Raises
    ------
    FitError
        If there are not more rows than coefficients, or the residuals are all zero.
    """
    if design.n <= design.p:
        what = f"{design.formula}: {design.p} coefficients cannot be estimated from {design.n} rows"
        raise FitError(Fault("", what, "use fewer predictors, or more data"))
    response = design.y if design.offset is None else design.y - design.offset
    beta, unscaled = _least_squares(design, response)
    residuals = response - design.X @ beta
    rss = float(_weights(design) @ residuals**2)
    if rss <= (1e2 * np.finfo(float).eps) ** 2 * float(_weights(design) @ design.y**2):
        what = f"{design.formula}: the model leaves no residual variance"
        raise FitError(Fault("", what, "check whether a predictor is a copy of the outcome"))
    scores = design.X * (_weights(design) * residuals)[:, None]
    several = {name: refs for name, refs in clusters.items() if design.p and np.ptp(refs) > 0}
    robust = {name: _cluster_covariance(scores, unscaled, refs) for name, refs in several.items()}
    vcov = rss / (design.n - design.p) * unscaled
    return OlsFit(design, beta, vcov, rss, robust, design.y - residuals, residuals, confidence)


def _weights(design: Design) -> NDArray[np.float64]:
    return np.ones(design.n) if design.weights is None else design.weights


def _least_squares(
    design: Design, response: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return beta and (X' W X)⁻¹ from the QR decomposition of the weighted X."""
    root = np.sqrt(_weights(design))
    Q, R = np.linalg.qr(design.X * root[:, None])
    beta = solve_triangular(R, Q.T @ (root * response))
    inverse = solve_triangular(R, np.eye(design.p))
    return beta, inverse @ inverse.T


def _cluster_covariance(
    scores: NDArray[np.float64], unscaled: NDArray[np.float64], refs: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the CR1 covariance, shape (p, p), from each row's x w e and (X' W X)⁻¹."""
    # Only statsmodels' sandwich is imported, because importing its models takes a second.
    from statsmodels.stats.sandwich_covariance import cov_cluster

    return np.asarray(cov_cluster((scores, unscaled), refs, use_correction=True))
