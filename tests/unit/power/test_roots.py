"""Roots of increasing functions."""

import math

import pytest

from mlm_steps.power.roots import root

CASES = [
    (lambda x: x**3 - 2.0, 0.0, 2.0, 2.0 ** (1 / 3)),
    (lambda x: math.tanh(50.0 * (x - 0.7)), 0.0, 100.0, 0.7),
    (lambda x: math.exp(x) - 1e8, 0.0, 40.0, 8.0 * math.log(10.0)),
    (lambda x: x - 1e-6, 0.0, 1.0, 1e-6),
    (lambda x: x, -1.0, 0.0, 0.0),
    (lambda x: -1.0 if x < 0.3 else 1.0, 0.0, 1.0, 0.3),
]


@pytest.mark.parametrize(("function", "low", "high", "expected"), CASES)
def test_a_root_is_found_within_the_tolerance_and_few_evaluations(function, low, high, expected):
    calls = []

    def counted(x):
        calls.append(x)
        return function(x)

    assert root(counted, low, high, within=1e-10) == pytest.approx(expected, abs=1e-10)
    assert len(calls) <= 45
    assert all(low <= x <= high for x in calls)
