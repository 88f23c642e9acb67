"""Random effects 100 000 times the residual: value and derivatives keep the digits that a search needs."""

from __future__ import annotations

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.result.evaluate import constant_of
from mlm_steps.engine.search.search import objective_of
from mlm_steps.engine.structures.prepared import prepare

from .fuzz.base import frame_of, groups
from .fuzz.optimum import criterion, make_problem

STEP = 1e-3
"""Change of Lambda, relative to itself, of the differences; their error is of the order of its square."""
NEAR = 1e-4
"""Differences in extended precision are exact to about 1e-5 of the largest."""
LAMBDAS = {
    "y ~ x + (x | g)": [[2e5, 0.0], [-2.5e5, 0.4]],
    "y ~ 1 + (x + v | g)": [[2e5, 0.0, 0.0], [-2.5e5, 0.4, 0.0], [1e5, 30.0, 2.0]],
    "y ~ x + v + (x + v | g)": [[3.0, 0.0, 0.0], [1e5, 2e4, 0.0], [1e5, 2e4, 0.5]],
}


def design_of(formula):
    rng = np.random.default_rng(35)
    g = groups(rng, 9, 4, 7)
    x, v = rng.normal(size=(2, g.size))
    u = rng.normal(size=(9, 3)) @ np.array(LAMBDAS["y ~ 1 + (x + v | g)"]).T
    y = u[g, 0] + u[g, 1] * x + u[g, 2] * v + rng.normal(size=g.size)
    return build_design(formula, frame_of(rng, y, {"g": g}, x=x, v=v))


@pytest.mark.parametrize("formula", LAMBDAS)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_value_and_derivatives_agree_with_extended_precision(formula, method):
    design = design_of(formula)
    prepared, problem = prepare(design), make_problem(design, method)
    pattern = prepared.strategy.factors[0].pattern
    theta = np.array(LAMBDAS[formula])[pattern.rows, pattern.columns]
    # Coordinates E with Lambda + Lambda E: changes relative to what is there.
    same = pattern.columns[:, None] == pattern.columns
    J = same * pattern.factor(theta)[pattern.rows[:, None], pattern.rows]

    def exact(change):
        return criterion(problem, theta + J @ change, exact=True)

    point = objective_of(prepared, method)(theta, True)
    units = STEP * np.eye(theta.size)
    middle = exact(np.zeros(theta.size))
    assert point.value + constant_of(prepared, method) == pytest.approx(middle, abs=1e-7)
    slopes = [(exact(e) - exact(-e)) / (2 * STEP) for e in units]
    np.testing.assert_allclose(J.T @ point.gradient, slopes, atol=NEAR * np.abs(slopes).max())
    bends = [
        [(exact(d + e) - exact(d - e) - exact(e - d) + exact(-d - e)) / (4 * STEP**2) for e in units]
        for d in units
    ]
    np.testing.assert_allclose(J.T @ point.hessian @ J, bends, atol=NEAR * np.abs(bends).max())
