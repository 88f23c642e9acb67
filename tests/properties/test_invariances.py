"""What a fit must not depend on, over every kind of design."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.errors import MlmError

from .fuzz.base import labels
from .fuzz.kinds import KINDS
from .fuzz.sample import best_criteria, draw, seeds_of

SAME = 1e-4
"""Two criteria that differ by less belong to one optimum."""
SETTLED = [
    (kind, seed)
    for kind, values in best_criteria().items()
    for seed, best in zip(seeds_of(kind), values, strict=True)
    if best is not None and kind not in ("nested", "crossed", "three_factors")
]
"""Designs that have an optimum, and whose fits take a moment."""
DESIGNS = st.sampled_from(SETTLED)
CORRELATED = [(kind, seed) for kind, seed in SETTLED if "||" not in draw(kind, seed).formula]


def criterion(case):
    return fit_lmm(build_design(case.formula, case.frame, weights=case.weights), method=case.method).criterion


def known(kind, seed):
    return best_criteria()[kind][seed]


@settings(max_examples=12, deadline=None)
@given(DESIGNS, st.integers(0, 10**6))
def test_rows_in_another_order_give_the_same_optimum(design, order):
    case = draw(*design)
    shuffled = case.frame.sample(frac=1.0, random_state=order)
    assert criterion(replace(case, frame=shuffled)) == pytest.approx(known(*design), abs=SAME)


@settings(max_examples=12, deadline=None)
@given(DESIGNS, st.integers(0, 10**6))
def test_groups_by_other_names_and_types_give_the_same_optimum(design, names):
    case, rng = draw(*design), np.random.default_rng(names)
    renamed = {
        factor: labels(rng, np.unique(case.frame[factor].astype(str), return_inverse=True)[1])
        for factor in ("g", "h", "k")
        if factor in case.frame
    }
    assert criterion(replace(case, frame=case.frame.assign(**renamed))) == pytest.approx(
        known(*design), abs=SAME
    )


@settings(max_examples=12, deadline=None)
@given(DESIGNS, st.integers(-30, 30))
def test_an_outcome_in_other_units_moves_the_criterion_by_the_logarithm_of_the_unit(design, exponent):
    case = draw(*design)
    built = build_design(case.formula, case.frame, weights=case.weights)
    if "offset" in case.formula:
        return
    df = built.n - built.p if case.method == "REML" else built.n
    moved = case.frame.assign(y=2.0**exponent * case.frame["y"])
    expected = known(*design) + 2.0 * df * exponent * np.log(2.0)
    assert criterion(replace(case, frame=moved)) == pytest.approx(expected, abs=SAME)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([design for design in CORRELATED if "x" in draw(*design).frame]), st.integers(-12, 12))
def test_a_covariate_in_other_units_leaves_the_ml_optimum_as_it_was(design, exponent):
    case = replace(draw(*design), method="ML")
    scaled = case.frame.assign(x=2.0**exponent * case.frame["x"])
    assert criterion(replace(case, frame=scaled)) == pytest.approx(criterion(case), abs=SAME)


@pytest.mark.parametrize("kind", ["small_scale", "far_from_zero", "weights", "growth"])
def test_a_constant_added_to_the_outcome_is_taken_up_by_the_intercept(kind):
    for seed in range(3):
        case = draw(kind, seed)
        built = build_design(case.formula, case.frame, weights=case.weights)
        plain = fit_lmm(built, method=case.method)
        moved = fit_lmm(replace(built, y=built.y + 1000.0), method=case.method)
        assert moved.criterion == pytest.approx(plain.criterion, abs=SAME)
        assert moved.fitted - 1000.0 == pytest.approx(plain.fitted, abs=SAME * plain.sigma)


def test_what_is_refused_is_refused_in_any_order():
    for kind in KINDS:
        refused = [
            seed for seed, best in zip(seeds_of(kind), best_criteria()[kind], strict=True) if best is None
        ]
        for seed in refused[:2]:
            case = draw(kind, seed)
            backwards = replace(case, frame=case.frame[::-1])
            assert outcome(backwards) == outcome(case), (kind, seed)


def outcome(case):
    try:
        fit = fit_lmm(build_design(case.formula, case.frame, weights=case.weights), method=case.method)
    except MlmError as error:
        return str(error)
    return fit.convergence.status
