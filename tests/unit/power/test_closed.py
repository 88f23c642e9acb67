"""Closed answers against the formulas for balanced designs (statistics, section 16.6) and simple limits."""

from importlib import import_module

import numpy as np
import pytest
from scipy.special import fdtri, ncfdtr
from scipy.stats import nct, ncx2

from mlm_steps.engine.fit.lmm import evaluate_at
from mlm_steps.errors import UsageError
from mlm_steps.inference import reference
from mlm_steps.power.closed import closed_power
from mlm_steps.power.expected import CrossProducts
from mlm_steps.power.tests import Test, power_of_f, power_of_t
from mlm_steps.power.truth import Truth

J, N = 24, 8
T = np.array([[0.5, 0.1], [0.1, 0.3]])


@pytest.fixture(scope="module")
def balanced(design_of):
    g = np.repeat(np.arange(J), N)
    x = np.tile(np.arange(N) - (N - 1) / 2, J)
    w = np.linspace(-1.0, 1.0, J)[g]
    return design_of("y ~ x * w + (x | g)", groups=["g"], g=g, x=x, w=w)


@pytest.fixture(scope="module")
def answer(effect):
    def closed(design, name, truth, alpha=0.05):
        return closed_power(CrossProducts.of(design), truth, [effect(design, name)], alpha)[0]

    return closed


def test_balanced_designs_have_the_textbook_variances_and_df(balanced, answer):
    truth = Truth(np.array([0.0, 0.3, 0.4, 0.2]), (T,), 1.2)
    x, w = balanced.X[:, 1], balanced.X[::N, 2]
    sx2, sw2 = np.mean(x**2), np.mean(w**2)
    slope = (T[1, 1] + truth.sigma**2 / (N * sx2)) / J
    expected = {
        "x": (slope, J - 2),
        "w": ((T[0, 0] + truth.sigma**2 / N) / (J * sw2), J - 2),
        "x:w": (slope / sw2, J - 2),
    }
    for name, (variance, df) in expected.items():
        found = answer(balanced, name, truth)
        assert found.vcov[0, 0, 0] == pytest.approx(variance, rel=1e-10)
        assert found.df[0] == pytest.approx(df, rel=1e-8)


def test_an_unbalanced_design_has_the_df_of_kenward_and_roger(design_of, answer):
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(12), rng.integers(2, 12, 12))
    design = design_of("y ~ x + (x | g)", groups=["g"], g=g, x=rng.normal(size=g.size))
    fit = evaluate_at(design, np.array([0.7, 0.1, 0.4]))
    truth = Truth(np.zeros(2), (fit.covariances[0],), fit.sigma)
    found = answer(design, "x", truth)
    assert found.df[0] == pytest.approx(reference(fit, "kenward-roger").df(np.eye(2))[1], rel=1e-8)
    assert found.vcov[0, 0, 0] == pytest.approx(fit.vcov[1, 1], rel=1e-8)


def test_a_test_of_several_rows_is_that_of_one_row_where_the_others_are_null(balanced, answer):
    truth = Truth(np.array([0.0, 0.3, 0.0, 0.0]), (T,), 1.2)
    products = CrossProducts.of(balanced)
    both = closed_power(products, truth, [Test("both", np.eye(4)[1:3])], 0.05)[0]
    alone = answer(balanced, "x", truth)
    assert both.noncentrality[0] == pytest.approx((0.3 / alone.se[0]) ** 2, rel=1e-9)
    assert both.df[0] == pytest.approx(22, rel=1e-6)
    assert both.power[0] < alone.power[0]


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_power_is_that_of_the_noncentral_t(alternative):
    t = {
        "greater": lambda d, f: nct.sf(1.729132811521367, f, d),
        "less": lambda d, f: nct.cdf(-1.729132811521367, f, d),
    }
    for ncp in (-2.0, 0.0, 1.0, 3.0):
        assert power_of_t(ncp, 19.0, 0.05, alternative) == pytest.approx(t[alternative](ncp, 19.0), abs=1e-9)


def test_infinite_df_are_chi_squared():
    assert power_of_f(4.0, 2, np.inf, 0.05) == pytest.approx(ncx2.sf(5.991464547107979, 2, 4.0), abs=1e-10)
    assert power_of_f(0.0, 3, 20.0, 0.05) == pytest.approx(0.05, abs=1e-10)


def test_covariances_that_no_data_have_are_refused():
    with pytest.raises(UsageError, match="negative eigenvalue"):
        Truth(np.zeros(1), (np.array([[1.0, 2.0], [2.0, 1.0]]),), 1.0).theta()


def test_power_exists_where_scipy_has_no_value():
    rng = np.random.default_rng(3)
    noncentrality, df = 10 ** rng.uniform(0, 5, 3000), 10 ** rng.uniform(0, 4, 3000)
    for q in (1, 3):
        scipy = ncfdtr(q, df, noncentrality, fdtri(q, df, 0.95))
        assert np.isnan(scipy).any()
        found = power_of_f(noncentrality, q, df, 0.05)
        assert np.isfinite(found).all()
        assert found[np.isnan(scipy)].min() > 0.9999
    assert float(power_of_t(40.0, 1000.0, 0.05)) == pytest.approx(1.0)


def test_the_quadrature_of_an_f_test_agrees_with_scipy(monkeypatch):
    rng = np.random.default_rng(4)
    noncentrality, df = 10 ** rng.uniform(-1, 2.5, 300), 10 ** rng.uniform(0, 4, 300)
    for q in (1, 4):
        expected = power_of_f(noncentrality, q, df, 0.05)
        with monkeypatch.context() as patch:
            patch.setattr(import_module("mlm_steps.power.tests"), "ncfdtr", lambda *_: np.full(300, np.nan))
            assert power_of_f(noncentrality, q, df, 0.05) == pytest.approx(expected, abs=2e-5)
