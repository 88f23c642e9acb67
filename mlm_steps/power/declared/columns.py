"""The columns of a declared model: their levels and their covariances in the population."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mlm_steps.power.declared.predictors import Derivation, Predictor, Predictors
from mlm_steps.power.declared.source import DeclaredSource

__all__ = ["Column", "ModelColumns"]

Array = NDArray[np.float64]

NODES = 40
"""Nodes of the quadrature of the correlation of two binary variables; its error is then below 1e-12."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of X.

    Attributes
    ----------
    name : str
    kind : {"intercept", "level-1", "level-2", "product", "other"}
        ``product``: of one level-1 and one level-2 column.
    parts : tuple of str
        The variables that it is the product of, a level-1 variable first; of a category the indicator of a
        level, such as ``armhigh``.
    plain : bool
        Whether the variables are as they were declared, so that their covariances are known; that of
        ``I(x^2)`` is not.
    """

    name: str
    kind: str
    parts: tuple[str, ...]
    plain: bool = True


@dataclass(frozen=True, eq=False)
class ModelColumns:
    """The columns of the model of a source."""

    source: DeclaredSource

    @property
    def predictors(self) -> Predictors:
        """The predictors of the design."""
        return self.source.predictors

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns of X, in order."""
        design = self.source.template
        return tuple(
            self._column(name, () if not term else design.term_variables[term - 1])
            for name, term in zip(design.columns, design.assign, strict=True)
        )

    def of_kind(self, kind: str) -> list[int]:
        """Return the positions of the columns of one kind."""
        return [i for i, column in enumerate(self.columns) if column.kind == kind]

    def _column(self, name: str, variables: tuple[str, ...]) -> Column:
        if not variables:
            return Column(name, "intercept", ())
        within = [self.varies_within(variable) for variable in variables]
        kinds = {(1, 0): "level-1", (0, 1): "level-2", (1, 1): "product"}
        kind = kinds.get((sum(within), len(within) - sum(within)), "other")
        written = name.split(":")
        found = [next((t for t in self._tokens(v) if t in written), None) for v in variables]
        parts = [v if token is None else token for v, token in zip(variables, found, strict=True)]
        ordered = sorted(zip(within, parts, strict=True), key=lambda each: not each[0])
        plain = None not in found and len(written) == len(variables)
        return Column(name, kind, tuple(part for _, part in ordered), plain)

    def _tokens(self, variable: str) -> list[str]:
        """Return how the plain columns of a variable are written."""
        own, way = self._origin(variable)
        if own.kind == "category" and way is None:
            return [f"{variable}{level}" for level in own.shares]
        return [variable]

    @cached_property
    def _indicators(self) -> dict[str, tuple[Predictor, float]]:
        """The categories and the shares of their levels, by the name of the indicator."""
        categories = [each for each in self.predictors.predictors if each.kind == "category"]
        return {
            f"{each.name}{level}": (each, share / sum(each.shares.values()))
            for each in categories
            for level, share in each.shares.items()
        }

    def varies_within(self, variable: str) -> bool:
        """Return whether a variable varies within groups."""
        own, way = self._origin(variable)
        return own.factor is None and way != "mean"

    def centred(self, variable: str) -> bool:
        """Return whether a level-1 variable is centred at its group means."""
        derivation = self._derivations.get(variable)
        return derivation is not None and derivation.way == "center" and derivation.within is not None

    def mean(self, variable: str) -> float:
        """Return the population mean of a variable."""
        if variable in self._indicators:
            return self._indicators[variable][1]
        own, way = self._origin(variable)
        return 0.0 if way == "center" else own.centre

    def knows(self, name: str) -> bool:
        """Return whether a random coefficient belongs to a variable as it was declared."""
        predictors = {each.name for each in self.predictors.predictors}
        return name in predictors or name in self._derivations or name in self._indicators

    def code_difference(self, variable: str) -> float | None:
        """Return the difference between the two codes of a binary variable; None for other variables."""
        own, _ = self._origin(variable)
        return own.codes[1] - own.codes[0] if own.kind == "binary" else None

    def within(self, one: str, other: str) -> float:
        """Return the covariance of two variables within groups."""
        return self._covariance(one, other, 0)

    def between(self, one: str, other: str) -> float:
        """Return the covariance of two variables between groups; a centred variable has none."""
        if self.centred(one) or self.centred(other):
            return 0.0
        return self._covariance(one, other, 1)

    @cached_property
    def _derivations(self) -> dict[str, Derivation]:
        return {each.name: each for each in self.predictors.derivations}

    def _origin(self, variable: str) -> tuple[Predictor, str | None]:
        """Return the predictor that a variable is made of, and how."""
        if variable in self._indicators:
            return self._indicators[variable][0], None
        known = {each.name: each for each in self.predictors.predictors}
        for derivation in self.predictors.derivations:
            if derivation.name == variable:
                return known[derivation.source], derivation.way
        return known[variable], None

    def _covariance(self, one: str, other: str, part: int) -> float:
        first, second = self._origin(one)[0], self._origin(other)[0]
        if one in self._indicators and other in self._indicators and first is second:
            if (first.factor is None) != (part == 0):
                return 0.0
            p, q = self._indicators[one][1], self._indicators[other][1]
            return p * (1.0 - p) if one == other else -p * q
        size = float(np.sqrt(first.variance[part] * second.variance[part]))
        return size if first is second else size * self._correlation(first, second)

    def correlation_of(self, one: str, other: str) -> float:
        """Return the correlation of two predictors; the declared one is that of the normal variables."""
        return self._correlation(self._origin(one)[0], self._origin(other)[0])

    def _correlation(self, one: Predictor, other: Predictor) -> float:
        known = self.predictors.correlations
        latent = known.get((one.name, other.name), known.get((other.name, one.name), 0.0))
        if one.kind == "binary" and other.kind == "binary":
            return _of_two_binary(latent, one.share, other.share)
        return latent * _attenuation(one) * _attenuation(other)


def _attenuation(predictor: Predictor) -> float:
    """Return the correlation of a predictor with its latent normal variable."""
    if predictor.kind != "binary" or not 0.0 < predictor.share < 1.0:
        return 1.0
    p = predictor.share
    density = np.exp(-0.5 * ndtri(p) ** 2) / np.sqrt(2.0 * np.pi)
    return float(density / np.sqrt(p * (1.0 - p)))


def _of_two_binary(latent: float, p: float, q: float) -> float:
    """Return the correlation of two binary variables from that of the normal variables behind them.

    The derivative of P(both) with respect to the correlation is the bivariate normal density (Plackett 1954).
    """
    if not (0.0 < p < 1.0 and 0.0 < q < 1.0):
        return 0.0
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    angle = 0.5 * np.arcsin(latent) * (1.0 + nodes)
    a, b = ndtri(p), ndtri(q)
    density = np.exp(-0.5 * (a**2 - 2.0 * np.sin(angle) * a * b + b**2) / np.cos(angle) ** 2)
    both = 0.5 * np.arcsin(latent) * float(weights @ density) / (2.0 * np.pi)
    return float(both / np.sqrt(p * (1.0 - p) * q * (1.0 - q)))
