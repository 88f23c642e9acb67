"""Laplace's approximation and its gradient, for every structure and family."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.families import FAMILIES, family_of
from mlm_steps.engine.pirls.laplace import fixed_information, laplace, modes_at
from mlm_steps.engine.pirls.prepared import prepare_glmm
from mlm_steps.engine.structures import compiled
from tests.unit.engine.dense_glmm import DenseGlmm

STRUCTURES = {
    "intercept": "y ~ x + f + (1 | g)",
    "slope": "y ~ x + (x | g)",
    "two terms": "y ~ x + (1 | g) + (0 + x | g)",
    "three coefficients": "y ~ x + (x + z | g)",
    "nested": "y ~ x + (x | g) + (1 | g:c)",
    "nested slopes": "y ~ x + (1 | g) + (z | g:c)",
    "a level per row": "y ~ x + (1 | g) + (1 | row)",
    "crossed": "y ~ x + (1 | g) + (1 | h)",
    "crossed slopes": "y ~ x + (x | g) + (z | h)",
    "crossed three": "y ~ x + (1 | g) + (x | h) + (1 | k)",
}
ALL = [(name, link) for name, kind in FAMILIES.items() for link in kind.links]
AGREES = 1e-9
"""Difference of two ways to compute one deviance, relative to its size."""


def frame_of(family, seed=1, n=90):
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": generator.normal(size=n) + 3.0,
            "z": generator.normal(size=n),
            "f": generator.choice(list("abc"), n),
            "g": generator.integers(0, 8, n).astype(str),
            "c": generator.integers(0, 3, n).astype(str),
            "h": generator.integers(0, 5, n).astype(str),
            "k": generator.integers(0, 4, n).astype(str),
            "row": np.arange(n).astype(str),
        }
    )
    eta = 0.4 * (frame.x.to_numpy() - 3) + generator.normal(size=8)[frame.g.astype(int)] * 0.6
    trials = generator.integers(1, 6, n).astype(float) if family.has_trials else np.ones(n)
    frame["y"] = family.draw(eta, 2.0, trials, generator)
    return frame, trials


def model_of(formula, name, link):
    family = family_of(name, link)
    frame, trials = frame_of(family)
    generator = np.random.default_rng(5)
    design = replace(
        build_design(formula, frame),
        trials=trials,
        offset=0.3 * generator.normal(size=len(frame)),
        weights=generator.integers(1, 3, len(frame)).astype(float),
    )
    return design, prepare_glmm(design, family)


def some_psi(design, model, seed=2):
    generator = np.random.default_rng(seed)
    theta = np.concatenate([np.eye(len(t.names))[np.triu_indices(len(t.names))] for t in design.random])
    theta = 0.6 * theta + 0.2 * generator.normal(size=theta.size)
    return np.concatenate([theta, 0.2 * generator.normal(size=model.size - theta.size)])


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(("name", "link"), [("binomial", "cloglog"), ("negative_binomial", "log")])
def test_the_deviance_is_the_textbooks(structure, name, link):
    design, model = model_of(STRUCTURES[structure], name, link)
    psi = some_psi(design, model)
    theta, fixed, phi = model.split(psi)
    dense = DenseGlmm.of(design, name, link)
    expected = dense.laplace(model.from_internal(theta), model.back @ fixed, phi)
    assert laplace(model, psi).value == pytest.approx(expected, rel=AGREES)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(("name", "link"), ALL)
def test_the_gradient_is_that_of_differences(structure, name, link):
    design, model = model_of(STRUCTURES[structure], name, link)
    psi = some_psi(design, model)
    found = laplace(model, psi)
    step, numeric = 1e-4, np.empty(psi.size)
    for r in range(psi.size):
        ends = [psi + s * step * np.eye(psi.size)[r] for s in (2, 1, -1, -2)]
        values = [laplace(model, end, found.u).value for end in ends]
        numeric[r] = (-values[0] + 8 * values[1] - 8 * values[2] + values[3]) / (12 * step)
    np.testing.assert_allclose(found.gradient, numeric, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_projections_variances_and_solutions_are_those_of_the_dense_matrix(structure):
    design, model = model_of(STRUCTURES[structure], "poisson", "log")
    state = modes_at(model, some_psi(design, model))
    columns = [np.zeros((model.n, f.J, f.pattern.K)) for f in model.factors]
    for block, A, factor in zip(columns, state.A, model.factors, strict=True):
        block[np.arange(model.n), factor.refs] = A
    A = np.concatenate([block.reshape(model.n, -1) for block in columns], axis=1)
    H = A.T @ (state.derivatives.curvature[:, None] * A) + np.eye(A.shape[1])
    inverse = np.linalg.inv(H)
    assert state.factorised.log_det == pytest.approx(np.linalg.slogdet(H)[1], rel=1e-12)
    right = np.random.default_rng(3).normal(size=A.shape[1])
    ends = np.cumsum([f.q for f in model.factors])[:-1]
    parts = [
        part.reshape(f.J, f.pattern.K) for part, f in zip(np.split(right, ends), model.factors, strict=True)
    ]
    solved = np.concatenate([part.ravel() for part in state.factorised.solve(parts)])
    np.testing.assert_allclose(solved, inverse @ right, atol=1e-12)
    moved, starts = A @ inverse, [0, *ends]
    rows = np.arange(model.n)[:, None]
    for t, own, f, start in zip(
        state.factorised.projections(), state.factorised.variances(), model.factors, starts, strict=True
    ):
        K = f.pattern.K
        np.testing.assert_allclose(t, moved[rows, start + f.refs[:, None] * K + np.arange(K)], atol=1e-12)
        places = start + np.arange(f.q).reshape(f.J, K)
        np.testing.assert_allclose(own, inverse[places[:, :, None], places[:, None, :]], atol=1e-12)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_information_of_the_fixed_effects_is_that_of_the_marginal_covariance(structure):
    design, model = model_of(STRUCTURES[structure], "poisson", "log")
    psi = some_psi(design, model)
    state = modes_at(model, psi)
    V = np.diag(1 / state.derivatives.curvature)
    for A, factor in zip(state.A, model.factors, strict=True):
        V += (A @ A.T) * (factor.refs[:, None] == factor.refs)
    expected = 2 * model.X.T @ np.linalg.solve(V, model.X)
    np.testing.assert_allclose(fixed_information(model, state), expected, rtol=1e-8)
    np.testing.assert_allclose(laplace(model, psi, information=True).information, expected, rtol=1e-8)
    assert laplace(model, psi).information is None


@pytest.mark.skipif(not compiled.usable(), reason="the loops are not compiled")
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(("name", "link"), ALL)
def test_the_loops_in_c_are_those_in_numpy(structure, name, link):
    design, model = model_of(STRUCTURES[structure], name, link)
    assert model.loops is not None
    for seed, size in ((2, 1.0), (3, 4.0)):
        psi = size * some_psi(design, model, seed)
        found, expected = laplace(model, psi), laplace(replace(model, loops=None), psi)
        assert found.value == pytest.approx(expected.value, rel=1e-10)
        np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-8, atol=1e-8)
        for one, other in zip(found.u, expected.u, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-7)


@pytest.mark.skipif(not compiled.usable(), reason="the loops are not compiled")
@pytest.mark.parametrize(("name", "link"), ALL)
def test_the_families_in_c_are_those_in_python_far_from_the_data(name, link):
    family = family_of(name, link)
    y = np.array([1.0, 0.0, 3.0, 2.0]) if name != "gamma" else np.array([1.0, 0.1, 3.0, 2.0])
    trials = np.array([1.0, 1.0, 5.0, 2.0]) if family.has_trials else np.ones(4)
    frame = pd.DataFrame({"y": y, "g": list("aabb")})
    design = replace(build_design("y ~ 1 + (1 | g)", frame), trials=trials)
    model = prepare_glmm(design, family)
    for eta in (-60.0, -31.0, -29.0, -5.0, 0.0, 3.0, 8.0):
        # Without random effects the deviance is -2 log density, whatever the linear predictor.
        psi = np.concatenate([[0.0], [eta / model.X[0, 0]], [0.7] * family.has_dispersion])
        found, expected = laplace(model, psi), laplace(replace(model, loops=None), psi)
        assert found.value == pytest.approx(expected.value, rel=1e-12)
        np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.skipif(not compiled.usable(), reason="the loops are not compiled")
def test_arrays_that_do_not_fit_together_are_refused():
    design, model = model_of(STRUCTURES["slope"], "poisson", "log")
    broken = replace(model, loops=replace(model.loops, starts=model.loops.starts[::-1].copy()))
    with pytest.raises(ValueError, match="fit together"):
        laplace(broken, some_psi(design, model))
    design, model = model_of(STRUCTURES["crossed"], "poisson", "log")
    for broken in (
        replace(model.loops, index=model.loops.index[:-1]),
        replace(model.loops, sizes=model.loops.sizes + 1),
    ):
        with pytest.raises(ValueError, match="fit together"):
            laplace(replace(model, loops=broken), some_psi(design, model))
    index = model.loops.index.copy()
    index[-1] = 10_000
    assert not compiled.module().several_check(model.loops.sizes, index)


@pytest.mark.skipif(not compiled.usable(), reason="the loops are not compiled")
@pytest.mark.parametrize("structure", ["crossed", "crossed slopes", "crossed three"])
def test_dense_and_sparse_products_are_the_same(structure):
    design, model = model_of(STRUCTURES[structure], "gamma", "log")
    psi = some_psi(design, model)
    dense = model.loops.dense
    assert dense is not None
    sparse = replace(model, loops=replace(model.loops, dense=None))
    np.testing.assert_allclose(
        laplace(sparse, psi).gradient, laplace(model, psi).gradient, rtol=1e-10, atol=1e-10
    )


def test_other_columns_of_a_prepared_design_are_used():
    design, model = model_of(STRUCTURES["slope"], "poisson", "log")
    psi = some_psi(design, model)
    doubled = replace(model, z=(2.0 * model.z[0],))
    half = psi.copy()
    half[: model.n_theta] /= 2.0
    assert laplace(doubled, half).value == pytest.approx(laplace(model, psi).value, rel=1e-12)
