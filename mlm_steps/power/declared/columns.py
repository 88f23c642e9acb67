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


@dataclass(frozen=True, slots=True)
class Column:
    """A column of X.

    Attributes
    ----------
    name : str
    kind : {"intercept", "level-1", "level-2", "product", "other"}
        ``product``: of one level-1 and one level-2 column.
    parts : tuple of str
        The variables that it is the product of; a level-1 variable first.
    """

    name: str
    kind: str
    parts: tuple[str, ...]


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
        level1 = [v for v in variables if self.varies_within(v)]
        level2 = [v for v in variables if not self.varies_within(v)]
        if not variables:
            return Column(name, "intercept", ())
        kinds = {(1, 0): "level-1", (0, 1): "level-2", (1, 1): "product"}
        return Column(name, kinds.get((len(level1), len(level2)), "other"), (*level1, *level2))

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
        own, way = self._origin(variable)
        return 0.0 if way == "center" else own.centre

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
        known = {each.name: each for each in self.predictors.predictors}
        for derivation in self.predictors.derivations:
            if derivation.name == variable:
                return known[derivation.source], derivation.way
        return known[variable], None

    def _covariance(self, one: str, other: str, part: int) -> float:
        first, second = self._origin(one)[0], self._origin(other)[0]
        size = float(np.sqrt(first.variance[part] * second.variance[part]))
        return size if first is second else size * self._correlation(first, second)

    def correlation_of(self, one: str, other: str) -> float:
        """Return the correlation of two predictors; the declared one is that of the normal variables."""
        return self._correlation(self._origin(one)[0], self._origin(other)[0])

    def _correlation(self, one: Predictor, other: Predictor) -> float:
        known = self.predictors.correlations
        latent = known.get((one.name, other.name), known.get((other.name, one.name), 0.0))
        return latent * _attenuation(one) * _attenuation(other)


def _attenuation(predictor: Predictor) -> float:
    """Return the correlation of a predictor with its latent normal variable."""
    if predictor.kind != "binary":
        return 1.0
    p = predictor.share
    density = np.exp(-0.5 * ndtri(p) ** 2) / np.sqrt(2.0 * np.pi)
    return float(density / np.sqrt(p * (1.0 - p)))
