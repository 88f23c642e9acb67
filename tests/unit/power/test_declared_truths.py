"""Truths of models with categories, correlated predictors and uncommon random effects."""

import numpy as np
import pytest

from mlm_steps.errors import UsageError
from mlm_steps.power.declared.columns import ModelColumns
from mlm_steps.power.declared.predictors import Predictor
from mlm_steps.power.declared.sizes import Factor
from mlm_steps.power.declared.truths import Shares, arend_schaefer, by_source, population_sources
from mlm_steps.power.study import Study

ARMS = {"a": 0.2, "b": 0.3, "c": 0.5}
GROUPS = (Factor("g", 40),)
SHARES = Shares(icc=0.3, within=0.1, between=0.05, slope=0.05)


def study(formula, *predictors, shares=SHARES, factors=GROUPS, **given):
    return Study(factors, 10, formula, lambda columns: by_source(columns, shares), predictors, **given)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ k + w + (k | g)",
        "y ~ x + k2 + (x | g)",
        "y ~ x + w + (0 + x | g) + (1 | g)",
        "y ~ x + w + (x || g)",
        "y ~ k + k2 + x + (k + x | g)",
    ],
)
def test_categories_and_separate_terms_return_the_declaration(formula):
    predictors = (
        Predictor("x", mean=0.5),
        Predictor("k", kind="category", shares=ARMS),
        Predictor("w", factor="g"),
        Predictor("k2", factor="g", kind="category", shares=ARMS),
    )
    own = study(formula, *predictors)
    found = population_sources(own.columns, own.truth)
    assert found["within"] == pytest.approx(0.1, abs=1e-10)
    assert found["slope"] == pytest.approx(0.05, abs=1e-10)
    assert found["between"] + found["intercept"] == pytest.approx(0.3, abs=1e-10)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-10)


def test_the_indicators_of_a_category_have_multinomial_covariances():
    own = study("y ~ k + (1 | g)", Predictor("k", kind="category", shares=ARMS), shares=Shares(icc=0.1))
    columns = own.columns
    assert columns.within("kb", "kb") == pytest.approx(0.3 * 0.7)
    assert columns.within("kb", "kc") == pytest.approx(-0.3 * 0.5)
    assert columns.between("kb", "kc") == 0.0
    assert columns.mean("kc") == pytest.approx(0.5)


@pytest.mark.parametrize(("p", "q", "r"), [(0.5, 0.5, 0.5), (0.3, 0.5, -0.4), (0.2, 0.7, 0.8)])
def test_the_correlation_of_two_binary_predictors(p, q, r):
    from scipy.stats import multivariate_normal, norm

    predictors = (
        Predictor("a", factor="g", kind="binary", share=p),
        Predictor("b", factor="g", kind="binary", share=q),
    )
    own = study("y ~ a + b + (1 | g)", *predictors, correlations={("a", "b"): r}, shares=Shares(icc=0.1))
    both = multivariate_normal(cov=[[1.0, r], [r, 1.0]]).cdf([norm.ppf(p), norm.ppf(q)])
    assert own.columns.between("a", "b") == pytest.approx(both - p * q, abs=1e-6)


def test_correlated_binary_predictors_are_allocated_anew():
    predictors = (Predictor("a", factor="g", kind="binary"), Predictor("b", factor="g", kind="binary"))
    own = study(
        "y ~ a + b + (1 | g)", *predictors, correlations={("a", "b"): 0.5}, factors=(Factor("g", 400),)
    )
    drawn = own.source.predictors.draw(
        [np.random.default_rng(i) for i in range(60)], np.random.default_rng(0)
    )
    a, b = (drawn[name].reshape(60, 400, 10)[:, :, 0] for name in "ab")
    assert (a.mean(axis=1) == 0.5).all()
    assert (a[0] != a[1]).any()
    found = np.mean((a - 0.5) * (b - 0.5))
    assert found == pytest.approx(own.columns.between("a", "b"), abs=0.004)


def test_predictors_that_are_drawn_once_keep_their_correlation():
    predictors = (Predictor("x", fixed=True), Predictor("b", kind="binary"))
    own = study("y ~ x + b + (1 | g)", *predictors, correlations={("x", "b"): 0.6}, shares=Shares(icc=0.1))
    assert not own.source.predictors.redrawn
    x, b = own.source.template.X[:, 1:].T
    assert np.corrcoef(x, b)[0, 1] > 0.3


def test_impossible_correlations_are_said():
    predictors = tuple(Predictor(name) for name in "abc")
    pairs = {("a", "b"): 0.9, ("a", "c"): 0.9, ("b", "c"): -0.9}
    with pytest.raises(UsageError, match="eigenvalue"):
        _ = study("y ~ a + b + c + (1 | g)", *predictors, correlations=pairs).truth


@pytest.mark.parametrize(
    ("formula", "match"),
    [
        ("y ~ x + I(x^2) + (1 | g)", r"coefficient of 'I\(x\^2\)'"),
        ("y ~ x * z + (1 | g)", "coefficient of 'x:z'"),
        ("y ~ x + (0 + x | g)", "needs a random intercept"),
        ("y ~ x + w + (w | g)", "random slope of 'w'"),
        ("y ~ x + (scale(x) | g)", "random slope of 'scale"),
    ],
)
def test_shares_that_determine_nothing_are_refused(formula, match):
    own = study(formula, Predictor("x"), Predictor("z"), Predictor("w", factor="g"))
    with pytest.raises(UsageError, match=match):
        _ = own.truth


def test_a_weight_of_zero_is_no_effect():
    shares = Shares(icc=0.2, within=0.1, weights={"I(x^2)": 0.0})
    own = study("y ~ x + I(x^2) + (1 | g)", Predictor("x"), shares=shares)
    assert own.truth.beta.tolist() == pytest.approx([0.0, np.sqrt(0.1), 0.0])


def test_shares_and_arend_describe_one_factor():
    factors = (Factor("a", 10), Factor("b", 3, within="a"))
    own = study("y ~ x + (1 | a) + (1 | b)", Predictor("x"), factors=factors)
    with pytest.raises(UsageError, match="one grouping factor"):
        _ = own.truth
    columns = ModelColumns(own.source)
    with pytest.raises(UsageError, match="one grouping factor"):
        arend_schaefer(columns, icc=0.1, level1=0.1, level2=0.1, cross=0.1, slope_variance=0.1)


def test_a_correlation_needs_correlated_effects():
    shares = Shares(icc=0.2, slope=0.05, correlation=0.4)
    with pytest.raises(UsageError, match="uncorrelated"):
        _ = study("y ~ x + (x || g)", Predictor("x"), shares=shares).truth
