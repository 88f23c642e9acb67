"""Proportional reductions of the variance components from one fit to another (statistics, section 9.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.one_name import factor_identity
from mlm_steps.engine.result.lmm_fit import BOUNDARY
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of

__all__ = ["RESIDUAL", "Reduction", "reductions", "same_data"]

RESIDUAL = "Residual"
INTERCEPT = "(Intercept)"
CENTRED = 1e-8
"""Mean of a column, relative to its root mean square, below which the column is centred."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """Proportional reduction of one variance component from one fit to another.

    Attributes
    ----------
    group : str
        Grouping factor, or ``Residual``.
    effect : str or None
        The random coefficient; None for the residual.
    before, after : float or None
        The two variances; None where a model lacks the component.
    share : float or None
        (before - after) / before, not truncated at 0: it is negative where the component grew.
    code : str or None
        ``negative`` for a component that grew; else why there is no number: ``not_in_reference``,
        ``not_comparable`` (an intercept variance that refers to another zero point), ``zero_reference``
        (nothing to reduce), ``sample_mismatch``, ``outcome_mismatch``, ``weights_mismatch`` or
        ``offset_mismatch``; for generalized models also ``not_comparable`` where distribution or link differ,
        and ``separation`` where a coefficient is infinite.
    """

    group: str
    effect: str | None
    before: float | None
    after: float | None
    share: float | None
    code: str | None


def reductions(before: MixedFit, after: MixedFit, rescaled: float | None = None) -> tuple[Reduction, ...]:
    """Return the reduction of each component that either fit has, the residual variance first.

    An intercept variance is the variance between groups where all predictors with random slopes are zero. Two
    such variances are comparable only if each predictor with a random slope in one of the models alone is
    centred: its mean over the rows is zero.

    Parameters
    ----------
    before, after : MixedFit
    rescaled : float, optional
        The factor by which the variances of generalized models that are compared are made comparable: those
        of ``after`` are multiplied by it. Generalized models have no residual variance.
    """
    mismatch = same_data(before, after)
    zero = (BOUNDARY * before.scale) ** 2  # a smaller variance is zero up to rounding
    sigmas = sigma_of(before), sigma_of(after)
    rows = []
    if sigmas[0] is not None and sigmas[1] is not None:
        rows = [_reduction(RESIDUAL, None, sigmas[0] ** 2, sigmas[1] ** 2, mismatch, 0.0)]
    if before.design.response != after.design.response:
        mismatch = mismatch or "not_comparable"
    if rescaled is not None and not np.isfinite(rescaled):
        mismatch = mismatch or "separation"
    old, new = _variances(before), _variances(after)
    if rescaled is not None:
        new = {component: rescaled * variance for component, variance in new.items()}
    labels = {
        factor_identity(term.group): term.group for fit in (before, after) for term in fit.design.random
    }
    names = {
        identity: name
        for fit in (before, after)
        for term in fit.design.random
        for identity, name in zip(term.identities, term.names, strict=True)
    }
    for factor, effect in dict.fromkeys([*new, *old]):
        code = mismatch
        if code is None and effect == INTERCEPT and _zero_point_moves(before, after, factor):
            code = "not_comparable"
        found = (old.get((factor, effect)), new.get((factor, effect)))
        rows.append(_reduction(labels[factor], names[effect], *found, code, zero))
    return tuple(rows)


def same_data(one: MixedFit, other: MixedFit) -> str | None:
    """Return None for fits to the same rows, outcome, weights and offset, else the code of what differs."""
    if not np.array_equal(one.design.rows, other.design.rows):
        return "sample_mismatch"
    if not np.array_equal(one.design.y, other.design.y):
        return "outcome_mismatch"
    if not _alike(one.design.weights, other.design.weights):
        return "weights_mismatch"
    return None if _alike(one.design.offset, other.design.offset) else "offset_mismatch"


def _alike(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _reduction(
    group: str, effect: str | None, before: float | None, after: float | None, code: str | None, zero: float
) -> Reduction:
    if before is None or after is None:
        return Reduction(group, effect, before, after, None, code or "not_in_reference")
    if code is None and before <= zero:
        code = "zero_reference"
    if code is not None:
        return Reduction(group, effect, before, after, None, code)
    share = (before - after) / before
    return Reduction(group, effect, before, after, share, "negative" if share < 0 else None)


def _variances(fit: MixedFit) -> dict[tuple[frozenset[str], str], float]:
    """Return the variance of each random coefficient; several terms for one coefficient add up."""
    found: dict[tuple[frozenset[str], str], float] = {}
    for term, T in zip(fit.design.random, fit.covariances, strict=True):
        for effect, variance in zip(term.identities, np.diag(T), strict=True):
            key = (factor_identity(term.group), effect)
            found[key] = found.get(key, 0.0) + float(variance)
    return found


def _slopes(fit: MixedFit, factor: frozenset[str]) -> dict[str, NDArray[np.float64]]:
    return {
        effect: column
        for term in fit.design.random
        if factor_identity(term.group) == factor
        for effect, column in zip(term.identities, term.z.T, strict=True)
        if effect != INTERCEPT
    }


def _zero_point_moves(before: MixedFit, after: MixedFit, factor: frozenset[str]) -> bool:
    old, new = _slopes(before, factor), _slopes(after, factor)
    alone = [old.get(effect, new.get(effect)) for effect in old.keys() ^ new.keys()]
    return not all(column is not None and _is_centred(column) for column in alone)


def _is_centred(column: NDArray[np.float64]) -> bool:
    return bool(abs(column.mean()) <= CENTRED * np.sqrt(np.mean(column**2)))
