"""Holm's adjustment; the numbers are those of R's ``p.adjust(p, "holm")``."""

import pytest

from mlm_steps.compare.holm import holm


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.2, 0.6, 0.9], [0.6, 1.0, 1.0]),
        ([0.02, None, 0.01], [0.02, None, 0.02]),
        ([], []),
    ],
)
def test_p_values_are_multiplied_by_the_tests_that_are_left(given, expected):
    assert list(holm(given)) == pytest.approx(expected)
