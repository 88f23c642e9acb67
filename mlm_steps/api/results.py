"""A fitted model, as ``mlm_steps.fit`` returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

import pandas as pd
from numpy.typing import ArrayLike

from mlm_steps.api import (
    bootstrap,
    clustering,
    confint,
    context,
    effects,
    explained,
    groups,
    prediction,
    profiles,
    separate,
    sizes,
    testing,
    wald,
)
from mlm_steps.api.advice import advise_on
from mlm_steps.api.assumptions import check
from mlm_steps.api.checks import check_fit
from mlm_steps.api.fitted import updated_state
from mlm_steps.api.influence import CooksDistances, caic, cooks_distance, influence
from mlm_steps.api.methods import from_state
from mlm_steps.api.power_of_fit import power_of_fit
from mlm_steps.api.residuals import Residuals, residuals
from mlm_steps.api.sensitivity import sensitivity
from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState, state_at, theta_array
from mlm_steps.api.summary import summarize
from mlm_steps.api.varcorr import VarCorr, modes_by_term, theta_series, varcorrs
from mlm_steps.engine import Control, Estimates, LmmFit, Method, MixedFit
from mlm_steps.engine.result import information
from mlm_steps.engine.result.evaluate import criterion_at
from mlm_steps.inference import CoefficientTests, Reference
from mlm_steps.records.base import Notice

__all__ = ["Fit"]


class Fit(Shown):
    """A mixed model fitted to a frame, linear or generalized.

    The result of ``fit``. Results per coefficient use R's column names; ``print`` shows lmerTest's summary.
    Methods raise UsageError for an invalid argument, FormulaError for columns that the model cannot use.
    """

    def __init__(self, state: FitState) -> None:
        self._state = state
        self.estimates: Estimates = state.estimates
        self.model: MixedFit = state.fit
        self.df_method = state.df_method
        self.confidence = state.confidence

    @property
    def lmm(self) -> LmmFit:
        """The linear mixed model as the engine returns it; UsageError for a model with a family."""
        return self._state.lmm

    @property
    def family(self) -> str:
        """The distribution of the outcome; ``gaussian`` for a linear model."""
        return self.model.family

    @property
    def link(self) -> str:
        """The link of the outcome's mean; ``identity`` for a linear model."""
        return self.model.link

    @property
    def phi(self) -> float | None:
        """The dispersion parameter of the family; None if it has none."""
        return self.model.phi

    @property
    def agq(self) -> int:
        """Points per dimension of the quadrature; 1 is Laplace's approximation."""
        return self.model.agq

    @property
    def npar(self) -> int:
        """Number of parameters."""
        return self.model.npar

    @property
    def formula(self) -> str:
        """The formula as given."""
        return self.model.design.formula

    @property
    def method(self) -> Method:
        """``REML`` or ``ML``."""
        return self.model.method

    @property
    def beta(self) -> pd.Series:
        """Fixed effects."""
        return wald.by_column(self._state, self.model.beta, "beta")

    @property
    def se(self) -> pd.Series:
        """Standard errors of the fixed effects, without Kenward and Roger's adjustment."""
        return wald.by_column(self._state, self.model.se, "se")

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the fixed effects, without Kenward and Roger's adjustment."""
        names = list(self.model.design.columns)
        return pd.DataFrame(self.model.vcov, index=names, columns=names)

    @property
    def vcov_kr(self) -> pd.DataFrame:
        """Covariance matrix of the fixed effects with Kenward and Roger's adjustment, of the REML fit.

        UsageError for a model with a family, and where the adjustment does not exist.
        """
        return wald.adjusted_vcov(self._state)

    @property
    def reference(self) -> Reference:
        """The reference distribution of the tests of the fixed effects."""
        return self._state.reference

    @property
    def tests(self) -> CoefficientTests:
        """Tests of the fixed effects, as arrays."""
        return self._state.tests

    @property
    def df(self) -> pd.Series:
        """Denominator degrees of freedom of the t tests by ``df_method``."""
        return wald.by_column(self._state, self.tests.df, "df")

    @property
    def t(self) -> pd.Series:
        """Estimates divided by their standard errors."""
        return wald.by_column(self._state, self.tests.t, "t")

    @property
    def p_value(self) -> pd.Series:
        """Two-sided p-values of the fixed effects."""
        return wald.by_column(self._state, self.tests.p, "p_value")

    @property
    def ci(self) -> pd.DataFrame:
        """Wald intervals with columns ``low`` and ``high``."""
        return wald.wald_limits(self._state)

    @property
    def table(self) -> pd.DataFrame:
        """The same as ``coefficients``."""
        return self.coefficients

    @property
    def coefficients(self) -> pd.DataFrame:
        """The fixed-effects table, with the standard errors that the tests use."""
        return wald.tests_frame(self.tests, list(self.model.design.columns))

    @cached_property
    def other_coefficients(self) -> dict[str, pd.DataFrame]:
        """Fixed effects of a singular fit by the other of Satterthwaite's and Kenward and Roger's methods.

        Indexed by method; both are present if ``df_method`` is neither. Empty if the fit is not singular.
        """
        return wald.other_coefficients(self._state)

    @property
    def theta(self) -> pd.Series:
        """Covariance parameters under lme4's names; a repeated name gets a number as a suffix."""
        return theta_series(self.model)

    @property
    def sigma(self) -> float:
        """Residual standard deviation; UsageError for a model with a family."""
        return self.lmm.sigma

    @property
    def varcorr(self) -> tuple[VarCorr, ...]:
        """Covariance matrices of the random effects, one per term."""
        return varcorrs(self.model)

    @property
    def criterion(self) -> float:
        """Minimum of the criterion: the REML criterion, or the deviance of an ML fit."""
        return self.model.criterion

    @property
    def deviance(self) -> float:
        """-2 log-likelihood of the ML fit, which is computed when needed if this fit is by REML."""
        return self.estimates.under("ML").criterion

    @property
    def loglik(self) -> float:
        """Log-likelihood of the ML fit."""
        return -0.5 * self.deviance

    @property
    def aic(self) -> float:
        """Akaike's information criterion of the ML fit."""
        return self.deviance + 2.0 * self.model.npar

    @property
    def aicc(self) -> float:
        """AIC corrected for small samples, of the ML fit; NaN if n is at most the parameters plus 1."""
        found = information.aicc(self.deviance, self.model.design.n, self.model.npar)
        return float("nan") if found is None else found

    @property
    def bic(self) -> float:
        """Bayesian information criterion of the ML fit; n is the number of rows."""
        return information.bic(self.deviance, self.model.npar, self.model.design)

    @property
    def bic_groups(self) -> float:
        """BIC with the number of groups as n: the levels of the grouping factor with the fewest."""
        return information.bic(self.deviance, self.model.npar, self.model.design, "groups")

    @property
    def caic(self) -> float:
        """Conditional AIC of a linear model by this fit's method (Greven & Kneib 2010)."""
        return caic(self._state).value

    @property
    def effective_parameters(self) -> float:
        """Effective number of parameters in ``caic``, without sigma; ``hatvalues.sum()`` with theta known."""
        return caic(self._state).effective

    @property
    def modes(self) -> dict[str, pd.DataFrame]:
        """Conditional modes per term, levels by coefficients; the second term of a factor is ``group.1``."""
        return modes_by_term(self.model)

    @property
    def fitted(self) -> pd.Series:
        """Fitted values with the conditional modes, indexed as the frame; probabilities if binomial."""
        return pd.Series(self.model.fitted, index=self._state.index, name="fitted")

    @property
    def residuals(self) -> Residuals:
        """Outcome minus fitted values, indexed as the frame; of a binomial outcome, numbers of events.

        Called with a kind, those of that kind: ``fit.residuals("pearson")``, ``marginal``, ``scaled``.
        """
        return residuals(self._state)

    @cached_property
    def hatvalues(self) -> pd.Series:
        """Leverages, indexed as the frame; their sum is the effective number of parameters."""
        return prediction.hatvalues(self._state)

    @property
    def cooks_distance(self) -> CooksDistances:
        """Cook's distance of each row, indexed as the frame; NaN for a leverage of 1.

        Called with a grouping factor, those of its groups: ``fit.cooks_distance(group="school")``.
        """
        return cooks_distance(self._state, self.hatvalues)

    @property
    def singular(self) -> bool:
        """Whether a covariance matrix has reduced rank (lme4's ``isSingular``)."""
        return self.model.singular

    @property
    def converged(self) -> bool:
        """Whether the optimum was found. A singular fit can have converged."""
        return self.model.convergence is not None and self.model.convergence.status != "failed"

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices about the data and the fit."""
        return self._state.notices

    @property
    def heterogeneity(self) -> pd.DataFrame:
        """HLM's chi-square test of each variance; NaN for models with several grouping factors."""
        return testing.heterogeneity(self.lmm)

    advice = from_state(advise_on)
    checks = from_state(check_fit)
    check = from_state(check)
    sensitivity = from_state(sensitivity)
    power = from_state(power_of_fit)
    influence = from_state(influence)
    exponentials = from_state(wald.exponentials)

    # Intervals and simulations
    confint = from_state(confint.confint)
    profile = from_state(profiles.profile)
    bootstrap = from_state(bootstrap.bootstrap)
    simulate = from_state(prediction.simulate)

    # Groups
    ranef = from_state(groups.ranef)
    coef = from_state(groups.coef)
    pca = from_state(groups.pca)

    # Predictions
    predict = from_state(prediction.predict)

    # Explained variance
    icc = from_state(explained.icc)
    r2 = from_state(explained.r2)
    rights_sterba = from_state(explained.rights_sterba)

    # Effect sizes
    standardized = from_state(sizes.standardized_coefficients)
    mean_difference = from_state(sizes.mean_difference)

    # Clusters
    robust = from_state(clustering.robust)
    cluster_cost = from_state(clustering.cost)
    lm_list = from_state(separate.lm_list_of)

    # Tests of terms
    anova = from_state(testing.anova)
    ranova = from_state(testing.ranova)
    drop1 = from_state(testing.drop1)

    # Contrasts, slopes and means
    contrast = from_state(effects.contrast)
    slopes = from_state(effects.slopes)
    johnson_neyman = from_state(effects.johnson_neyman)
    means = from_state(effects.means)
    context = from_state(context.context)

    def update(
        self,
        formula: str | None = None,
        data: pd.DataFrame | None = None,
        *,
        reml: bool | None = None,
        weights: str | ArrayLike | None = None,
        contrasts: Mapping[str, str] | None = None,
        df: str | None = None,
        confidence: float | None = None,
        control: Control | None = None,
    ) -> Self:
        """Return the model fitted anew with something changed, as R's ``update``; the rest stays as it is.

        Parameters
        ----------
        formula : str, optional
            ``". ~ . - x"`` or ``". ~ . + z - (x | g) + (1 | g)"``: the dots stand for the sides of the
            formula of this fit.
        data : DataFrame, optional
            Other data.
        reml, weights, contrasts, df, confidence, control
            As for `mlm_steps.fit`; None leaves them as they are.
        """
        changed = updated_state(
            self._state, formula, data, reml=reml, weights=weights, contrasts=contrasts, df=df,
            confidence=confidence, control=control,
        )  # fmt: skip
        return type(self)(changed)

    def at(self, theta: Sequence[float] | pd.Series) -> Self:
        """Return the fit at given covariance parameters, in the order and units of ``theta``.

        sigma and beta are optimal for this theta, by REML or ML as in this fit. FitError if the criterion is
        not defined at this theta.
        """
        return type(self)(state_at(self._state, theta))

    def criterion_at(self, theta: Sequence[float] | pd.Series) -> float:
        """Return the REML criterion, or the deviance of an ML fit, at given covariance parameters."""
        return criterion_at(self.lmm, theta_array(theta))

    def __repr__(self) -> str:
        summary = summarize(self._state)
        return "\n".join([summary, *wald.other_lines(self.other_coefficients)])
