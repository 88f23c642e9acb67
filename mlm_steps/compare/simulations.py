"""Tests whose null distribution is simulated (statistics, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlm_steps.compare.bootstrap import bootstrap_p, takes_long
from mlm_steps.compare.mixtures import BoundaryNull, lone_variance
from mlm_steps.compare.nesting import Relation
from mlm_steps.compare.rlrt import LARGEST_FACTOR, rlrt_p
from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.records.simulation import BootstrapP

__all__ = [
    "ExactP",
    "Simulations",
    "bootstrap_of",
    "bootstrap_step",
    "exact_p",
]

UNKNOWN = ("no_closed_weights", "null_on_boundary")
"""Codes of tests of variances whose null distribution has no closed form."""


@dataclass(frozen=True, slots=True)
class Simulations:
    """The simulations that a comparison may use.

    Attributes
    ----------
    seed : int
        Seed of the run.
    rlrt : bool
        Whether to compute the exact restricted likelihood ratio test of a single variance.
    bootstrap : {"where_needed", "always", "never"}
        Which tests are bootstrapped: tests of variances without a closed-form null distribution, unless it
        takes long; all tests; no test.
    replicates : int
        Number of bootstrap replicates.
    later : bool
        Whether a later step does the bootstrap. The record then states only whether the test needs it.
    """

    seed: int = 1
    rlrt: bool = True
    bootstrap: Literal["where_needed", "always", "never"] = "never"
    replicates: int = 1000
    later: bool = False


@dataclass(frozen=True, slots=True)
class ExactP:
    """The p value of the exact restricted likelihood ratio test, or the reason code if there is none.

    Attributes
    ----------
    p : float or None
    code : str or None
        ``not_requested``, ``not_applicable``, ``not_reml`` or ``too_large``.
    approximate : bool
        Whether the larger model has other random effects, which the test ignores.
    """

    p: float | None
    code: str | None = None
    approximate: bool = False


def bootstrap_of(
    pair: tuple[MixedFit, MixedFit],
    relation: Relation,
    null: BoundaryNull,
    statistic: float,
    asked: Simulations,
    names: tuple[str, str],
) -> BootstrapP:
    """Return the bootstrap p value of a test, or the code of why it is not computed here."""
    code = _no_bootstrap(null, pair, asked)
    if code is not None:
        return BootstrapP(None, code)
    step = bootstrap_step(names)
    return bootstrap_p(pair, relation, statistic, replicates=asked.replicates, seed=asked.seed, step=step)


def bootstrap_step(names: tuple[str, str]) -> str:
    """Return the name of the stream of random numbers of the comparison of two models."""
    return f"bootstrap/{names[0]}--{names[1]}"


def _no_bootstrap(null: BoundaryNull, pair: tuple[MixedFit, MixedFit], asked: Simulations) -> str | None:
    """Return the code of why a test is not bootstrapped here, or None if it is."""
    if asked.bootstrap == "never":
        return "not_requested"
    if asked.bootstrap == "always":
        return "left_out" if asked.later else None
    approximate = len(null.mixture or ()) > 2  # binomial weights, exact only for a diagonal information
    if null.code not in UNKNOWN and not approximate:
        return "not_needed"
    if asked.later:
        return "left_out"
    return "too_large" if takes_long(pair, asked.replicates) else None


def exact_p(
    designs: tuple[Design, Design],
    relation: Relation,
    method: Method,
    statistic: float,
    asked: Simulations,
) -> ExactP:
    """Return the exact p value of a test of one variance, or the code of why there is none."""
    if not asked.rlrt:
        return ExactP(None, "not_requested")
    position = None if relation.changed != "variance" else lone_variance(*designs, relation.up)
    if position is None or not designs[1].response.linear:
        return ExactP(None, "not_applicable")
    if method != "REML":
        return ExactP(None, "not_reml")
    term = designs[1].random[position]
    if len(term.levels) > LARGEST_FACTOR:
        return ExactP(None, "too_large")
    p = rlrt_p(designs[1], term, statistic, seed=asked.seed)
    return ExactP(p, approximate=len(designs[1].random) > 1)
