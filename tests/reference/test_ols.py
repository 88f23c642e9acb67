"""Every single-level model of the reference, against R's lm; cluster-robust errors against CR1 by hand."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.ols import fit_ols

RTOL = 1e-9
"""Least squares have a closed solution: what is left is rounding, here and in the file's twelve digits."""


def close(actual, desired, *, rtol=RTOL, atol=0.0):
    np.testing.assert_allclose(np.asarray(actual, dtype=float), np.asarray(desired, dtype=float), rtol, atol)


@pytest.fixture
def expected(case):
    return case.entry["fits"]["OLS"]


@pytest.fixture
def ols(case, expected):
    design = build_design(case.entry["formula"], case.frame, contrasts=case.contrasts, mixed=False)
    cluster = expected.get("cluster")
    refs = {} if cluster is None else {cluster: np.unique(case.frame[cluster], return_inverse=True)[1]}
    return fit_ols(design, refs)


def test_the_columns_are_rs(case, ols):
    names = case.entry.get("design", case.entry["fits"]["OLS"])["fixef_names"]
    assert list(ols.design.columns) == names


def test_coefficients_agree(ols, expected):
    close(ols.beta, expected["fixef"], atol=RTOL * np.max(expected["se"]))
    close(ols.se, expected["se"])
    close(ols.t, expected["t"], atol=RTOL)
    close(ols.p_value, expected["p"], rtol=1e-6, atol=1e-300)


def test_summaries_agree(ols, expected):
    close(ols.sigma, expected["sigma"])
    close(ols.loglik, expected["loglik"])
    close((ols.aic, ols.bic), (expected["aic"], expected["bic"]))
    close(ols.r_squared, expected["r_squared"], atol=RTOL)
    close(ols.adj_r_squared, expected["adj_r_squared"], atol=RTOL)
    value, df_1, df_2 = expected["f_statistic"]
    assert (ols.f_statistic is None) == (value is None)
    if value is not None:
        close(ols.f_statistic, value)
        assert ols.f_df == (df_1, df_2)


def test_cluster_robust_errors_agree(ols, expected):
    if "cluster_se" in expected:
        close(ols.se_cluster[expected["cluster"]], expected["cluster_se"])
