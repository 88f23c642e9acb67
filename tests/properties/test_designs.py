"""More than a thousand designs of every kind: each ends in the best optimum known, or is refused in words."""

from __future__ import annotations

import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.errors import MlmError

from .fuzz.kinds import KINDS
from .fuzz.sample import best_criteria, draw, seeds_of

BETTER = 1e-4
"""A criterion lower by this much is another optimum."""
MORE = {("factor_slopes", 2019): 267.392889373}
"""Designs beyond the sample that were once missed, and their best criteria by ``optimum.py``."""
LEAST = 1000
"""Designs in the sample."""


def verdict(kind: str, seed: int, best: float | None) -> str | None:
    """Return what is wrong with a fit, or None."""
    case = draw(kind, seed)
    try:
        fit = fit_lmm(build_design(case.formula, case.frame, weights=case.weights), method=case.method)
    except MlmError as error:
        return None if best is None else f"refused, though {best} can be reached: {error}"
    status = fit.convergence.status
    if best is None:
        return None if status == "failed" else f"{status} at {fit.criterion}, though there is no optimum"
    if fit.criterion > best + BETTER:
        return f"{status} at {fit.criterion}, though {best} can be reached"
    if fit.criterion < best - BETTER:
        return f"{status} at {fit.criterion}, lower than the reference's {best}: which of the two is wrong?"
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_every_design_ends_in_the_best_optimum_or_is_refused(kind):
    known = best_criteria()[kind]
    verdicts = {seed: verdict(kind, seed, best) for seed, best in zip(seeds_of(kind), known, strict=True)}
    wrong = {(kind, seed): f"{draw(kind, seed).formula}: {text}" for seed, text in verdicts.items() if text}
    assert not wrong


@pytest.mark.parametrize(("design", "best"), MORE.items())
def test_designs_that_were_missed_once_are_missed_no_more(design, best):
    assert verdict(*design, best) is None


def test_the_sample_is_large_and_has_a_best_criterion_for_every_design():
    known = best_criteria()
    assert {kind: len(values) for kind, values in known.items()} == {
        kind: len(seeds_of(kind)) for kind in KINDS
    }
    assert sum(map(len, known.values())) >= LEAST


def test_few_designs_are_without_an_optimum():
    values = [best for criteria in best_criteria().values() for best in criteria]
    assert sum(best is None for best in values) < len(values) / 10
