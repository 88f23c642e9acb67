"""New outcomes from a fitted model (statistics, section 8)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.values import LmmFit
from mlm_steps.errors import Fault, UsageError

__all__ = ["simulate"]

Array = NDArray[np.float64]


def simulate(fit: LmmFit, n: int, seed: int, *, conditional: bool = False, first: int = 0) -> Array:
    """Return outcomes drawn from the model at its estimates, shape (n, rows of the fit).

    y* = o + X beta + Z b* + e*, b* = Lambda u*, u* ~ N(0, sigma² I), e* ~ N(0, sigma² / w). An outcome
    that was transformed, such as log(y), stays so.

    Parameters
    ----------
    fit : LmmFit
    n : int
        Number of replicates.
    seed : int
        Replicate number i depends on the seed and i alone, not on how many are drawn, or where.
    conditional : bool
        Keep the random effects at their conditional modes; only e* is drawn.
    first : int
        Number of the first replicate.

    Raises
    ------
    UsageError
        For a number of replicates, a seed or a first number below 0.
    """
    for name, value in {"n": n, "seed": seed, "first": first}.items():
        if value < 0:
            raise UsageError(Fault(name, f"{value} is negative"))
    centre = fit.fitted if conditional else _population(fit)
    drawn = np.empty((n, fit.design.n))
    for row in range(n):
        child = np.random.SeedSequence(seed, spawn_key=(first + row,))
        drawn[row] = centre + _noise(fit, np.random.default_rng(child), conditional=conditional)
    return drawn


def _population(fit: LmmFit) -> Array:
    offset = 0.0 if fit.design.offset is None else fit.design.offset
    return np.asarray(fit.design.X @ fit.beta + offset)


def _noise(fit: LmmFit, generator: np.random.Generator, *, conditional: bool) -> Array:
    """Return Z b* + e*; the random effects are drawn first, term by term."""
    design = fit.design
    total = np.zeros(design.n)
    if not conditional:
        for term, Lambda in zip(design.random, fit.Lambda, strict=True):
            b = fit.sigma * generator.standard_normal((len(term.levels), len(term.names))) @ Lambda.T
            total += np.einsum("ij,ij->i", term.z, b[term.refs])
    scale = fit.sigma if design.weights is None else fit.sigma / np.sqrt(design.weights)
    noise: Array = total + scale * generator.standard_normal(design.n)
    return noise
