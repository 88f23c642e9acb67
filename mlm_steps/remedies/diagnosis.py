"""Find which terms are singular, and in which directions (statistics, section 12)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine import MixedFit
from mlm_steps.engine.result.lmm_fit import BOUNDARY
from mlm_steps.records.remedies import SingularDirection, TermDiagnosis
from mlm_steps.remedies.base import INTERCEPT, effect_words

__all__ = ["diagnose"]

Array = NDArray[np.float64]

PERFECT = 0.99
"""Absolute correlation above which two effects of a singular term are reported as perfectly correlated."""
FLAT = 1e-2
"""Eigenvalue of a correlation matrix below which the effects do not vary in the direction of its eigenvector.
It is 1 - ``PERFECT``, the smaller eigenvalue for two effects whose correlation is ``PERFECT``."""
EXACT = 1e-6
"""Distance of a correlation from 1, and relative standard deviation, up to which texts report 0, since they
show four digits."""
NEGLIGIBLE = 0.02
"""Standard deviation of a term's contribution relative to the residual's below which the term is negligible:
its share of the variance is then under 0.04 %."""
SMALL_WEIGHT = 0.05
"""Weights below this are omitted from the text of a combination, in which they would round to about 0."""


def diagnose(fit: MixedFit) -> tuple[TermDiagnosis, ...]:
    """Return the diagnosis of each singular term; empty if all covariance matrices have full rank."""
    return tuple(
        _diagnosis(term, Lambda)
        for term, Lambda, singular in zip(fit.design.random, fit.Lambda, fit.term_singular, strict=True)
        if singular
    )


def _diagnosis(term: RandomTerm, Lambda: Array) -> TermDiagnosis:
    values = np.linalg.svd(Lambda, compute_uv=False)
    total = float(values.sum())
    directions = (*_zeros(term, Lambda), *_dependent(term, Lambda))
    return TermDiagnosis(
        group=term.group,
        source=term.source,
        names=term.names,
        rank=int((values >= BOUNDARY).sum()),
        shares=tuple(float(v) / total if total > 0 else 0.0 for v in values),
        directions=directions,
        text=f"{term.source}: {'; '.join((*_size(term, Lambda), *(_words(term, d) for d in directions)))}.",
    )


def _size(term: RandomTerm, Lambda: Array) -> Iterator[str]:
    """Yield a text for a term whose contribution is negligible."""
    share = float(np.sqrt(np.square(term.z @ Lambda).sum(axis=1).mean()))
    if 0.0 < share < NEGLIGIBLE:
        percent = f"{100 * share:.2g}" if share >= EXACT else "less than 0.0001"
        yield (
            f"its contribution has a standard deviation of {percent} % of the residual standard deviation, "
            "so the model without it fits almost equally well"
        )


def _deviations(Lambda: Array) -> Array:
    return np.asarray(np.linalg.norm(Lambda, axis=1), dtype=np.float64)


def _zeros(term: RandomTerm, Lambda: Array) -> list[SingularDirection]:
    zero = _deviations(Lambda) < BOUNDARY
    return [
        SingularDirection(kind="zero_sd", effects=(name,), weights=(1.0,))
        for name, is_zero in zip(term.names, zero, strict=True)
        if is_zero
    ]


def _dependent(term: RandomTerm, Lambda: Array) -> list[SingularDirection]:
    """Return the linear dependencies among the effects with a positive variance."""
    sd = _deviations(Lambda)
    kept = np.flatnonzero(sd >= BOUNDARY)
    if len(kept) < 2:
        return []
    root = Lambda[kept] / sd[kept, None]
    correlation = root @ root.T
    pairs = [
        _pair(term, sd, kept[[a, b]], float(correlation[a, b])) for a, b in combinations(range(len(kept)), 2)
    ]
    perfect = [pair for pair in pairs if pair is not None]
    if perfect:
        return perfect
    values, vectors = np.linalg.eigh(correlation)
    flat = [index for index, value in enumerate(values) if value < FLAT] or (
        [0] if not _zeros(term, Lambda) else []
    )
    names = tuple(term.names[i] for i in kept)
    return [
        SingularDirection(
            kind="combination", effects=names, weights=tuple(_signed(vectors[:, index]).tolist())
        )
        for index in flat
    ]


def _signed(vector: Array) -> Array:
    """Return a direction with its largest weight positive."""
    return np.asarray(vector * np.sign(vector[np.abs(vector).argmax()]))


def _pair(term: RandomTerm, sd: Array, both: NDArray[np.intp], rho: float) -> SingularDirection | None:
    if abs(rho) <= PERFECT:
        return None
    names = (term.names[both[0]], term.names[both[1]])
    crossing = None
    if names[0] == INTERCEPT and len(term.names) == 2:
        crossing = _observed(term.z[:, both[1]], float(-np.sign(rho) * sd[both[0]] / sd[both[1]]))
    weights = (float(np.sqrt(0.5)), float(-np.sign(rho) * np.sqrt(0.5)))
    return SingularDirection(
        kind="perfect_correlation",
        effects=names,
        weights=weights,
        correlation=min(max(rho, -1.0), 1.0),
        crossing=crossing,
    )


def _observed(x: Array, value: float) -> float | None:
    """Return a value if it lies inside the observed range of a covariate with more than two values."""
    inside = (x > x.min()) & (x < x.max())
    return value if x.min() < value < x.max() and inside.any() else None


def _words(term: RandomTerm, direction: SingularDirection) -> str:
    if direction.kind == "zero_sd":
        return f"{effect_words(direction.effects)} does not vary between levels of {term.group}"
    if direction.kind == "combination":
        return f"{_sum(direction)} does not vary, each effect in units of its standard deviation"
    rho = direction.correlation or 0.0
    exact = 1 - abs(rho) < EXACT
    text = f"{effect_words(direction.effects)} are perfectly correlated, ρ = {rho:+.0f}"
    if not exact:
        text = f"{effect_words(direction.effects)} are almost perfectly correlated, ρ = {rho:.4f}"
    if direction.crossing is not None:
        text += f": the lines of all levels of {term.group} meet at "
        text += f"{direction.effects[1]} = {direction.crossing:.4g}"
    return text


def _sum(direction: SingularDirection) -> str:
    parts = [
        f"{weight:+.2f} × {effect_words((name,))}"
        for name, weight in zip(direction.effects, direction.weights, strict=True)
        if abs(weight) >= SMALL_WEIGHT
    ]
    return " ".join(parts).removeprefix("+").replace("+", "+ ").replace(" -", " - ")
