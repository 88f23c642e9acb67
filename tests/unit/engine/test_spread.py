"""Standard deviations of columns within and between groups."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.engine.result.spread import column_spread

EXACT = 1e-12


def drawn(seed=4, n=60, groups=7):
    rng = np.random.default_rng(seed)
    refs = rng.integers(0, groups, n)
    return np.column_stack([rng.normal(5, 2, n), rng.normal(0, 1, groups)[refs], np.ones(n)]), refs


def test_the_deviations_are_those_of_pandas():
    columns, refs = drawn()
    frame = pd.DataFrame(columns)
    means = frame.groupby(refs).transform("mean")
    found = column_spread(columns, refs)
    assert found.within == pytest.approx((frame - means).std().to_numpy(), abs=EXACT)
    assert found.between == pytest.approx(means.std().to_numpy(), abs=EXACT)
    assert found.over_groups == pytest.approx(frame.groupby(refs).mean().std().to_numpy(), abs=EXACT)


def test_the_two_variances_add_up_to_that_of_the_column():
    columns, refs = drawn(9)
    found = column_spread(columns, refs)
    assert found.within**2 + found.between**2 == pytest.approx(columns.var(axis=0, ddof=1), abs=EXACT)


def test_constants_and_group_level_columns_do_not_vary_within_even_far_from_zero():
    columns, refs = drawn(2)
    found = column_spread(columns + 1e7, refs)
    assert found.varies_within.tolist() == [True, False, False]
    assert found.varies_between.tolist() == [True, True, False]


def test_unused_levels_are_no_groups_and_one_group_has_no_spread_over_groups():
    columns = np.array([[1.0], [2.0], [5.0], [6.0]])
    assert column_spread(columns, np.array([0, 0, 3, 3])).over_groups == pytest.approx([np.sqrt(8)])
    assert np.isnan(column_spread(columns, np.zeros(4, dtype=int)).over_groups).all()
