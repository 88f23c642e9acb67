"""The fitted model whose assumptions are checked: linear, mixed or generalized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.diagnose.parts.variables import Variable, constant_within
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.families.base import Outcome
from mlm_steps.engine.fit.ols import OlsFit
from mlm_steps.engine.posterior.leverage import leverages
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.records.diagnostics import named
from mlm_steps.records.response import GAUSSIAN

__all__ = ["AnyFit", "Factor", "Model", "any_fit"]

Array = NDArray[np.float64]
AnyFit = LmmFit | OlsFit | GlmmFit

SMALLEST_WEIGHT = 1e-12
"""Smallest weight of a row in the linear model at the modes of a generalized one; rows below add nothing."""
LEAST_FREE = 1e-8
"""Share of its variance that a residual must keep; one with less is 0 whatever the outcome."""


def any_fit(fit: OlsFit | MixedFit) -> AnyFit:
    """Return a fit as one of the classes whose assumptions can be checked."""
    return fit if isinstance(fit, OlsFit | GlmmFit) else linear_fit(fit)


class Factor(NamedTuple):
    """A grouping factor: its name, its levels, and the level of each row, shape (n,)."""

    group: str
    levels: tuple[str, ...]
    refs: NDArray[np.intp]

    @property
    def J(self) -> int:
        """Number of levels."""
        return len(self.levels)


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model and the columns of its data.

    Attributes
    ----------
    name : str
        Name of the rung or of the prelude model.
    fit : LmmFit, OlsFit or GlmmFit
    variables : mapping of str to Variable
        The predictors that residuals are compared with.
    others : mapping of str to Variable
        Columns that belong to the analysis and that the model leaves out.
    seed : int
        Seed of the run.
    drawn : bool
        Whether points of figures and predictive checks are computed.
    time : str or None
        The predictor by which the rows of a group are ordered; None if it is to be recognised.
    """

    name: str
    fit: AnyFit
    variables: Mapping[str, Variable]
    others: Mapping[str, Variable] = field(default_factory=dict)
    seed: int = 1
    drawn: bool = True
    time: str | None = None

    @property
    def design(self) -> Design:
        """The design of the model."""
        return self.fit.design

    @property
    def linear(self) -> bool:
        """Whether the outcome is normal given the random effects."""
        return not isinstance(self.fit, GlmmFit)

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The grouping factors, each once."""
        found = {term.group: Factor(term.group, term.levels, term.refs) for term in self.design.random}
        return tuple(found.values())

    def is_dispersion(self, group: str) -> bool:
        """Return whether a factor has a level per row: its effects are no groups but dispersion."""
        return any(each.group == group and self.design.n <= each.J for each in self.factors)

    @cached_property
    def weights(self) -> Array:
        """Prior weights, shape (n,)."""
        given = self.design.weights
        return np.ones(self.design.n) if given is None else given

    @cached_property
    def fixed(self) -> Array:
        """The linear predictor without random effects, shape (n,)."""
        beta = np.where(np.isfinite(self.fit.beta), self.fit.beta, 0.0)
        total: Array = self.design.X @ beta
        return total if self.design.offset is None else total + self.design.offset

    @cached_property
    def leverage(self) -> Array:
        """Leverages of a linear model, shape (n,)."""
        if isinstance(self.fit, LmmFit):
            return leverages(self.fit)
        Q = np.linalg.qr(self.design.X * np.sqrt(self.weights)[:, None])[0]
        return np.asarray(np.einsum("ij,ij->i", Q, Q))

    @cached_property
    def scaled(self) -> Array:
        """Conditional residuals of a linear model over their standard deviations, shape (n,).

        A row that determines its own fitted value has the residual 0.
        """
        if isinstance(self.fit, GlmmFit):
            raise TypeError("a generalized model has no normal residuals")
        left = 1.0 - self.leverage
        sd = self.fit.sigma * np.sqrt(np.maximum(left, LEAST_FREE) / self.weights)
        return np.where(left > LEAST_FREE, self.fit.residuals / sd, 0.0)

    @cached_property
    def free(self) -> float:
        """Residual degrees of freedom, n less the sum of the leverages."""
        return float(self.design.n - self.leverage.sum())

    @cached_property
    def linearised(self) -> Design:
        """The design whose linear model has the scores of this model; itself if it is linear.

        For a generalized model it is the linear model at the modes: outcome eta + ℓ'/w and weights w.
        """
        fit = self.fit
        if not isinstance(fit, GlmmFit):
            return fit.design
        design = fit.design
        eta = np.where(np.isfinite(fit.eta), fit.eta, self.fixed)
        outcome = Outcome.of(design.y, design.trials, design.weights)
        found = fit.distribution.derivatives(outcome, eta, 1.0 if fit.phi is None else fit.phi)
        known = np.isfinite(fit.eta) & (found.curvature > SMALLEST_WEIGHT)
        curvature = np.where(known, found.curvature, SMALLEST_WEIGHT)
        y = eta + np.where(known, found.slope / curvature, 0.0)
        weights = curvature * self.weights
        return replace(design, y=y, weights=weights, trials=None, response=GAUSSIAN)

    def random(self, check: str) -> np.random.Generator:
        """Return the generator of a check."""
        return stream(self.seed, f"diagnostics/{self.name}/{check}", 0)

    def coarsest(self, values: Array) -> Factor | None:
        """Return the factor with the fewest levels among those within which the values are constant."""
        found = [each for each in self.factors if constant_within(values, each.refs, each.J)]
        return min(found, key=lambda each: each.J, default=None)

    @staticmethod
    def label(name: str) -> str:
        """Return a name as a sentence has it: a report puts the label of the column in its place."""
        return named(name)

    def row_words(self, row: int) -> str:
        """Return a row in words: its number in the analysis sample and its groups."""
        groups = ", ".join(f"{named(each.group)} {each.levels[each.refs[row]]}" for each in self.factors)
        number = int(self.design.rows[row]) + 1
        return f"row {number} ({groups})" if groups else f"row {number}"

    def worst_rows(self, size: Array, count: int = 3) -> list[int]:
        """Return the rows with the largest values, largest first; ties in their order."""
        return [int(row) for row in np.argsort(-size, kind="stable")[:count]]
