"""The model of a mixed model's data without random effects, given by its formula."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mlm_steps.api.results import Fit
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.single_level import SingleLevelEstimates

__all__ = ["WithoutGroups", "without_groups"]


@dataclass(frozen=True, slots=True, eq=False)
class WithoutGroups:
    """A linear or generalized linear model that a comparison has fitted.

    Attributes
    ----------
    estimates : SingleLevelEstimates
        Its fits by REML and by ML, or by ML alone.
    """

    estimates: SingleLevelEstimates

    @property
    def formula(self) -> str:
        """The formula as given."""
        return self.estimates.design.formula

    @property
    def family(self) -> str:
        """The distribution of the outcome."""
        return self.estimates.design.response.family

    @property
    def npar(self) -> int:
        """Number of parameters, sigma or phi included."""
        return self.estimates.under("ML").npar

    @property
    def deviance(self) -> float:
        """-2 log-likelihood."""
        return self.estimates.under("ML").deviance

    @property
    def loglik(self) -> float:
        """Log-likelihood."""
        return -0.5 * self.deviance

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return self.deviance + 2.0 * self.npar

    @property
    def bic(self) -> float:
        """Bayesian information criterion; n is the number of rows."""
        return self.deviance + float(np.log(self.estimates.design.n)) * self.npar


def without_groups(formula: str, larger: Fit) -> WithoutGroups:
    """Return the model of a formula without bars for the rows, the family and the weights of a fit.

    Raises
    ------
    DesignError
        For a formula with random effects, or with columns that the data of the fit lack.
    """
    state, design = larger._state, larger.model.design
    data = state.source.data.iloc[design.rows]
    found = build_design(
        parse_formula(formula),
        data,
        weights=state.weights,
        contrasts=state.source.contrasts,
        mixed=False,
        response=design.response,
    )
    return WithoutGroups(SingleLevelEstimates(replace(found, rows=design.rows[found.rows])))
