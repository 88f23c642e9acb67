"""New outcomes from a fitted model (statistics, section 8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.generalized import draw_from, refit_each
from mlm_steps.engine.bootstrap.replicates import Replicates, refit_many
from mlm_steps.engine.bootstrap.without_groups import draw_without_groups, refit_without_groups
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.engine.result.single_level import SingleLevelFit
from mlm_steps.errors import Fault, UsageError

__all__ = ["draw_outcomes", "population_outcomes", "refit_outcomes", "simulate"]

Array = NDArray[np.float64]


def simulate(fit: MixedFit, n: int, seed: int, *, conditional: bool = False, first: int = 0) -> Array:
    """Return outcomes drawn from the model at its estimates, shape (n, rows of the fit).

    y* = o + X beta + Z b* + e*, b* = Lambda u*, u* ~ N(0, sigma² I), e* ~ N(0, sigma² / w). An outcome
    that was transformed, such as log(y), is simulated on the transformed scale. The outcome of a generalized
    model is drawn from its distribution given b*; that of a binomial model is a number of events.

    Parameters
    ----------
    fit : MixedFit
    n : int
        Number of replicates.
    seed : int
        Replicate number i depends on the seed and i alone, not on how many are drawn, or where.
    conditional : bool
        Keep the random effects at their conditional modes; only the outcome given them is drawn.
    first : int
        Number of the first replicate.

    Raises
    ------
    UsageError
        If the number of replicates, the seed or the first number is negative.
    """
    for name, value in {"n": n, "seed": seed, "first": first}.items():
        if value < 0:
            raise UsageError(Fault(name, f"{value} is negative"))
    children = (np.random.SeedSequence(seed, spawn_key=(first + row,)) for row in range(n))
    return draw_outcomes(fit, [np.random.default_rng(child) for child in children], conditional=conditional)


def draw_outcomes(
    fit: MixedFit, generators: Sequence[np.random.Generator], *, conditional: bool = False
) -> Array:
    """Return one outcome per generator, as ``simulate`` draws them, shape (B, rows of the fit)."""
    if isinstance(fit, SingleLevelFit):
        return draw_without_groups(fit, generators)
    if isinstance(fit, GlmmFit):
        return draw_from(fit, generators, conditional=conditional)
    return _draw_linear(linear_fit(fit), generators, conditional=conditional)


def _draw_linear(fit: LmmFit, generators: Sequence[np.random.Generator], *, conditional: bool) -> Array:
    n = len(generators)
    draws = np.empty((n, fit.design.n)), [np.empty((n, *b.shape)) for b in fit.modes]
    for row, generator in enumerate(generators):
        _draw(generator, draws, row, conditional=conditional)
    return _outcomes(fit, draws, conditional=conditional)


def _draw(
    generator: np.random.Generator, draws: tuple[Array, list[Array]], row: int, *, conditional: bool
) -> None:
    """Fill one row of standard normal draws; the random effects are drawn first, term by term."""
    e, u = draws
    for term in () if conditional else u:
        generator.standard_normal(out=term[row])
    generator.standard_normal(out=e[row])


def _outcomes(fit: LmmFit, draws: tuple[Array, list[Array]], *, conditional: bool) -> Array:
    """Return o + X beta + Z b* + e* for all replicates."""
    design, (e, u) = fit.design, draws
    e *= fit.sigma if design.weights is None else fit.sigma / np.sqrt(design.weights)
    if conditional:
        return e + fit.fitted
    effects = [fit.sigma * (drawn @ Lambda.T) for drawn, Lambda in zip(u, fit.Lambda, strict=True)]
    return population_outcomes(design, fit.beta, effects, e)


def population_outcomes(design: Design, beta: Array, effects: Sequence[Array], e: Array) -> Array:
    """Return o + X beta + Z b + e for several draws of b, per term of shape (B, J, k), and of e (B, n)."""
    total = e + (design.X @ beta + (0.0 if design.offset is None else design.offset))
    for term, b in zip(design.random, effects, strict=True):
        for column, own in zip(term.z.T, b.transpose(2, 0, 1), strict=True):
            total += column * own[:, term.refs]
    return total


def refit_outcomes(fit: MixedFit, Y: Array) -> Replicates:
    """Return the refits of a model to other outcomes, given as columns, shape (n, B)."""
    if isinstance(fit, SingleLevelFit):
        return refit_without_groups(fit, Y)
    return refit_each(fit, Y) if isinstance(fit, GlmmFit) else refit_many(linear_fit(fit), Y)
