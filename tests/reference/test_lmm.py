"""Every linear mixed model of the reference, against lme4 and lmerTest at polished optima."""

import json
from pathlib import Path

import numpy as np

from mlm_steps.engine import conditional_variances

RTOL = 1e-6
"""Both optima are polished; the reference is good to about 1e-8 in theta, a standard error to about 1e-7."""
CRITERION_RTOL = 1e-9
"""At the optimum the criterion is flat: an error of 1e-6 in theta moves it by 1e-12."""
THETA_TOL = 1e-5
"""Relative, and absolute near 0: theta is a square root of what the criterion determines."""
DF_RTOL = 1e-4
"""The reference differentiates numerically (Richardson), twice for the Hessian."""
DF_SINGULAR_RTOL = 1e-3
"""On the boundary one eigenvalue of the reference's Hessian is noise."""
BETTER = 1e-6
"""A criterion lower than the reference's by more than this: the reference was not at its optimum."""


def is_better(fit, expected):
    """Return whether the reference stopped short, so that its other numbers do not bind."""
    return fit.criterion < expected["criterion"] - BETTER * max(1.0, abs(expected["criterion"]) * 1e-3)


def close(actual, desired, *, rtol=RTOL, atol=0.0):
    np.testing.assert_allclose(np.asarray(actual, dtype=float), np.asarray(desired, dtype=float), rtol, atol)


def test_the_design_has_rs_columns_in_rs_order(case, method, fit):
    design, expected = fit.lmm.design, case.entry["design"]
    assert list(design.columns) == expected["fixef_names"]
    assert design.n == expected["n_rows_used"]
    scale = np.sqrt(np.maximum(expected["X_colsumsq"], 1.0))
    close(design.X.sum(axis=0), expected["X_colsum"], atol=1e-9 * scale.max())
    close((design.X**2).sum(axis=0), expected["X_colsumsq"], rtol=1e-9)
    terms = [{"group": t.group, "names": list(t.names), "n_levels": len(t.levels)} for t in design.random]
    assert terms == expected["random_terms"]


def test_the_criterion_is_not_above_rs(fit, expected):
    assert fit.criterion <= expected["criterion"] + CRITERION_RTOL * abs(expected["criterion"])


def test_estimates_agree(case, fit, expected):
    if is_better(fit, expected):
        return
    close(fit.criterion, expected["criterion"], rtol=CRITERION_RTOL)
    close(fit.beta, expected["fixef"], atol=RTOL * np.max(expected["se"]))
    close(fit.se, expected["se"])
    close(fit.vcov, expected["vcov"], rtol=5 * RTOL, atol=RTOL * np.max(np.abs(expected["vcov"])))
    close(fit.sigma, expected["sigma"])
    assert fit.singular == expected["singular"]
    assert fit.converged


def test_covariance_parameters_agree(case, fit, expected):
    if is_better(fit, expected) or case.unidentified:
        return
    close(fit.theta, expected["theta"], rtol=THETA_TOL, atol=THETA_TOL)
    for ours, theirs in zip(fit.lmm.covariances, expected["varcorr"], strict=True):
        cov = np.asarray(theirs["cov"])
        close(ours, cov, rtol=THETA_TOL, atol=THETA_TOL * max(np.abs(cov).max(), expected["sigma"] ** 2))


def test_tests_of_coefficients_agree(case, fit, expected):
    if is_better(fit, expected) or case.unidentified:
        return
    rtol = DF_SINGULAR_RTOL if expected["singular"] else DF_RTOL
    desired = expected["satterthwaite"]
    close(fit.df, desired["df"], rtol=rtol)
    close(fit.t, desired["t"], atol=RTOL)
    close(fit.p_value, desired["p"], rtol=10 * rtol, atol=1e-12)


def test_information_criteria_agree(fit, expected):
    if is_better(fit, expected):
        return
    lmm = fit.lmm
    close(-lmm.criterion / 2, expected["loglik"])
    close(lmm.criterion + 2 * lmm.npar, expected["aic"])
    close(lmm.criterion + np.log(lmm.design.n) * lmm.npar, expected["bic"])


def test_fitted_values_and_residuals_agree(case, fit, expected):
    if is_better(fit, expected):
        return
    for ours, theirs in ((fit.lmm.fitted, expected["fitted"]), (fit.lmm.residuals, expected["residuals"])):
        first = theirs.get("first10") or theirs["first5"]
        scale = np.sqrt(expected["residuals"]["sumsq"] / len(ours))
        close(ours[: len(first)], first, rtol=THETA_TOL, atol=THETA_TOL * scale)
        close(ours.sum(), theirs["sum"], atol=THETA_TOL * scale * np.sqrt(len(ours)))
        close((ours**2).sum(), theirs["sumsq"], rtol=THETA_TOL)


def modes_by_factor(fit):
    """Return per grouping factor its levels, the modes and the sums of their variances, for all its terms."""
    factors = {}
    variances = conditional_variances(fit.lmm)
    for term, modes, blocks in zip(fit.lmm.design.random, fit.lmm.modes, variances, strict=True):
        _, columns, sums = factors.setdefault(term.group, (term.levels, [], []))
        columns.append(modes)
        sums.append(np.einsum("jkk->k", blocks))
    return {g: (levels, np.hstack(m), np.concatenate(s)) for g, (levels, m, s) in factors.items()}


def test_conditional_modes_and_their_variances_agree(case, fit, expected):
    if is_better(fit, expected) or case.unidentified:
        return
    ours = modes_by_factor(fit)
    assert set(ours) == set(expected["ranef"])
    for group, theirs in expected["ranef"].items():
        levels, modes, variances = ours[group]
        scale = max(np.abs(modes).max(), 1e-3 * expected["sigma"])
        for label, row in zip(theirs["levels_first5"], theirs["modes_first5"], strict=True):
            close(modes[levels.index(label)], row, rtol=THETA_TOL, atol=10 * THETA_TOL * scale)
        close(modes.sum(axis=0), theirs["sum"], atol=THETA_TOL * scale * len(levels))
        close((modes**2).sum(axis=0), theirs["sumsq"], rtol=1e-4, atol=THETA_TOL * scale**2)
        floor = THETA_TOL * expected["sigma"] ** 2
        close(variances, theirs["condvar_diag_sum"], rtol=1e-4, atol=floor)


def test_leverages_and_cooks_distances_agree(case, fit, expected):
    checks = expected.get("checks", {})
    if is_better(fit, expected) or case.unidentified or "hatvalues" not in checks:
        return
    pairs = ((fit.hatvalues, checks["hatvalues"]), (fit.cooks_distance, checks["cooks_distance_obs"]))
    for ours, theirs in pairs:
        close(ours[:10], theirs["first10"], rtol=10 * THETA_TOL, atol=THETA_TOL)
        close(ours.sum(), theirs["sum"], rtol=10 * THETA_TOL)
        close((ours**2).sum(), theirs["sumsq"], rtol=10 * THETA_TOL)


def test_predictions_for_the_population_agree(fit, expected):
    if is_better(fit, expected) or "fixed_pred" not in expected:
        return
    ours, theirs = fit.predict().estimate, expected["fixed_pred"]
    scale = np.sqrt(theirs["sumsq"] / theirs["n"])
    close(ours[:10], theirs["first10"], atol=RTOL * scale)
    close(ours.sum(), theirs["sum"], atol=RTOL * scale * theirs["n"])
    close((ours**2).sum(), theirs["sumsq"])


def test_every_model_of_the_list_has_numbers():
    folder = Path(__file__).parent
    listed = json.loads((folder / "models.json").read_text(encoding="utf-8"))
    for set_name, entries in listed.items():
        numbers = json.loads((folder / "numbers" / f"{set_name}.json").read_text(encoding="utf-8"))
        assert [model["id"] for model in numbers["models"]] == [entry["id"] for entry in entries]
