"""ICC(1), ICC(2) and the slopes that may turn."""

import numpy as np
import pytest

from mlm_steps.variance.aggregation import aggregation, simpson_check


def balanced(J=40, size=5):
    rng = np.random.default_rng(4)
    refs = np.repeat(np.arange(J), size)
    return rng.normal(size=J)[refs] + rng.normal(size=J * size), refs


def test_both_indices_of_balanced_groups_are_those_of_the_anova():
    y, refs = balanced()
    means = y.reshape(40, 5).mean(axis=1)
    between = 5 * np.var(means, ddof=1)
    within = np.mean(np.var(y.reshape(40, 5), axis=1, ddof=1))
    icc1, icc2 = aggregation(y, refs)
    assert icc1 == pytest.approx((between - within) / (between + 4 * within), rel=1e-6)
    assert icc2 == pytest.approx((between - within) / between, rel=1e-6)


@pytest.mark.parametrize(
    ("y", "refs", "expected"),
    [
        ([1.0, 1.0, 2.0, 2.0, 5.0], [0, 0, 1, 1, 2], (1.0, 1.0)),
        ([0.1, 0.1, 0.1], [0, 0, 1], (None, None)),
        ([1.0, 2.0, 3.0], [0, 1, 2], (None, None)),
        ([1.0, 2.0, 3.0], [0, 0, 0], (None, None)),
        ([1.0, 3.0, 1.0, 3.0], [0, 0, 1, 1], (0.0, 0.0)),
    ],
)
def test_what_cannot_be_divided_has_defined_indices(y, refs, expected):
    found = aggregation(np.array(y), np.array(refs))
    assert found == pytest.approx(expected)


def test_levels_without_rows_do_not_count():
    y, refs = balanced()
    assert aggregation(y, 3 * refs + 2) == pytest.approx(aggregation(y, refs))


def test_opposite_slopes_within_and_between_are_flagged():
    rng = np.random.default_rng(7)
    refs = np.repeat(np.arange(30), 10)
    means = rng.normal(size=30)[refs]
    x = means + 0.5 * rng.normal(size=300)
    y = 2 * means - (x - means) + 0.3 * rng.normal(size=300)
    check = simpson_check(y, x, refs)
    assert check.opposite
    assert (check.within.estimate < 0, check.between.estimate > 0, check.pooled.estimate > 0) == (True,) * 3
    assert check.within.clear
    assert check.pooled.estimate == pytest.approx(np.polyfit(x, y, 1)[0])
    assert (check.within.df, check.between.df) == (269, 28)


def test_the_within_slope_is_that_of_the_fixed_effects_estimator():
    y, refs = balanced()
    rng = np.random.default_rng(9)
    x = rng.normal(size=200) + refs / 10
    deviation = x - np.bincount(refs, weights=x)[refs] / 5
    check = simpson_check(y, x, refs)
    assert check.within.estimate == pytest.approx(deviation @ y / (deviation @ deviation), rel=1e-6)


@pytest.mark.parametrize(("x", "missing"), [("between", "within"), ("within", "between")])
def test_a_slope_needs_variation_at_its_level(x, missing):
    y, refs = balanced()
    predictor = refs.astype(float) if x == "between" else np.tile(np.arange(5.0), 40)
    assert getattr(simpson_check(y, predictor, refs), missing) is None


def test_too_few_groups_have_no_check():
    assert simpson_check(np.arange(4.0), np.array([1.0, 2, 2, 4]), np.array([0, 0, 1, 1])) is None
