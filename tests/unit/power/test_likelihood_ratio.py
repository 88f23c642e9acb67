"""Power of likelihood ratio tests of fixed effects and of variances."""

import numpy as np
import pytest
from scipy.stats import chi2

from mlm_steps.errors import UsageError
from mlm_steps.power.declared.predictors import Predictor
from mlm_steps.power.declared.sizes import Factor
from mlm_steps.power.declared.truths import raw
from mlm_steps.power.likelihood_ratio import comparison, likelihood_ratios
from mlm_steps.power.study import Study, closed_answers

TIME = Predictor("x", kind="values", values=(-1.5, -0.5, 0.5, 1.5))
B = 200


def study(formula, T, fixed=0.0, *, predictors=(TIME,), groups=40):
    return Study(
        (Factor("g", groups),),
        4,
        formula,
        lambda c: raw(c, {"x": fixed}, {"g": np.array(T)}, 1.0),
        predictors,
    )


def ratios(own, smaller, count=B):
    compared = comparison(own.source, smaller)
    return compared, likelihood_ratios(compared, own.truth, seed=2, numbers=range(count))


@pytest.mark.parametrize("predictor", [TIME, Predictor("x")])
def test_a_fixed_effect_has_the_power_of_its_t_test(predictor):
    own = study("y ~ x + (1 | g)", [[0.5]], 0.15, predictors=(predictor,))
    found, statistics = ratios(own, "y ~ 1 + (1 | g)")
    assert found.method == "ML"
    assert [(part.df, part.weight) for part in found.mixture] == [(1, 1.0)]
    answer = closed_answers(own)[0].power
    share = found.power(statistics, 0.05).share
    assert abs(share - answer) < 3.5 * np.sqrt(answer * (1 - answer) / B) + 0.01


def test_a_variance_that_is_absent_is_found_at_the_size_of_the_test():
    own = study("y ~ x + (x || g)", np.diag([0.5, 0.0]))
    found, statistics = ratios(own, "y ~ x + (1 | g)")
    assert found.method == "REML"
    assert [(part.df, part.weight) for part in found.mixture] == [(0, 0.5), (1, 0.5)]
    assert abs(found.power(statistics, 0.05).share - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / B) + 0.01
    assert abs(np.mean(statistics < 1e-6) - 0.5) < 0.12


def test_a_slope_with_its_covariance_is_tested_by_the_mixture():
    own = study("y ~ x + (x | g)", [[0.5, 0.1], [0.1, 0.2]])
    found, statistics = ratios(own, "y ~ x + (1 | g)")
    assert [(part.df, part.weight) for part in found.mixture] == [(1, 0.5), (2, 0.5)]
    statistic = statistics[0]
    expected = 0.5 * chi2.sf(statistic, 1) + 0.5 * chi2.sf(statistic, 2)
    assert found.p_values(statistics)[0] == pytest.approx(expected)
    assert found.power(statistics, 0.05).share > 0.5


@pytest.mark.parametrize("smaller", ["y ~ x + (x | g)", "y ~ 1 + (1 | g)"])
def test_models_that_are_equal_or_differ_in_both_parts_are_refused(smaller):
    own = study("y ~ x + (x | g)", [[0.5, 0.0], [0.0, 0.2]])
    with pytest.raises(UsageError, match="not nested"):
        ratios(own, smaller, 10)
