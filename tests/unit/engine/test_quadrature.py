"""Adaptive quadrature and its gradient, against the textbook model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.families import Outcome, family_of
from mlm_steps.engine.pirls.node_sums import AtModes, Rows, node_sums
from mlm_steps.engine.pirls.quadrature import integrate, nodes
from mlm_steps.engine.structures import compiled
from tests.unit.engine.dense_glmm import DenseGlmm

FAMILIES = [
    ("binomial", "logit"), ("binomial", "probit"), ("binomial", "cloglog"), ("poisson", "log"),
    ("negative_binomial", "log"), ("gamma", "log"),
]  # fmt: skip
FORMULAS = ["y ~ x + (1 | g)", "y ~ x + (x | g)", "y ~ x + (x + v | g)", "y ~ x + (1 | g) + (0 + x | g)"]


class Problem:
    """Data of a family, with the engine's quadrature and the textbook's."""

    def __init__(self, family, link, formula):
        generator, n = np.random.default_rng(1), 60
        levels = np.sort(generator.integers(0, 9, n))
        frame = pd.DataFrame(
            {"y": generator.random(n), "x": generator.normal(size=n), "v": generator.normal(size=n)}
        )
        design = build_design(formula, frame.assign(g=levels.astype(str)))
        trials = generator.integers(1, 6, n).astype(float)
        y = generator.poisson(2.0, n) + generator.random(n) * (family == "gamma")
        if family == "binomial":
            y = generator.binomial(trials.astype(int), 0.4)
        weights, offset = generator.integers(1, 3, n).astype(float), 0.3 * generator.normal(size=n)
        self.design = replace(design, y=y.astype(float), weights=weights, offset=offset)
        self.dense = replace(DenseGlmm.of(self.design, family, link), trials=trials)
        outcome, terms = Outcome.of(self.design.y, trials, weights), self.design.random
        z, J = np.hstack([term.z for term in terms]), len(terms[0].levels)
        self.rows = Rows.of(family_of(family, link), outcome, terms[0].refs, J, z)
        self.pattern = Pattern.of([term.z.shape[1] for term in terms])
        self.psi = np.concatenate([generator.uniform(0.3, 1.0, self.pattern.m), [0.2, -0.4], [np.log(1.7)]])

    def parts(self, psi):
        return psi[: self.pattern.m], psi[self.pattern.m : -1], float(np.exp(psi[-1]))

    def at(self, psi, Q):
        theta, beta, phi = self.parts(psi)
        u = np.array([block[2] for block in self.dense.mode_blocks(theta, beta, phi)])
        fixed = self.design.offset + self.design.X @ beta
        return integrate(self.rows, self.pattern.factor(theta), fixed, u, phi, Q)

    def gradient(self, psi, Q):
        found = self.at(psi, Q)
        in_theta = found.Lambda[self.pattern.rows, self.pattern.columns]
        return np.concatenate([in_theta, self.design.X.T @ found.rows, [found.log_phi]])


@pytest.fixture(params=FORMULAS)
def formula(request):
    return request.param


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_value_and_gradient_are_those_of_the_textbook(family, link, formula):
    problem = Problem(family, link, formula)
    for Q in (1, 3) if "v" in formula else (1, 4, 7):
        assert problem.at(problem.psi, Q).value == pytest.approx(
            problem.dense.agq(*problem.parts(problem.psi), Q=Q), abs=1e-10
        )
        h = 1e-4
        steps = h * np.eye(problem.psi.size)
        differences = [
            8 * (problem.at(problem.psi + e, Q).value - problem.at(problem.psi - e, Q).value)
            - (problem.at(problem.psi + 2 * e, Q).value - problem.at(problem.psi - 2 * e, Q).value)
            for e in steps
        ]
        np.testing.assert_allclose(
            problem.gradient(problem.psi, Q), np.array(differences) / (12 * h), atol=1e-7
        )


@pytest.mark.parametrize("formula", ["y ~ x + (1 | g)", "y ~ x + (x | g)"])
def test_more_points_lead_to_the_integral(formula):
    problem = Problem("binomial", "logit", formula)
    exact = problem.dense.integral(*problem.parts(problem.psi), step=0.1)
    errors = [abs(problem.at(problem.psi, Q).value - exact) for Q in (1, 5, 15, 41)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[3] < 1e-8


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_the_loops_in_c_give_the_sums_of_numpy(monkeypatch, family, link, formula):
    if not compiled.usable():
        pytest.skip("the loops are not compiled")
    problem = Problem(family, link, formula)
    theta, beta, phi = problem.parts(problem.psi)
    blocks = problem.dense.mode_blocks(theta, beta, phi)
    u, K = np.array([block[2] for block in blocks]), problem.pattern.K
    A = problem.rows.z @ problem.pattern.factor(theta)
    eta = problem.design.offset + problem.design.X @ beta + np.einsum("ik,ik->i", A, u[problem.rows.refs])
    at = AtModes(A, eta, u, np.array([np.eye(K) + 0.1 * np.tri(K)] * len(u)))
    ours = node_sums(problem.rows, at, phi, nodes(5, K))
    monkeypatch.setattr(compiled, "BUILT", None)
    for one, other in zip(ours, node_sums(problem.rows, at, phi, nodes(5, K)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-11 * np.abs(other).max())


def test_the_loops_in_c_refuse_arrays_that_do_not_fit():
    if not compiled.usable():
        pytest.skip("the loops are not compiled")
    problem = Problem("poisson", "log", "y ~ x + (1 | g)")
    rows, n, J = problem.rows, problem.design.n, problem.rows.J
    at = AtModes(rows.z, np.zeros(n), np.zeros((J, 1)), np.ones((J, 1, 1)))
    assert np.isfinite(node_sums(rows, at, 1.0, nodes(3, 1)).log_integral).all()
    wrong = [
        (rows, at._replace(eta=np.zeros(n - 1))),
        (rows, at._replace(u=np.zeros((J, 2)), L=np.ones((J, 2, 2)))),
        (replace(rows, starts=rows.starts[::-1].copy()), at),
        (replace(rows, starts=rows.starts[:-1]), at),
    ]
    for given, points in wrong:
        with pytest.raises(ValueError, match="do not fit together"):
            node_sums(given, points, 1.0, nodes(3, 1))


def test_groups_are_evaluated_some_at_a_time_with_the_same_result(monkeypatch):
    monkeypatch.setattr(compiled, "BUILT", None)
    problem = Problem("poisson", "log", "y ~ x + (x | g)")
    whole = problem.at(problem.psi, 5)
    monkeypatch.setattr("mlm_steps.engine.pirls.node_sums.ELEMENTS", 1)
    parts = problem.at(problem.psi, 5)
    assert parts.value == pytest.approx(whole.value, rel=1e-14)
    np.testing.assert_allclose(parts.rows, whole.rows, atol=1e-12)
    np.testing.assert_allclose(parts.Lambda, whole.Lambda, atol=1e-11)


def test_a_group_without_rows_adds_nothing():
    problem = Problem("poisson", "log", "y ~ x + (1 | g)")
    rows, theta = problem.rows, problem.psi[:1]
    u = np.array([block[2] for block in problem.dense.mode_blocks(*problem.parts(problem.psi))])
    fixed = problem.design.offset + problem.design.X @ problem.psi[1:3]
    refs = problem.design.random[0].refs
    refs = refs + (refs >= 4)  # level 4 has no rows
    outcome = Outcome.of(problem.design.y, None, problem.design.weights)
    more = Rows.of(rows.family, outcome, refs, 10, problem.design.random[0].z)
    found = integrate(more, theta[:, None], fixed, np.insert(u, 4, 0.0, axis=0), 1.7, 9)
    expected = integrate(rows, theta[:, None], fixed, u, 1.7, 9)
    assert found.value == pytest.approx(expected.value, rel=1e-13)
    np.testing.assert_allclose(found.Lambda, expected.Lambda, rtol=1e-12)


def test_the_rule_integrates_polynomials_of_a_normal_variable():
    for Q in (1, 2, 7, 25, 51, 101):
        x, log_weights = nodes(Q, 1)
        weights = np.exp(log_weights - 0.5 * x.ravel() ** 2)
        moments = [(weights * x.ravel() ** r).sum() for r in range(0, min(2 * Q, 12), 2)]
        expected = [1, 1, 3, 15, 105, 945][: len(moments)]
        np.testing.assert_allclose(moments, expected, rtol=1e-12)
    x, w = np.polynomial.hermite_e.hermegauss(25)
    np.testing.assert_allclose(nodes(25, 1)[0].ravel(), x, atol=1e-13)
    np.testing.assert_allclose(
        nodes(25, 1)[1], np.log(w / np.sqrt(2 * np.pi)) + 0.5 * x**2, rtol=1e-12, atol=1e-12
    )
