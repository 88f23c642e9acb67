"""Refits with standard errors against single fits, for shared and for drawn designs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.bootstrap.drawn_designs import Drawn
from mlm_steps.engine.bootstrap.redrawn import refit_redrawn
from mlm_steps.engine.bootstrap.refits import refit_with_errors
from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
from mlm_steps.inference import reference

B = 25
LOOSE = 1e-3
"""Degrees of freedom move by this much, relatively, within the tolerance of the search near a boundary."""


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(11)
    g = np.repeat(np.arange(16), rng.integers(2, 8, 16))
    n = g.size
    columns = {"y": rng.normal(size=n), "x": rng.normal(size=n), "w": rng.normal(size=16)[g]}
    return pd.DataFrame({**columns, "g": g.astype(str), "h": rng.integers(0, 5, n).astype(str)})


def outcomes(design, theta, rng):
    Y, start = rng.normal(size=(design.n, B)), 0
    for term in design.random:
        k = term.z.shape[1]
        columns, rows = np.triu_indices(k)
        Lambda = np.zeros((k, k))
        Lambda[rows, columns] = theta[start : start + rows.size]
        start += rows.size
        b = rng.normal(size=(B, len(term.levels), k)) @ Lambda.T
        Y += np.einsum("nk,bnk->nb", term.z, b[:, term.refs])
    return Y


def degrees(errors, b, p):
    L = np.eye(p)
    v = np.einsum("qi,ij,qj->q", L, errors.vcov[b], L)
    g = np.einsum("qi,rij,qj->qr", L, errors.slopes[b], L)
    return 2.0 * v**2 / np.einsum("qr,rs,qs->q", g, errors.spread[b], g)


def compare(design, refits, fits, theta, b, place):
    fit, against = fits, reference(fits, "satterthwaite")
    se = np.sqrt(np.diag(fit.vcov))
    assert refits.replicates.criterion[b] == pytest.approx(fit.criterion, abs=1e-6)
    np.testing.assert_allclose(refits.replicates.beta[b], fit.beta, atol=1e-6 * se.max())
    np.testing.assert_allclose(refits.errors.vcov[b], fit.vcov, rtol=1e-5, atol=1e-6 * se.max() ** 2)
    np.testing.assert_allclose(degrees(refits.errors, b, design.p), against.df(np.eye(design.p)), rtol=LOOSE)
    given = evaluate_at(fit.design, theta, method=fit.method)
    np.testing.assert_allclose(refits.given_beta[b], given.beta, atol=1e-10 * se.max())
    np.testing.assert_allclose(refits.given_vcov[place], given.vcov / given.sigma**2, rtol=1e-8, atol=1e-12)


FORMULAS = {
    "y ~ x * w + (x | g)": [0.6, 0.1, 0.4],
    "y ~ x + (1 | g)": [0.5],
    "y ~ x + (1 | g) + (1 | h)": [0.6, 0.3],
    "y ~ x + (1 | g/h)": [0.6, 0.3],
}


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_refits_of_one_design(frame, formula, method):
    design, theta = build_design(formula, frame), np.array(FORMULAS[formula])
    Y = outcomes(design, theta, np.random.default_rng(2))
    refits = refit_with_errors(evaluate_at(design, theta, method=method), Y, theta)
    for b in range(B):
        compare(design, refits, fit_lmm(replace(design, y=Y[:, b]), method=method), theta, b, 0)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("formula", ["y ~ x * w + (x | g)", "y ~ x + (x || g)"])
def test_refits_of_drawn_designs(frame, formula, missing):
    rng = np.random.default_rng(3)
    design = build_design(formula, frame)
    theta = np.array([0.6, 0.1, 0.4] if design.n_theta == 3 else [0.6, 0.4])
    designs = [build_design(formula, frame.assign(x=rng.normal(size=design.n))) for _ in range(B)]
    Y = np.column_stack([outcomes(each, theta, rng)[:, 0] for each in designs])
    present = rng.random((B, design.n)) > 0.15 if missing else None
    z = tuple(np.stack([each.random[t].z for each in designs]) for t in range(len(design.random)))
    drawn = Drawn(np.stack([each.X for each in designs]), z, present)
    refits = refit_redrawn(evaluate_at(design, theta), drawn, Y.T, theta)
    for b in range(B):
        own = drawn.design(design, b, Y[:, b])
        compare(own, refits, fit_lmm(own), theta, b, b)


def test_a_drawn_design_without_full_rank_fails_alone(frame):
    design, theta = build_design("y ~ x + (1 | g)", frame), np.array([0.5])
    X = np.repeat(design.X[None], 3, axis=0)
    X[1, :, 1] = 2.0
    Y = outcomes(design, theta, np.random.default_rng(4))[:, :3]
    z = (np.repeat(design.random[0].z[None], 3, axis=0),)
    refits = refit_redrawn(evaluate_at(design, theta), Drawn(X, z), Y.T, theta)
    assert refits.replicates.status.tolist()[1] == "failed"
    assert np.isnan(refits.errors.vcov[1]).all()
    assert np.isfinite(refits.errors.vcov[[0, 2]]).all()
