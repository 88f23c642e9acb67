"""Combinations of coefficients of which one is infinite."""

import numpy as np
import pytest

from mlm_steps import inference
from mlm_steps.inference import Reference
from mlm_steps.inference.joint_df import JointDf

BETA = np.array([0.5, -np.inf, 2.0])
VCOV = np.array([[0.04, np.nan, 0.01], [np.nan, np.nan, np.nan], [0.01, np.nan, 0.09]])


@pytest.fixture(name="separated")
def separated_():
    return Reference(
        "z", BETA, VCOV, None, lambda C: np.full(len(C), np.inf), lambda _: JointDf(1.0, float(np.inf))
    )


def test_the_other_coefficients_are_tested_as_usual(separated):
    found = inference.test_rows(
        separated, np.array([[1.0, 0.0, 0.0], [1.0, 0.0, -1.0], [1.0, 1e-17, 0.0]]), 0.95
    )
    assert found.estimate == pytest.approx([0.5, -1.5, 0.5])
    assert found.se == pytest.approx([0.2, np.sqrt(0.11), 0.2])


@pytest.mark.parametrize(
    ("row", "estimate"),
    [([0.0, 1.0, 0.0], -np.inf), ([1.0, -2.0, 0.0], np.inf), ([0.0, 0.5, 1.0], -np.inf)],
)
def test_a_combination_with_the_infinite_one_is_infinite_and_has_no_error(separated, row, estimate):
    found = inference.test_rows(separated, np.array([row]), 0.95)
    assert found.estimate[0] == estimate
    assert np.isnan([found.se[0], found.p[0], found.ci_low[0]]).all()


def test_infinities_that_cancel_have_no_value():
    beta = np.array([np.inf, np.inf])
    reference = Reference("z", beta, np.full((2, 2), np.nan), None, lambda C: np.ones(len(C)), lambda _: None)
    assert np.isnan(inference.test_rows(reference, np.array([[1.0, -1.0]]), 0.95).estimate[0])


def test_a_joint_test_needs_all_its_coefficients(separated):
    whole = inference.test_jointly(separated, np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    assert whole.chisq == pytest.approx(
        BETA[[0, 2]] @ np.linalg.solve(VCOV[np.ix_([0, 2], [0, 2])], BETA[[0, 2]])
    )
    assert (whole.sum_sq, whole.mean_sq) == (None, None)
    assert np.isnan(inference.test_jointly(separated, np.eye(3)[:2]).p)
