"""Linear models without random effects: R's ``lm``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mlm_steps.api.arguments import (
    LARGEST_SEED,
    check_contrasts,
    checked,
    formula_text,
    one_of,
    share,
    whole,
)
from mlm_steps.api.assumptions import ModelChecks, checks_of
from mlm_steps.api.clustering import Robust, clusters_in, robust_tests
from mlm_steps.api.frames import a_frame, with_weights
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import Origin, snapshot
from mlm_steps.clusters.sandwich import Sandwich, ols_sandwich
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.ols import OlsFit, fit_ols
from mlm_steps.engine.fit.single_level import SingleLevelEstimates
from mlm_steps.records.base import Notice

__all__ = ["Lm", "lm"]


@dataclass(frozen=True, eq=False, repr=False)
class Lm(Tabular):
    """A linear model without random effects; ``print`` shows the coefficients as R's ``summary`` does.

    Attributes
    ----------
    model : OlsFit
        The model as the engine returns it.
    index : Index
        Index of the frame's rows that the fit uses.
    origin : Origin
        The data and the settings.
    """

    model: OlsFit
    index: pd.Index
    origin: Origin

    @property
    def formula(self) -> str:
        """The formula as given."""
        return self.model.design.formula

    @property
    def table(self) -> pd.DataFrame:
        """Estimates, standard errors, tests and intervals, as if all rows were independent."""
        fit, (low, high) = self.model, self.model.interval
        columns = {
            "estimate": fit.beta,
            "se": fit.se,
            "df": float(fit.df),
            "t": fit.t,
            "p_value": fit.p_value,
        }
        return pd.DataFrame(columns | {"ci_low": low, "ci_high": high}, index=list(fit.design.columns))

    @property
    def coefficients(self) -> pd.DataFrame:
        """The same as ``table``."""
        return self.table

    @property
    def beta(self) -> pd.Series:
        """Estimates."""
        return self.table.estimate.rename("beta")

    @property
    def se(self) -> pd.Series:
        """Classical standard errors."""
        return self.table.se

    @property
    def vcov(self) -> pd.DataFrame:
        """sigma² (X'WX)⁻¹."""
        names = list(self.model.design.columns)
        return pd.DataFrame(self.model.vcov, index=names, columns=names)

    @property
    def sigma(self) -> float:
        """Residual standard deviation on ``df`` degrees of freedom."""
        return self.model.sigma

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return self.model.df

    @property
    def r_squared(self) -> float:
        """Explained share of the sum of squares."""
        return self.model.r_squared

    @property
    def adj_r_squared(self) -> float:
        """R² adjusted for the number of coefficients."""
        return self.model.adj_r_squared

    @property
    def npar(self) -> int:
        """Number of parameters, sigma included."""
        return self.model.design.p + 1

    @property
    def loglik(self) -> float:
        """Log-likelihood at the ML estimate of sigma."""
        return self.model.loglik

    @property
    def deviance(self) -> float:
        """-2 log-likelihood."""
        return -2.0 * self.model.loglik

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return self.model.aic

    @property
    def bic(self) -> float:
        """Bayesian information criterion; n is the number of rows."""
        return self.model.bic

    @property
    def fitted(self) -> pd.Series:
        """Fitted values, indexed as the frame."""
        return pd.Series(self.model.fitted, index=self.index, name="fitted")

    @property
    def residuals(self) -> pd.Series:
        """Outcome minus fitted values, indexed as the frame."""
        return pd.Series(self.model.residuals, index=self.index, name="residuals")

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices about the data."""
        return self.model.design.notices

    @property
    def estimates(self) -> SingleLevelEstimates:
        """The model by REML and by ML, for comparisons with mixed models."""
        return SingleLevelEstimates(self.model.design)

    @checked(seed=whole(0, LARGEST_SEED))
    def check(self, *, seed: int = 1) -> ModelChecks:
        """Return the checks of the assumptions: linearity, homogeneity, collinearity, normality, outliers."""
        found = checks_of(self.model, self.origin.data, None, time=None, seed=seed)
        return ModelChecks(self.formula, found)

    @checked(kind=one_of(("CR1", "CR2"), "cluster-robust covariances are"))
    def robust(self, cluster: str | ArrayLike, kind: Literal["CR1", "CR2"] = "CR2") -> Robust:
        """Return cluster-robust tests.

        Parameters
        ----------
        cluster : str or array of one value per row of the data
            The clusters; rows of different clusters are independent.
        kind : {"CR2", "CR1"}
            CR2 is bias-reduced and has Satterthwaite's degrees of freedom (R's clubSandwich). CR1 has the
            factor J / (J - 1) (n - 1) / (n - p) of Stata, and J - 1 degrees of freedom.

        Raises
        ------
        UsageError
            For unknown names, missing values and a single cluster.
        """
        design, beta = self.model.design, self.model.beta
        clusters = clusters_in(design, self.origin.data, cluster)
        found = ols_sandwich(design, beta, clusters.refs)
        if kind == "CR1" and clusters.J > 1:
            fit = fit_ols(design, {clusters.name: clusters.refs})
            df = np.full(design.p, clusters.J - 1.0)
            found = Sandwich(fit.vcov_cluster[clusters.name], df, clusters.J)
        return robust_tests(design, beta, found, clusters, self.model.confidence, kind)

    def _title(self) -> str:
        return f"Linear model by least squares: {self.formula}"

    def _notes(self) -> tuple[str, ...]:
        fit = self.model
        lines = [f"Residual SD {fit.sigma:.5g} on {fit.df} df, R² {fit.r_squared:.4f}"]
        lines[0] += f", adjusted R² {fit.adj_r_squared:.4f}"
        if fit.f_df is not None and fit.f_statistic is not None:
            lines[0] += f", F({fit.f_df[0]}, {fit.f_df[1]}) = {fit.f_statistic:.4g}, p {fit.f_p:.3g}"
        if fit.design.dropped:
            lines.append(f"Dropped, since collinear: {', '.join(fit.design.dropped)}")
        return (*lines, "Standard errors assume independent rows; lm(...).robust(cluster) does not.")


@checked(formula=formula_text, data=a_frame, confidence=share)
def lm(
    formula: str,
    data: pd.DataFrame,
    *,
    weights: str | ArrayLike | None = None,
    contrasts: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> Lm:
    """Fit a linear model without random effects by least squares.

    Parameters
    ----------
    formula : str
        For example ``"math ~ ses + sector"``.
    data : DataFrame, or a table of polars, pyarrow or another library with Arrow's interface
        Rows with missing values in the formula's variables are excluded; text columns are factors.
    weights : str or array of n numbers, optional
        Prior (precision) weights: the variance of a row is sigma² / weight.
    contrasts : mapping of column to str, optional
        The coding of each factor: ``treatment``, ``sum``, ``helmert`` or ``poly``.
    confidence : float
        Confidence of the intervals.

    Raises
    ------
    UsageError
        The data are not a table, or an argument has the wrong type or an unknown value.
    DesignError
        The formula cannot be read, has random effects, or does not fit the data.
    FitError
        The model cannot be estimated from these data.
    """
    parsed = parse_formula(formula)
    coding = {} if contrasts is None else contrasts
    check_contrasts(parsed, data, coding)
    data, weighted_by = with_weights(data, weights)
    design = build_design(parsed, data, weights=weighted_by, contrasts=coding, mixed=False)
    index = data.index if design.n == len(data) else data.index[design.rows]
    origin = Origin(snapshot(data, data.columns), dict(coding), None)
    return Lm(fit_ols(design, {}, confidence=confidence), index, origin)
