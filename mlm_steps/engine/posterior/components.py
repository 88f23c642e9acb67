"""Principal components of random effects (statistics, section 12; lme4's ``rePCA``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["NEGLIGIBLE", "PrincipalComponents", "principal_components"]

Array = NDArray[np.float64]

NEGLIGIBLE = 0.01
"""Share of the outcome variance of a term below which one of its components is negligible: the random effects
then vary in fewer dimensions than the term has, as far as predictions are concerned."""


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalComponents:
    """The principal components of one term, or of all terms of a grouping factor together.

    Attributes
    ----------
    term_index : int or None
        Position of the term in the design; None for all terms of the factor.
    group : str
    effects : tuple of str, length k
    sds : ndarray, shape (k,)
        Singular values of Lambda in descending order: relative to sigma for a linear model, as ``rePCA``.
    shares : ndarray, shape (k,)
        Shares of the sum of their squares; they depend on the units of the predictors. NaN without variance.
    outcome_shares : ndarray, shape (k,)
        The same shares of Z Lambda, the variance that the random effects give to the outcome, on the average
        over the rows; free of the units and of the zero points of the predictors.
    loadings : ndarray, shape (k, k)
        One column per component: the weights of the effects, of length 1.
    """

    term_index: int | None
    group: str
    effects: tuple[str, ...]
    sds: Array
    shares: Array
    outcome_shares: Array
    loadings: Array

    @property
    def effective_rank(self) -> int:
        """Number of components with at least ``NEGLIGIBLE`` of the outcome variance of the random effects."""
        return int((self.outcome_shares >= NEGLIGIBLE).sum())


def principal_components(fit: MixedFit) -> tuple[PrincipalComponents, ...]:
    """Return the components of every term, and of every factor with several terms."""
    return tuple(_components(fit, index, members) for index, members in _units(fit))


def _units(fit: MixedFit) -> Iterator[tuple[int | None, list[int]]]:
    groups = [term.group for term in fit.design.random]
    yield from ((index, [index]) for index in range(len(groups)))
    for group in dict.fromkeys(groups):
        members = [index for index, own in enumerate(groups) if own == group]
        if len(members) > 1:
            yield None, members


def _components(fit: MixedFit, index: int | None, members: list[int]) -> PrincipalComponents:
    terms = [fit.design.random[member] for member in members]
    Lambda = block_diag(*(fit.Lambda[member] for member in members))
    loadings, sds, _ = np.linalg.svd(Lambda)
    R = np.linalg.qr(np.hstack([term.z for term in terms]), mode="r")
    of_outcome = np.linalg.svd(R @ Lambda, compute_uv=False)
    return PrincipalComponents(
        term_index=index,
        group=terms[0].group,
        effects=tuple(name for term in terms for name in term.names),
        sds=np.asarray(sds, dtype=np.float64),
        shares=_shares(sds),
        outcome_shares=_shares(of_outcome, sds.size),
        loadings=np.asarray(loadings * _signs(loadings), dtype=np.float64),
    )


def _shares(values: Array, size: int | None = None) -> Array:
    """Return the squares over their sum, with zeros up to ``size``; NaN if all are 0."""
    squares = np.zeros(size or values.size)
    squares[: values.size] = values**2
    total = float(squares.sum())
    return squares / total if total > 0.0 else np.full(squares.size, np.nan)


def _signs(loadings: Array) -> Array:
    """Return the sign of each column's largest weight, since a component has no direction of its own."""
    largest = np.abs(loadings).argmax(axis=0)
    return np.where(loadings[largest, np.arange(loadings.shape[1])] < 0.0, -1.0, 1.0)
