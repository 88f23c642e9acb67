"""The studentized range against scipy's slower integral."""

import numpy as np
import pytest
from scipy.special import stdtr

from mlm_steps.effects.studentized_range import range_isf, range_sf

Q = np.array([0.5, 2.0, 3.5, 6.0, 12.0])
ACCURACY = {"rtol": 1e-6, "atol": 1e-9}
"""The quadrature's, of a tail; a printed p-value has three digits."""


@pytest.mark.parametrize("df", [1.0, 3.5, 24.0, 400.0])
@pytest.mark.parametrize("k", [3, 12])
def test_the_upper_tail_is_scipys(k, df):
    from scipy.stats import studentized_range

    np.testing.assert_allclose(
        range_sf(Q, k, np.full(Q.shape, df)), studentized_range.sf(Q, k, df), **ACCURACY
    )


def test_a_small_tail_keeps_its_digits():
    """Half of R's digits are gone here: its ptukey gives 6.88e-10."""
    tail = range_sf(np.array([12.0]), 12, np.array([57.3]))[0]
    assert tail == pytest.approx(6.7578e-10, rel=1e-4)


def test_of_two_means_it_is_students_t():
    t = Q / np.sqrt(2.0)
    np.testing.assert_allclose(range_sf(Q, 2, np.full(5, 7.3)), 2 * stdtr(7.3, -t), rtol=1e-12)


@pytest.mark.parametrize("k", [2, 3, 8])
@pytest.mark.parametrize("p", [0.05, 0.001])
def test_the_quantile_inverts_the_tail(k, p):
    df = np.array([2.3, 9.0, 57.0, np.inf])
    np.testing.assert_allclose(range_sf(range_isf(p, k, df), k, df), p, rtol=1e-8)
