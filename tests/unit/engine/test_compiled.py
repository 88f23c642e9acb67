"""The compiled form of one factor's criterion, against the pure one."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.graded import LARGE
from mlm_steps.engine.structures.groups import factors_of, orthogonal_blocks
from mlm_steps.engine.structures.prepared import prepare

ROOT = Path(__file__).resolve().parents[3]
SAME = 1e-14
"""Part of the largest element, times the condition of I + T_j T_jᵀ: both round, each in another order."""
FORMULAS = [
    "y ~ 1 + (1 | g)",
    "y ~ x1 + x2 + (1 | g)",
    "y ~ x1 + (x1 | g)",
    "y ~ 0 + (0 + x1 | g)",
    "y ~ 0 + (x1 | g)",
    "y ~ x1 + (x1 || g)",
    "y ~ x1 + (1 | g) + (0 + x1 + x2 | g)",
    "y ~ x1 + x2 + (x1 + x2 | g)",
    "y ~ x1 * x2 + (x1 * x2 | g)",
    "y ~ x1 + (x1 + x2 + x3 + x4 + x5 | g)",
]


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """The module, compiled from the source as it is now."""
    if shutil.which("cc") is None or not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        pytest.skip("there is no C compiler, or Python's headers are not there")
    build = _load("hatch_build", ROOT / "hatch_build.py")
    built = tmp_path_factory.mktemp("built") / "_compiled.abi3.so"
    assert build.compile_module([ROOT / source for source in build.SOURCES], built) == ""
    return _load("mlm_steps.engine.structures._compiled", built)


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    spec.loader.exec_module(loaded)
    if before is not None:
        sys.modules[name] = before
    return loaded


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(8)
    n, J = 400, 37
    g = generator.integers(0, J, n)
    data = {f"x{i}": generator.normal(i, 1.0 + i, n) for i in range(1, 6)}
    y = 3.0 + data["x1"] + generator.normal(size=J)[g] * (1.0 + data["x2"]) + generator.normal(size=n)
    return pd.DataFrame({"y": y, "g": [f"g{level}" for level in g], **data})


def both(monkeypatch, module, task):
    """Return what a task gives with the compiled form and without it."""
    monkeypatch.setattr(compiled, "BUILT", module)
    ours = task()
    monkeypatch.setattr(compiled, "BUILT", None)
    return ours, task()


def close(ours, pure, condition):
    ours, pure = np.asarray(ours), np.asarray(pure)
    assert ours.shape == pure.shape
    scale = max(1.0, float(np.abs(pure).max())) if pure.size else 1.0
    np.testing.assert_allclose(ours, pure, rtol=0, atol=SAME * condition * scale)


def condition_of(strategy, theta):
    T = strategy.R @ strategy.factor.pattern.factor(theta)
    return 1.0 + float(np.einsum("jab,jab->j", T, T).max())


@pytest.mark.parametrize("hessian", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
def test_the_compiled_form_gives_every_piece(monkeypatch, module, frame, formula, hessian):
    strategy = prepare(build_design(formula, frame)).strategy
    generator = np.random.default_rng(1)
    for scale in (0.0, 0.3, 1.0, 30.0):
        theta = scale * generator.normal(size=strategy.factor.pattern.m)
        condition = condition_of(strategy, theta)
        ours, pure = both(monkeypatch, module, lambda t=theta: strategy.criterion_terms(t, hessian=hessian))
        for field in fields(pure):
            if getattr(pure, field.name) is None:
                assert getattr(ours, field.name) is None
            else:
                close(getattr(ours, field.name), getattr(pure, field.name), condition)
        ours, pure = both(monkeypatch, module, lambda t=theta: strategy.value(t))
        close(ours, pure, condition)


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_compiled_form_gives_the_sums_of_the_moments(monkeypatch, module, frame, formula):
    prepared = prepare(build_design(formula, frame))
    theta = np.linspace(0.5, 1.0, prepared.strategy.factor.pattern.m)
    ours, pure = both(monkeypatch, module, lambda: prepared.strategy.moments(theta, prepared.n).covariance)
    # The moments solve a system that need not be well conditioned.
    np.testing.assert_allclose(ours, pure, rtol=1e-8, atol=1e-8 * np.abs(pure).max())


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_compiled_form_gives_the_projections_and_the_modes(monkeypatch, module, frame, formula):
    strategy = prepare(build_design(formula, frame)).strategy
    theta = np.linspace(0.5, 1.0, strategy.factor.pattern.m)
    condition = condition_of(strategy, theta)
    for task in (strategy.projections, strategy.modes):
        ours, pure = both(monkeypatch, module, lambda task=task: task(theta)[0])
        close(ours, pure, condition)


@pytest.mark.parametrize("formula", [*FORMULAS, "y ~ 1 + (1 + x1 + I(2 * x1) | g)"])
def test_the_compiled_form_splits_columns_within_levels(monkeypatch, module, frame, formula):
    design = build_design(formula, frame)
    factor = factors_of(design)[0]
    z = np.concatenate([design.random[term].z for term in factor.terms], axis=1)
    data = np.column_stack([design.X, design.y])
    ours, pure = both(monkeypatch, module, lambda: orthogonal_blocks(factor, z, data))
    for field in fields(pure):
        # The same sums in the same order.
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(pure, field.name))


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_fit_is_the_same_with_and_without_it(monkeypatch, module, frame, formula, method):
    design = build_design(formula, frame)
    ours, pure = both(monkeypatch, module, lambda: fit_lmm(design, method=method))
    assert ours.criterion == pytest.approx(pure.criterion, abs=1e-9)
    assert ours.convergence.status == pure.convergence.status
    # Theta is determined to the root of the criterion's rounding, where it is a flat function of it.
    np.testing.assert_allclose(ours.theta, pure.theta, rtol=0, atol=1e-5 * np.abs(pure.theta).max())


def test_neither_form_has_a_value_where_the_outcome_is_reproduced(monkeypatch, module, frame):
    strategy = prepare(build_design("y ~ x1 + (x1 | g)", frame)).strategy
    nothing = type(strategy)(strategy.factor, strategy.R, 0.0 * strategy.G, 0.0 * strategy.C)
    ours, pure = both(monkeypatch, module, lambda: nothing.criterion_terms(np.ones(3), hessian=True))
    assert ours is None
    assert pure is None


def test_huge_effects_are_left_to_the_pure_form(monkeypatch, module, frame):
    strategy = prepare(build_design("y ~ x1 + (x1 | g)", frame)).strategy
    theta = np.array([10.0 * LARGE, 1.0, 1.0])
    ours, pure = both(monkeypatch, module, lambda: strategy.value(theta))
    assert ours == pure


def test_arrays_that_do_not_fit_together_are_refused(module):
    ones = np.ones(1)
    index = np.zeros(1, dtype=np.intp)
    arguments = [
        0,
        1,
        2,
        index,
        index,
        ones,
        np.ones((5, 1, 1)),
        np.ones((5, 1, 2)),
        np.ones((2, 2)),
        np.ones(5),
    ]
    assert module.evaluate(*arguments)
    for place, wrong in [(1, 0), (2, 3), (3, index + 1), (4, index - 1), (7, np.ones(3)), (9, np.ones(4))]:
        changed = [*arguments[:place], wrong, *arguments[place + 1 :]]
        with pytest.raises(ValueError, match="do not fit together"):
            module.evaluate(*changed)


def test_rows_of_levels_that_are_not_there_are_refused(module):
    ones = np.ones((1, 3))
    for refs in ([0, 1, 2], [0, -1, 0], [0, 0]):
        with pytest.raises(ValueError, match="do not fit together"):
            module.split(2, 1, 1, 1e-9, np.array(refs), ones, ones, np.zeros((2, 1, 1)), np.zeros((2, 1, 1)))


@pytest.mark.parametrize("order", range(4))
def test_the_parts_of_the_output_follow_each_other(module, order):
    J, K, p, m = 5, 3, 2, 6
    starts = module.layout(order, J, K, p, m)
    sizes = dict(zip(module.PARTS, np.diff(starts), strict=True))
    assert starts[0] == 0
    assert (sizes["functions"], sizes["beta"], sizes["RX"]) == (3, p, p * p)
    assert sizes["gradients"] == (3 * m if order in (1, 2) else 0)
    assert sizes["hessians"] == (3 * m * m if order == 2 else 0)
    assert sizes["projections"] == (J * K * (p + 1) if order == 3 else 0)
