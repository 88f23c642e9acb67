"""Null distributions at the boundary."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from mlm_steps.compare.mixtures import boundary_null, chi_square_tail, mixture_tail
from mlm_steps.compare.nesting import relate
from mlm_steps.design.build import build_design
from mlm_steps.records import MixtureComponent


def frame():
    rng = np.random.default_rng(2)
    n = 120
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "v": rng.normal(size=n),
            "g": [f"g{i}" for i in rng.integers(0, 12, n)],
            "h": [f"h{i}" for i in rng.integers(0, 8, n)],
            "k": [f"k{i}" for i in rng.integers(0, 6, n)],
        }
    )


DATA = frame()


@pytest.mark.parametrize(
    ("smaller", "larger", "weights"),
    [
        ("(1|g)", "(1|g) + (1|h)", {0: 0.5, 1: 0.5}),
        ("(1|g)", "(x||g)", {0: 0.5, 1: 0.5}),
        ("(1|g)", "(x|g)", {1: 0.5, 2: 0.5}),
        ("(x|g)", "(x + v|g)", {2: 0.5, 3: 0.5}),
        ("(x||g)", "(x|g)", {1: 1.0}),
        ("(x + v||g)", "(x + v|g)", {3: 1.0}),
        ("(1|g)", "(1|g) + (1|h) + (1|k)", {0: 0.25, 1: 0.5, 2: 0.25}),
        ("(1|g)", "(x + v|g)", None),
        ("(1|g)", "(1|g) + (x|h)", None),
        ("(1|g) + (1|h)", "(x|g) + (x|h)", None),
        ("(x||g)", "(x + v|g)", None),
    ],
)
def test_the_mixture_follows_from_what_is_added(smaller, larger, weights):
    small, large = (build_design(f"y ~ x + v + {random}", DATA) for random in (smaller, larger))
    null = boundary_null(small, large, relate(small, large).up)
    if weights is None:
        assert (null.mixture, null.code) == (None, "no_closed_weights")
    else:
        assert {part.df: part.weight for part in null.mixture} == weights
        assert null.approximate == (len(weights) > 2)


def test_the_tail_of_a_mixture_is_the_weighted_tail():
    mixture = (MixtureComponent(df=1, weight=0.5), MixtureComponent(df=2, weight=0.5))
    assert mixture_tail(mixture, 25.310) == pytest.approx((chi2.sf(25.310, 1) + chi2.sf(25.310, 2)) / 2)


@pytest.mark.parametrize(
    ("df", "statistic", "tail"), [(0, 0.0, 1.0), (0, 1e-9, 0.0), (1, 0.0, 1.0), (3, 80.0, chi2.sf(80.0, 3))]
)
def test_tails_are_right_at_the_ends(df, statistic, tail):
    assert chi_square_tail(df, statistic) == pytest.approx(tail, rel=1e-12)
