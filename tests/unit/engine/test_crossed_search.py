"""Searches over many covariance parameters of crossed factors, by the average information and beyond."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm

MAXIMAL = "y ~ a * b + (a * b | subject) + (a * b | item)"
SAME = 1e-7
"""Of criteria that are one: a search ends within 1e-12 of the criterion's size."""
FEW = 80
"""Evaluations of one search over 20 parameters; without second derivatives it took hundreds."""


def crossed(rank, deviation, seed=1):
    """Return 24 subjects who met 20 items in four conditions; the random effects have the given rank."""
    rng = np.random.default_rng(seed)
    subject, item = (np.ravel(codes) for codes in np.indices((24, 20)))
    a, b = 1.0 - 2.0 * ((subject + item) % 2), 1.0 - 2.0 * ((subject // 2 + item // 2) % 2)
    X = np.column_stack([np.ones(subject.size), a, b, a * b])
    y = X @ [1.0, 0.2, 0.3, 0.1] + rng.normal(size=subject.size)
    for codes in (subject, item):
        u = rng.normal(size=(codes.max() + 1, rank)) @ rng.normal(size=(rank, 4)) * deviation
        y += np.einsum("ij,ij->i", X, u[codes])
    return pd.DataFrame({"y": y, "a": a, "b": b, "subject": subject, "item": item})


@pytest.mark.parametrize(("rank", "deviation"), [(1, 0.3), (1, 1.0), (2, 0.5), (4, 0.7)])
def test_a_maximal_model_takes_few_evaluations_whatever_is_known_of_its_hessian(monkeypatch, rank, deviation):
    monkeypatch.setattr("mlm_steps.engine.search.search._doubtful", lambda *_: False)
    design = build_design(MAXIMAL, crossed(rank, deviation))
    ends = []
    for cheap in (1e9, 0.0):
        monkeypatch.setattr("mlm_steps.engine.structures.several_factors.CHEAP", cheap)
        found = fit_lmm(design)
        assert found.convergence.status in {"converged", "singular"}
        assert found.convergence.evaluations <= FEW
        ends.append(found.criterion)
    assert ends[0] == pytest.approx(ends[1], abs=SAME * abs(ends[0]))


def test_no_other_start_finds_less_than_the_search_with_rivals(monkeypatch):
    design = build_design(MAXIMAL, crossed(1, 0.3))
    best = fit_lmm(design)
    monkeypatch.setattr("mlm_steps.engine.search.search._doubtful", lambda *_: False)
    rng = np.random.default_rng(3)
    for _ in range(5):
        other = fit_lmm(design, start=rng.normal(size=20) * 0.4)
        assert best.criterion <= other.criterion + SAME * abs(best.criterion)
        moved = best.theta + rng.normal(size=20) * 1e-2
        assert evaluate_at(design, moved).criterion > best.criterion
