"""Null distributions of the likelihood ratio at the boundary (statistics, section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

from scipy import special

from mlm_steps.compare.nesting import Containment
from mlm_steps.design.matrices import Design
from mlm_steps.records import MixtureComponent

__all__ = ["BoundaryNull", "boundary_null", "chi_square_tail", "lone_variance", "mixture_tail"]

Step = Literal["none", "one_variance", "one_more_effect", "covariances", "block"]


@dataclass(frozen=True, slots=True)
class BoundaryNull:
    """The null distribution of the statistic, or the code of why it has no closed form.

    Attributes
    ----------
    mixture : tuple of MixtureComponent, or None
    code : str or None
        ``no_closed_weights`` if there is no mixture.
    approximate : bool
        Whether the weights are binomial, which is exact only if the information matrix of the new variances
        is diagonal.
    """

    mixture: tuple[MixtureComponent, ...] | None
    code: str | None = None
    approximate: bool = False


def boundary_null(smaller: Design, larger: Design, containment: Containment) -> BoundaryNull:
    """Return the null distribution for added random terms and fixed effects.

    One variance without covariances: weights 1/2 for 0 and 1 degrees of freedom. From k to k + 1 correlated
    effects: weights 1/2 for k and k + 1. Covariances between existing effects: a single chi-square, since no
    parameter is at a boundary. Several variances without covariances: binomial weights. Blocks of effects and
    other combinations have no weights in closed form (Self & Liang 1987; Stram & Lee 1994). Each added fixed
    effect adds one degree of freedom to every component of the mixture. The dispersion of a negative binomial
    model that contains a Poisson model counts as a variance.
    """
    free = larger.p - smaller.p
    changed = [(step, k) for step, k in _steps(smaller, larger, containment) if step != "none"]
    if larger.response.dispersions > smaller.response.dispersions:
        changed.append(("one_variance", 0))  # 1 / phi is 0 in the smaller model, its lower bound
    if all(step == "one_variance" for step, _ in changed):
        r = len(changed)
        weights = [(free + df, comb(r, df) / 2**r) for df in range(r + 1)]
        return BoundaryNull(_components(weights), approximate=r > 1)
    if len(changed) > 1 or changed[0][0] == "block":
        return BoundaryNull(None, "no_closed_weights")
    step, k = changed[0][0], free + changed[0][1]
    if step == "covariances":
        return BoundaryNull(_components([(k, 1.0)]))
    return BoundaryNull(_components([(k, 0.5), (k + 1, 0.5)]))


def lone_variance(smaller: Design, larger: Design, containment: Containment) -> int | None:
    """Return the position of the only new term of the larger model if it has a single variance, else None."""
    steps = [step for step, _ in _steps(smaller, larger, containment)]
    new = [position for position, step in enumerate(steps) if step != "none"]
    return new[0] if len(new) == 1 and steps[new[0]] == "one_variance" else None


def mixture_tail(mixture: Sequence[MixtureComponent], statistic: float) -> float:
    """Return the probability of a value at least as large under a mixture of chi-squares."""
    return float(sum(part.weight * chi_square_tail(part.df, statistic) for part in mixture))


def chi_square_tail(df: int, statistic: float) -> float:
    """Return the probability of a value at least as large; chi-square 0 is always zero."""
    if df == 0:
        return 1.0 if statistic <= 0 else 0.0
    return float(special.chdtrc(df, max(statistic, 0.0)))


def _steps(smaller: Design, larger: Design, containment: Containment) -> list[tuple[Step, int]]:
    return [
        _step(smaller, len(term.names), containment.guests(position))
        for position, term in enumerate(larger.random)
    ]


def _step(smaller: Design, k: int, guests: Sequence[int]) -> tuple[Step, int]:
    """Return how a term of the larger model extends the smaller one, with its df at the boundary."""
    sizes = [len(smaller.random[guest].names) for guest in guests]
    if sizes == [k]:
        return "none", 0
    if not sizes:
        return ("one_variance", 0) if k == 1 else ("block", 0)
    if len(sizes) == 1 and sizes[0] == k - 1:
        return "one_more_effect", k - 1
    if sum(sizes) == k:
        return "covariances", (k * k - sum(size * size for size in sizes)) // 2
    return "block", 0


def _components(weights: Sequence[tuple[int, float]]) -> tuple[MixtureComponent, ...]:
    return tuple(MixtureComponent(df=df, weight=weight) for df, weight in weights)
