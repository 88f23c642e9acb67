"""A fitted model as a notebook sees it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from mlm_steps.api.advice import Advice
from mlm_steps.api.arguments import MOST_WORKERS, checked, kind_of, optional, share, whole
from mlm_steps.api.effects import FitEffects
from mlm_steps.api.intervals import Intervals, Profiles, Selection, confint, profile
from mlm_steps.api.summary import summarize
from mlm_steps.api.testing import tests_frame
from mlm_steps.api.varcorr import VarCorr, numbered, theta_names, varcorr
from mlm_steps.data.outcomes import about_constant_within, about_two_values
from mlm_steps.design import parse_formula
from mlm_steps.engine import Method
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import CoefficientTests, test_rows
from mlm_steps.records.base import Notice

__all__ = ["Fit", "VarCorr", "a_fit"]


class Fit(FitEffects):
    """A linear mixed model fitted to a frame.

    Made by ``fit``. Everything indexed by coefficient uses R's column names. ``print`` shows the
    summary that lme4 and lmerTest would.
    """

    @property
    def formula(self) -> str:
        """The formula as given."""
        return self.lmm.design.formula

    @property
    def method(self) -> Method:
        """``REML`` or ``ML``."""
        return self.lmm.method

    @property
    def beta(self) -> pd.Series:
        """Fixed effects."""
        return self._by_column(self.lmm.beta, "beta")

    @property
    def se(self) -> pd.Series:
        """Standard errors of the fixed effects, without the adjustment of Kenward and Roger's tests."""
        return self._by_column(self.lmm.se, "se")

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the fixed effects, without that adjustment."""
        names = list(self.lmm.design.columns)
        return pd.DataFrame(self.lmm.vcov, index=names, columns=names)

    @cached_property
    def tests(self) -> CoefficientTests:
        """Tests of the fixed effects, as arrays."""
        return test_rows(self.reference, np.eye(self.lmm.design.p), self.confidence)

    @property
    def df(self) -> pd.Series:
        """Denominator degrees of freedom by ``df_method``."""
        return self._by_column(self.tests.df, "df")

    @property
    def t(self) -> pd.Series:
        """Estimate over standard error."""
        return self._by_column(self.tests.t, "t")

    @property
    def p_value(self) -> pd.Series:
        """Two-sided p-values of the fixed effects."""
        return self._by_column(self.tests.p, "p_value")

    @property
    def ci(self) -> pd.DataFrame:
        """Wald intervals with columns ``low`` and ``high``."""
        ends = {"low": self.tests.ci_low, "high": self.tests.ci_high}
        return pd.DataFrame(ends, index=list(self.lmm.design.columns))

    @property
    def coefficients(self) -> pd.DataFrame:
        """All columns of the fixed-effects table; the standard errors are those of the tests."""
        return tests_frame(self.tests, list(self.lmm.design.columns))

    @property
    def theta(self) -> pd.Series:
        """Covariance parameters under lme4's names; a repeated name has a number behind it."""
        terms = self.lmm.design.random
        names = numbered(name for term in terms for name in theta_names(term.group, term.names))
        return pd.Series(self.lmm.theta, index=names, name="theta")

    @property
    def sigma(self) -> float:
        """Residual standard deviation."""
        return self.lmm.sigma

    @property
    def varcorr(self) -> tuple[VarCorr, ...]:
        """Covariance matrices of the random effects, one per term."""
        terms = zip(self.lmm.design.random, self.lmm.covariances, strict=True)
        return tuple(varcorr(term.group, term.names, covariance) for term, covariance in terms)

    @property
    def criterion(self) -> float:
        """REML criterion, or the deviance of an ML fit: what was minimised."""
        return self.lmm.criterion

    @property
    def deviance(self) -> float:
        """-2 log-likelihood of the ML fit, also when this fit is by REML (the ML fit is made when needed)."""
        return self.estimates.under("ML").criterion

    @property
    def loglik(self) -> float:
        """Log-likelihood of the ML fit."""
        return -0.5 * self.deviance

    @property
    def aic(self) -> float:
        """Akaike's criterion of the ML fit."""
        return self.deviance + 2.0 * self.lmm.npar

    @property
    def bic(self) -> float:
        """Bayesian criterion of the ML fit, n = rows."""
        return self.deviance + float(np.log(self.lmm.design.n)) * self.lmm.npar

    @property
    def modes(self) -> dict[str, pd.DataFrame]:
        """Conditional modes per term, levels by coefficients; a factor's second term is ``group.1``."""
        modes: dict[str, pd.DataFrame] = {}
        groups = {term.group for term in self.lmm.design.random}
        for term, b in zip(self.lmm.design.random, self.lmm.modes, strict=True):
            key, count = term.group, 0
            while key in modes or (count and key in groups):
                count += 1
                key = f"{term.group}.{count}"
            index = pd.Index(list(term.levels), name=term.group)
            modes[key] = pd.DataFrame(b, index=index, columns=list(term.names))
        return modes

    @property
    def fitted(self) -> pd.Series:
        """Fitted values with the conditional modes, indexed as the frame."""
        return pd.Series(self.lmm.fitted, index=self._index, name="fitted")

    @property
    def residuals(self) -> pd.Series:
        """Outcome less fitted values, indexed as the frame."""
        return pd.Series(self.lmm.residuals, index=self._index, name="residuals")

    @property
    def singular(self) -> bool:
        """Whether a covariance matrix has reduced rank (lme4's ``isSingular``)."""
        return self.lmm.singular

    @property
    def converged(self) -> bool:
        """Whether the optimum was found; a singular fit can well be converged."""
        report = self.lmm.convergence
        return report is not None and report.status != "failed"

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a reader should know."""
        design = self.lmm.design
        factors = [(term.group, term.refs) for term in design.random]
        return (
            *about_two_values(design.outcome, design.y),
            *about_constant_within(design.outcome, design.y, factors),
            *design.notices,
            *self.lmm.notices,
        )

    def advice(self) -> Advice:
        """Return why the fit is singular or in doubt, and its alternatives, each fitted to the same data.

        For a sound fit: what leaving out each part of its random effects would cost.

        Raises
        ------
        UsageError
            For a fit at parameters that were given: there is no formula to change.
        """
        from mlm_steps.remedies.advice import Subject, advise, status_of

        origin = self._origin
        if origin is None:
            raise UsageError(Fault("advice", "this fit is at given parameters", "ask the fit it came from"))
        subject = Subject(
            name=self.formula,
            formula=parse_formula(self.formula),
            estimates=self.estimates,
            method=self.method,
            frame=origin.data,
            weights=self._weights,
            contrasts=origin.contrasts,
            control=origin.control,
            confidence=self.confidence,
        )
        return Advice(advise(subject, status=status_of(self.lmm)))

    @checked(confidence=optional(share), workers=whole(1, MOST_WORKERS))
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
            The first is always by ML; the second is of fixed effects only; the third is ``bootstrap`` at its
            defaults.
        parm : str or sequence of str, optional
            Such as ``sd_(Intercept)|school``, ``sigma``, ``ses``, ``theta_``, ``beta_``. Default: all.
        confidence : float, optional
            Default: that of the fit.
        workers : int
            Processes.
        """
        return confint(self, method, parm, confidence, workers)

    @checked(workers=whole(1, MOST_WORKERS))
    def profile(self, parm: Selection = None, workers: int = 1) -> Profiles:
        """Return the profiles of parameters, named as in ``confint``."""
        return profile(self, parm, workers)

    def __repr__(self) -> str:
        notices = (*self.notices, *self.reference.notices)
        summary = summarize(self.lmm, self.tests, self.reference.method, notices)
        return "\n".join([summary, *self._other_lines()])

    def _by_column(self, values: np.ndarray, name: str) -> pd.Series:
        return pd.Series(values, index=self._columns, name=name)

    @cached_property
    def _columns(self) -> pd.Index:
        # Of plain objects: pandas takes longer to make its text index than the engine to fit a small model.
        return pd.Index(list(self.lmm.design.columns), dtype=object)


def a_fit(key: str, value: object) -> Fit:
    """Return a fit; UsageError for anything else."""
    if not isinstance(value, Fit):
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a fit", "mlm_steps.fit(...) makes one"))
    return value
