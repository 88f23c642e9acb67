"""A fitted model, as ``mlm_steps.fit`` returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, Self

import numpy as np
import pandas as pd

from mlm_steps.api import bootstrap, confint, effects, explained, prediction, profiles, testing, wald
from mlm_steps.api.advice import Advice, advise_on
from mlm_steps.api.bootstrap import Bootstrap
from mlm_steps.api.checks import Checks, check_fit
from mlm_steps.api.intervals import Intervals
from mlm_steps.api.parameters import Selection
from mlm_steps.api.readings import Contrast, Means, Regions, Slopes
from mlm_steps.api.rows import Prediction
from mlm_steps.api.scales import Scale
from mlm_steps.api.state import FitState, state_at, theta_array
from mlm_steps.api.summary import summarize
from mlm_steps.api.varcorr import VarCorr, modes_by_term, theta_series, varcorrs
from mlm_steps.design.hypotheses import SumsOfSquares
from mlm_steps.design.predictors import PredictorValue
from mlm_steps.engine import Estimates, LmmFit, Method, MixedFit
from mlm_steps.engine.result.evaluate import criterion_at
from mlm_steps.engine.result.mixed_fit import response_residuals
from mlm_steps.inference import CoefficientTests, Reference
from mlm_steps.records.base import Notice

__all__ = ["Fit"]


class Fit:
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

    def exponentials(self) -> pd.DataFrame:
        """Exponentials of the fixed effects and of their limits, such as odds ratios, with their ``kind``.

        UsageError if the link gives them no meaning.
        """
        return wald.exponentials(self._state)

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
    def bic(self) -> float:
        """Bayesian information criterion of the ML fit; n is the number of rows."""
        return self.deviance + float(np.log(self.model.design.n)) * self.model.npar

    @property
    def modes(self) -> dict[str, pd.DataFrame]:
        """Conditional modes per term, levels by coefficients; the second term of a factor is ``group.1``."""
        return modes_by_term(self.model)

    @property
    def fitted(self) -> pd.Series:
        """Fitted values with the conditional modes, indexed as the frame; probabilities if binomial."""
        return pd.Series(self.model.fitted, index=self._state.index, name="fitted")

    @property
    def residuals(self) -> pd.Series:
        """Outcome minus fitted values, indexed as the frame; of a binomial outcome, numbers of events."""
        return pd.Series(response_residuals(self.model), index=self._state.index, name="residuals")

    @cached_property
    def hatvalues(self) -> pd.Series:
        """Leverages, indexed as the frame; their sum is the effective number of parameters."""
        return prediction.hatvalues(self._state)

    @property
    def cooks_distance(self) -> pd.Series:
        """Cook's distance of each row, indexed as the frame; NaN for a leverage of 1."""
        return prediction.cooks_distance(self._state, self.hatvalues)

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

    def advice(self) -> Advice:
        """Return why the fit is singular or doubtful, and its alternatives, fitted to the same data.

        If the fit is neither, the alternatives show the effect of removing parts of its random effects.
        """
        return advise_on(self._state)

    def checks(self, seed: int = 1) -> Checks:
        """Return the checks of a generalized model against its own distribution, a sentence each.

        Dispersion, number of zeros, and residuals compared with simulated data sets; ``seed`` is that of the
        simulations. UsageError for a linear model.
        """
        return check_fit(self._state, seed=seed)

    def confint(
        self,
        method: str = "profile",
        parm: Selection = None,
        confidence: float | None = None,
        workers: int = 1,
    ) -> Intervals:
        """Return intervals, as lme4's ``confint``.

        Parameters
        ----------
        method : {"profile", "wald", "bootstrap"}
            Profile of the ML deviance; Wald, for fixed effects only; ``Fit.bootstrap`` with its defaults.
        parm : str or sequence of str, optional
            Names such as ``sd_(Intercept)|school``, ``sigma``, ``ses``, ``theta_``, ``beta_``. Default: all.
        confidence : float, optional
            Default: that of the fit.
        workers : int
            Number of processes.
        """
        return confint.confint(self._state, method, parm, confidence, workers)

    def profile(self, parm: Selection = None, workers: int = 1) -> profiles.Profiles:
        """Return the profiles of parameters, named as in ``confint``."""
        return profiles.profile(self._state, parm, workers)

    def bootstrap(self, replicates: int = 2000, seed: int = 1, kind: str = "parametric") -> Bootstrap:
        """Return refits to simulated data, for intervals of quantities without a known distribution.

        Parameters
        ----------
        replicates : int
        seed : int
            The same seed gives the same replicates; the first ones do not depend on their number.
        kind : {"parametric", "residual", "cases"}
            Draw outcomes from the fitted distributions; resample rescaled residuals and group effects of
            the fit; or resample groups with replacement (FitError for crossed grouping factors).
        """
        return bootstrap.bootstrap(self._state, replicates, seed, kind)

    def predict(
        self,
        newdata: pd.DataFrame | Mapping[str, object] | None = None,
        *,
        random: bool = False,
        se: bool = False,
        interval: prediction.Interval | None = None,
        scale: Scale | None = None,
    ) -> Prediction:
        """Return predictions for the rows of the fit or for new data, in outcome units.

        Parameters
        ----------
        newdata : DataFrame, mapping of columns to values, or a table with Arrow's interface, optional
            The predictors; with ``random`` also the grouping columns. Default: the rows of the fit.
        random : bool
            False: offset + X beta, the mean over the population of groups. True: + Z b at the conditional
            modes; a group without rows in the fit has b = 0, and a notice counts the rows of such groups.
        se : bool
            Add the standard error of the mean. With ``random`` it is the square root of the variance of
            x'beta_hat + z'b_hat - x'beta - z'b, from the inverse of the matrix of Henderson's mixed-model
            equations, which includes the covariance of beta_hat with b_hat - b. For a group without rows
            in the fit, z'Tz is added. The variance parameters are treated as known.
        interval : {"confidence", "prediction"}, optional
            For the mean, or for a new outcome in a new group (+ z'Tz + sigma² / w) or, with ``random``, in
            the row's group (+ sigma² / w); DesignError or UsageError if newdata lacks the prior weights w.
            The interval has the fit's ``confidence`` and, for the mean without random effects, its ``df``
            method. Others have Satterthwaite's df, unless the method is ``residual`` or ``z``. Models with a
            family have normal confidence intervals without ``random``.
        scale : {"population", "typical", "link"}, optional
            For a model with a family: the outcome averaged over the random effects (default), that of a
            typical group, whose random effects are 0, or the linear predictor. With ``random`` the effects of
            known groups are at their modes, and those of others averaged or 0. The exposure of new data is 1
            if they do not have its column.
        """
        return prediction.predict(self._state, newdata, random=random, se=se, interval=interval, scale=scale)

    def icc(self, distribution: str | None = None) -> pd.DataFrame:
        """Return intraclass correlations, as the table ``icc`` of a run.

        Parameters
        ----------
        distribution : {"theoretical", "observation", "lognormal", "delta", "trigamma"}, optional
            How the variance of the distribution of a model with a family is computed on the link scale; it is
            a column, beside the method and the marginal mean lambda of the null model. Default: the first
            one that the family has.
        """
        return explained.icc(self._state, distribution)

    def r2(self, distribution: str | None = None) -> pd.DataFrame:
        """Return marginal and conditional R² (Nakagawa, Johnson & Schielzeth 2017), as ``icc`` does."""
        return explained.r2(self._state, distribution)

    def simulate(self, n: int, seed: int, *, conditional: bool = False) -> pd.DataFrame:
        """Return n outcomes drawn from the model at its estimates, one column each, indexed as the frame.

        Column i depends only on the seed and i. ``conditional`` keeps the random effects at their conditional
        modes; otherwise they are drawn. A transformed outcome, such as log(y), is simulated on its own scale.
        """
        return prediction.simulate(self._state, n, seed, conditional=conditional)

    def at(self, theta: Sequence[float] | pd.Series) -> Self:
        """Return the fit at given covariance parameters, in the order and units of ``theta``.

        sigma and beta are optimal for this theta, by REML or ML as in this fit. FitError if the criterion is
        not defined at this theta.
        """
        return type(self)(state_at(self._state, theta))

    def criterion_at(self, theta: Sequence[float] | pd.Series) -> float:
        """Return the REML criterion, or the deviance of an ML fit, at given covariance parameters."""
        return criterion_at(self.lmm, theta_array(theta))

    def anova(self, type: SumsOfSquares = "III", *, df: str | None = None) -> pd.DataFrame:  # noqa: A002 - R's word
        """Return the F test of each fixed-effects term, as lmerTest's ``anova``.

        The columns are ``sum_sq``, ``mean_sq``, ``num_df``, ``den_df``, ``F`` and ``p_value``. ``includes``
        names the dropped collinear columns whose effects the coefficients of the term include.

        Parameters
        ----------
        type : {"III", "II", "I"}
            III: effects averaged over the levels of the interacting factors; II: each term adjusted for the
            terms that do not contain it; I: each term adjusted for the terms before it.
        df : str, optional
            Method of the degrees of freedom. Default: the method of the fit.
        """
        return testing.anova(self._state, type, df)

    def ranova(self, *, seed: int = 1) -> pd.DataFrame:
        """Return the tests of removing each random effect, as lmerTest's ``ranova``.

        Removing the slope of ``(x | g)`` also removes its covariance and gives ``(1 | g)``; a term with one
        effect is removed entirely. The first row is the full model. The columns are ``npar``,
        ``loglik``, ``aic``, ``LRT``, ``df``, ``p_value`` (chi-square, as in lmerTest), ``p_boundary`` (the
        mixture that holds at the boundary) and ``p_rlrt`` (exact, for a single variance and REML, drawn with
        ``seed``); NaN if there is no test.
        """
        return testing.ranova(self._state, seed)

    def contrast(self, *hypotheses: str | Mapping[str, float]) -> Contrast:
        """Return the tests of linear combinations of coefficients, and their joint test if there are several.

        Parameters
        ----------
        *hypotheses : str or mapping
            ``"ses - 2*sectorCatholic = 0"``, or weights per coefficient, compared with 0.
        """
        return effects.contrast(self._state, hypotheses)

    def slopes(
        self,
        focal: str,
        moderator: str,
        *,
        at: Literal["sd", "range"] | Sequence[PredictorValue] = "sd",
        extrapolate: bool = False,
        adjust: str = "tukey",
    ) -> Slopes:
        """Return the slope of one predictor at values of another (statistics, section 11).

        Parameters
        ----------
        focal, moderator : str
            Columns among the fixed effects.
        at : {"sd", "range"} or sequence
            Values of the moderator. ``sd``: its mean and one standard deviation to either side, over groups
            if it is constant within groups; ``range``: minimum, mean and maximum. A category is shown at all
            levels or at the given ones.
        extrapolate : bool
            Whether values outside the observed range are allowed.
        adjust : {"tukey", "mvt", "bonferroni", "holm", "sidak", "scheffe", "fdr", "none"}
            Adjustment of the differences between levels, each the later level minus the earlier.
        """
        return effects.slopes(self._state, focal, moderator, at, extrapolate=extrapolate, adjust=adjust)

    def johnson_neyman(self, focal: str, moderator: str) -> Regions:
        """Return the values of a numeric moderator at which the slope of a predictor differs from 0."""
        return effects.johnson_neyman(self._state, focal, moderator)

    def means(
        self,
        factor: str | Sequence[str],
        *,
        by: str | Sequence[str] | None = None,
        at: Mapping[str, PredictorValue] | None = None,
        differences: effects.Differences = "auto",
        control: PredictorValue | None = None,
        adjust: str = "auto",
    ) -> Means:
        """Return the expected outcome at each level of factors, and differences of these means.

        As in emmeans, other factors are averaged with equal weights (a nested factor over the levels that
        occur) and numeric predictors are at their mean.

        Parameters
        ----------
        factor : str or sequence of str
            Categories, or numbers with two values. Several factors: a mean for each combination of levels.
        by : str or sequence of str, optional
            Other factors. The means are compared within each combination of their levels.
        at : mapping, optional
            Values of other predictors, in place of their means.
        differences : {"auto", "pairwise", "control", "consecutive"}
            All pairs (later minus earlier level); each level minus a control; each minus the previous level.
        control : str or float, optional
            The level to compare with, for several factors as ``"lo, ctl"``. Default: the first level.
        adjust : str
            Adjustment of the differences: ``tukey``, ``dunnett`` (for ``control``), ``mvt``, ``bonferroni``,
            ``holm``, ``sidak``, ``scheffe``, ``fdr``, ``none``; ``auto`` selects the exact method.
        """
        return effects.means(
            self._state, factor, by=by, at=at, differences=differences, control=control, adjust=adjust
        )

    def __repr__(self) -> str:
        summary = summarize(self._state)
        return "\n".join([summary, *wald.other_lines(self.other_coefficients)])
