"""Required numbers of groups from simulated designs (statistics, section 16.5)."""

import numpy as np
import pytest
from scipy.special import ndtr

from mlm_steps.power.curves import Point, designs_around, fit_line


def exact(a, c, groups, se=0.004):
    return [Point(J, float(ndtr(a + c * np.sqrt(J))), se) for J in groups]


def test_a_line_is_recovered_and_inverted():
    line = fit_line(exact(-1.5, 0.26, designs_around(80, multiple=2)))
    assert (line.intercept, line.slope) == pytest.approx((-1.5, 0.26), rel=1e-9)
    needed, low, high = line.groups(0.8)
    assert float(line.power(np.array([needed]))[0]) == pytest.approx(0.8, abs=1e-10)
    assert low < needed < high


def test_fiellers_interval_covers_the_true_number():
    rng = np.random.default_rng(8)
    truth = ((0.8416212335729143 + 1.5) / 0.26) ** 2
    covered = 0
    for _ in range(400):
        noisy = [
            Point(p.groups, p.power + rng.normal(scale=0.01), 0.01)
            for p in exact(-1.5, 0.26, (40, 56, 76, 100, 128))
        ]
        _, low, high = fit_line(noisy).groups(0.8)
        covered += low <= truth <= high
    assert 0.95 - 3 * np.sqrt(0.05 * 0.95 / 400) < covered / 400 < 0.95 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_a_flat_line_has_no_upper_limit():
    assert fit_line(exact(-1.0, 0.001, (10, 20, 40), se=0.05)).groups(0.8)[2] == np.inf
    assert fit_line(exact(0.5, -0.1, (10, 20, 40))).groups(0.8) == (np.inf, 0.0, np.inf)


def test_a_band_contains_the_line():
    line = fit_line(exact(-1.5, 0.26, (40, 80, 120)))
    low, high = line.band(np.array([50.0, 90.0]))
    assert (low < line.power(np.array([50.0, 90.0]))).all()
    assert (high > line.power(np.array([50.0, 90.0]))).all()


def test_one_design_has_no_line():
    with pytest.raises(ValueError, match="two different"):
        fit_line(exact(0.0, 0.1, (20, 20)))
