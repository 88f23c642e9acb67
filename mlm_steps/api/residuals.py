"""The residuals of a fit, of each kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

import pandas as pd

from mlm_steps.api.arguments import checked, one_of
from mlm_steps.api.state import FitState
from mlm_steps.engine.posterior.residuals import LINEAR_KINDS, RESIDUALS

__all__ = ["Residuals", "residuals", "residuals_of"]


class Residuals(pd.Series):
    """The residuals as a series, which returns those of another kind when it is called with their name.

    ``fit.residuals`` are outcome minus fitted values, ``fit.residuals("scaled")`` the scaled marginal ones.
    """

    _metadata: ClassVar[list[str]] = ["_of"]
    _of: Callable[[str], pd.Series]

    @property
    def _constructor(self) -> type[pd.Series]:
        return pd.Series

    def __call__(self, kind: str = "response") -> pd.Series:
        """Return the residuals of one kind, indexed as the frame.

        Parameters
        ----------
        kind : {"response", "conditional", "marginal", "pearson", "scaled"}
            Outcome minus fitted values, under either of two names; outcome minus its mean over the groups;
            Pearson's, times √w and over √V(μ), as lme4's; the marginal ones made uncorrelated with variance 1
            by the Cholesky factor of their covariance matrix, for linear models only.
        """
        return self._of(kind)


def residuals(state: FitState) -> Residuals:
    """Return outcome minus fitted values; of a binomial outcome, numbers of events."""
    found = Residuals(RESIDUALS["response"](state.fit), index=state.index, name="residuals")
    found._of = partial(residuals_of, state)
    return found


@checked(kind=one_of(RESIDUALS, "residuals are"))
def residuals_of(state: FitState, kind: str) -> pd.Series:
    """Return the residuals of one kind; ``Residuals`` explains them."""
    fit = state.lmm if kind in LINEAR_KINDS else state.fit
    return pd.Series(RESIDUALS[kind](fit), index=state.index, name="residuals")
