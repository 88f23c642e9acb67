"""The estimates without each group of a factor, and the measures of influence (statistics, section 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of

__all__ = ["Component", "Deletions", "Estimated", "component_values", "components_of", "cook_line"]

Array = NDArray[np.float64]


class Component(NamedTuple):
    """A variance, a covariance, sigma² or phi.

    ``kind`` is ``variance``, ``covariance``, ``sigma2`` or ``phi``; ``term`` counts the terms of the design,
    and ``row`` and ``column`` the coefficients of the term; all three are 0 for the last two kinds.
    """

    kind: str
    term: int = 0
    row: int = 0
    column: int = 0

    def name(self, design: Design) -> str:
        """Return the name in tables, such as ``var_(Intercept)|school``."""
        if self.kind in ("sigma2", "phi"):
            return self.kind
        term = design.random[self.term]
        if self.kind == "variance":
            return f"var_{term.names[self.row]}|{term.group}"
        return f"cov_{term.names[self.row]}.{term.names[self.column]}|{term.group}"


class Estimated(NamedTuple):
    """The estimates without one group: beta, its covariance matrix, and the components in their order."""

    beta: Array
    vcov: Array
    components: Array
    singular: bool


def components_of(fit: MixedFit) -> tuple[Component, ...]:
    """Return the variances and covariances of all terms, and sigma² or phi."""
    found = [
        Component("variance" if row == column else "covariance", index, row, column)
        for index, term in enumerate(fit.design.random)
        for column in range(len(term.names))
        for row in range(column, len(term.names))
    ]
    if sigma_of(fit) is not None:
        found.append(Component("sigma2"))
    elif fit.phi is not None:
        found.append(Component("phi"))
    return tuple(found)


def component_values(covariances: Sequence[Array], other: float | None) -> Array:
    """Return the values of the components; ``other`` is sigma² or phi."""
    values = [T[_lower_columns(T.shape[0])] for T in covariances]
    return np.concatenate([*values, [] if other is None else [other]])


def cook_line(J: int) -> float:
    """Return Cook's distance above which one of J levels stands out: 4 / J."""
    return 4.0 / J


@cache
def _lower_columns(k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of a lower triangle by column: this is called once per deleted group."""
    columns, rows = np.triu_indices(k)
    return rows, columns


@dataclass(frozen=True, eq=False)
class Deletions:
    """The estimates without each level of one grouping factor; rows of NaN where they do not exist.

    Attributes
    ----------
    fit : MixedFit
        The fit to all rows.
    group : str
        The grouping factor.
    levels : tuple of str, length J
    n : ndarray, shape (J,)
        Rows of each level.
    beta : ndarray, shape (J, p)
    vcov : ndarray, shape (J, p, p)
    components : ndarray, shape (J, r)
        In the order of ``components_of``.
    singular : ndarray of bool, shape (J,)
        Whether the covariance matrix of the random effects has reduced rank without the level.
    reasons : mapping of int to str
        For a level without which the model has no estimates, the reason.
    approximate : bool
        Whether theta was not searched again.
    """

    fit: MixedFit
    group: str
    levels: tuple[str, ...]
    n: NDArray[np.intp]
    beta: Array
    vcov: Array
    components: Array
    singular: NDArray[np.bool_]
    reasons: Mapping[int, str]
    approximate: bool

    @property
    def se(self) -> Array:
        """Standard errors without each level, shape (J, p)."""
        return np.sqrt(np.diagonal(self.vcov, axis1=1, axis2=2))

    @cached_property
    def dfbetas(self) -> Array:
        """Change of each coefficient by the level in standard errors without it, shape (J, p).

        It is positive where the level raises the estimate.
        """
        return (self.fit.beta - self.beta) / self.se

    @cached_property
    def cook(self) -> Array:
        """Cook's distances, shape (J,), with the covariance matrix of all rows; NaN without fixed effects."""
        p = self.fit.beta.size
        if not p:
            return np.full(len(self.levels), np.nan)
        change = self.fit.beta - self.beta
        distances: Array = np.einsum("jp,pj->j", change, np.linalg.solve(self.fit.vcov, change.T)) / p
        return distances

    @cached_property
    def covratio(self) -> Array:
        """Determinant of the covariance matrix without the level, over that with it; shape (J,)."""
        if not self.fit.beta.size:
            return np.full(len(self.levels), np.nan)
        whole = np.linalg.slogdet(self.fit.vcov)[1]
        ratios: Array = np.exp(np.linalg.slogdet(self.vcov)[1] - whole)
        return ratios

    @cached_property
    def variance_changes(self) -> Array:
        """Relative change of each component without the level, shape (J, r); NaN for a component of zero."""
        whole = component_values(self.fit.covariances, _other(self.fit))
        scale = np.where(whole == 0.0, np.nan, whole)
        changes: Array = self.components / scale - 1.0
        return changes

    @property
    def cook_line(self) -> float:
        """Cook's distance above which a level stands out."""
        return cook_line(len(self.levels))

    @property
    def dfbetas_line(self) -> float:
        """Absolute DFBETAS above which a level stands out: 2 / sqrt(J)."""
        return float(2.0 / np.sqrt(len(self.levels)))


def _other(fit: MixedFit) -> float | None:
    sigma = sigma_of(fit)
    return fit.phi if sigma is None else sigma**2
