"""Every generalized linear mixed model of the reference, against lme4 and glmmTMB at polished optima."""

import re
from functools import cache

import numpy as np
import pytest
from scipy import special, stats

from mlm_steps.design.build import build_design
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.records.response import LINKS, Response

BETA_RTOL = 1e-4
"""The reference's modes are good to about 1e-6, and its optima to about 1e-5."""
THETA_TOL = 1e-3
"""Relative, and absolute near 0, where the deviance is flat in theta."""
SE_RTOL = 2e-3
"""The reference's Hessians are differences of a criterion with noise."""
DEVIANCE_RTOL = 1e-6
"""Ours may be lower: the reference then stopped short."""
OTHER_RULE_RTOL = 2e-5
"""lme4 places quadrature nodes by Fisher's curvature, which differs for probit and cloglog."""

FAMILIES = {"binomial": "binomial", "poisson": "poisson", "Gamma": "gamma", "nbinom2": "negative_binomial"}
"""Names of families in R and in a spec."""
POISSON_BESIDE = "glmmTMB_poisson"
"""The fit of a Poisson model to the same rows as a negative binomial one."""


def response_of(entry, source):
    """Return the response of a model, given R's words such as ``binomial(link = "probit")``."""
    words = "poisson" if source == POISSON_BESIDE else entry["family"]
    name, link = re.fullmatch(r'(\w+)(?:\(link = "(\w+)"\))?', words).groups()
    family = FAMILIES[name]
    trials = entry.get("weights") if family == "binomial" else None
    return Response(family, link or LINKS[family][0], trials)


def points_of(source):
    return int(source.removeprefix("nAGQ")) if source.startswith("nAGQ") else 1


@cache
def fit_of(case, source):
    response = response_of(case.entry, source)
    weights = None if response.trials else case.entry.get("weights")
    design = build_design(
        case.entry["formula"], case.frame, response=response, weights=weights, contrasts=case.contrasts
    )
    return fit_glmm(design, family_of(response.family, response.link), agq=points_of(source))


def another_criterion(case, source):
    """Return whether the reference minimised something else than the likelihood's approximation."""
    canonical = fit_of_link(case, source) in ("logit", "log")
    lme4 = source.startswith("nAGQ") or source == "glmer_nb"
    return source in ("nAGQ0", "glmer_nb") or (lme4 and not canonical and points_of(source) < 25)


def fit_of_link(case, source):
    return response_of(case.entry, source).link


def separated(case):
    """Return whether an estimate is infinite: R's numbers are then where its search stopped."""
    return "finite estimate" in (case.entry.get("note") or "")


def saturated(fit):
    """Return the log-likelihood of the means that equal the outcomes, which lme4 omits with quadrature."""
    k, n = fit.design.y, fit.prepared.original(fit.prepared.outcome.trials)
    if fit.family == "poisson":
        return (special.xlogy(k, k) - k - special.gammaln(k + 1)).sum()
    return stats.binom.logpmf(k, n, k / n).sum()


def deviance_of(expected, fit):
    if expected.get("loglik_full") is not None:
        return -2.0 * expected["loglik_full"]
    return -2.0 * (expected["loglik"] + (saturated(fit) if fit.agq > 1 else 0.0))


@pytest.fixture
def fit(case, source):
    return fit_of(case, source)


@pytest.fixture
def expected(case, source):
    return case.entry["fits"][source]


def deviations_of(fit):
    """Return the standard deviation of each random coefficient by its factor and name."""
    return {
        (term.group, name): np.sqrt(variance)
        for term, T in zip(fit.design.random, fit.covariances, strict=True)
        for name, variance in zip(term.names, np.diag(T), strict=True)
    }


def is_better(fit, expected):
    """Return whether the reference stopped so short that its estimates do not bind."""
    return fit.deviance < deviance_of(expected, fit) - 1e-4


def is_degenerate(fit):
    """Return whether a correlation is ±1, where standard errors depend on how the boundary is left out."""
    return any(
        np.linalg.matrix_rank(T, tol=1e-6 * T.max()) < len(T) and np.diag(T).min() > 0
        for T in fit.covariances
        if len(T) > 1
    )


def test_the_deviance_is_not_above_rs(case, source, fit, expected):
    rule = fit_of_link(case, source) in ("logit", "log") or fit.agq == 1
    tolerance = DEVIANCE_RTOL if rule else OTHER_RULE_RTOL
    theirs = deviance_of(expected, fit)
    assert fit.deviance <= theirs + tolerance * abs(theirs)
    if not is_better(fit, expected):
        assert fit.deviance == pytest.approx(theirs, rel=tolerance)
    assert fit.npar == expected["npar"]
    assert fit.convergence.status in ("converged", "singular")


def test_fixed_effects_agree(case, fit, expected):
    if is_better(fit, expected) or separated(case):
        return
    assert list(fit.design.columns) == expected["fixef_names"]
    atol = BETA_RTOL * np.max(expected["se"])
    np.testing.assert_allclose(fit.beta, expected["fixef"], BETA_RTOL, atol)


def test_standard_errors_agree(case, fit, expected):
    if is_better(fit, expected) or separated(case) or is_degenerate(fit):
        return
    theirs = expected.get("exact_hessian", expected)["se"]
    np.testing.assert_allclose(fit.se, theirs, SE_RTOL)


def test_covariance_parameters_agree(case, fit, expected):
    if is_better(fit, expected) or separated(case):
        return
    if expected.get("theta") is not None:
        np.testing.assert_allclose(fit.theta, expected["theta"], THETA_TOL, THETA_TOL)
    ours = deviations_of(fit)
    for theirs in expected["varcorr"]:
        group = re.sub(r"\.\d+$", "", theirs["group"])
        sd = [ours[group, name] for name in theirs["names"]]
        np.testing.assert_allclose(sd, np.asarray(theirs["sd"], dtype=float), THETA_TOL, THETA_TOL)


def test_the_dispersion_agrees(case, fit, expected):
    if fit.phi is None or expected.get("dispersion") is None or is_better(fit, expected):
        return
    theirs = expected["dispersion"] if fit.family == "negative_binomial" else expected["dispersion"] ** -2
    if theirs < 1e4:  # above, the deviance no longer depends on it
        assert fit.phi == pytest.approx(theirs, rel=THETA_TOL)


def test_conditional_modes_and_their_variances_agree(case, source, fit, expected):
    if is_better(fit, expected) or separated(case) or "ranef" not in expected or fit.agq > 1:
        return
    if fit_of_link(case, source) not in ("logit", "log"):
        return
    terms = fit.design.random
    for group, theirs in expected["ranef"].items():
        members = [i for i, term in enumerate(terms) if term.group == group]
        levels = terms[members[0]].levels
        modes = np.hstack([fit.modes[i] for i in members])
        scale = np.abs(modes).max() + 1e-3
        for label, row in zip(theirs["levels_first5"], theirs["modes_first5"], strict=True):
            np.testing.assert_allclose(modes[levels.index(label)], row, 1e-3, 1e-3 * scale)
        sums = np.concatenate([np.einsum("jkk->k", fit.mode_variances[i]) for i in members])
        np.testing.assert_allclose(sums, theirs["condvar_diag_sum"], 5e-3, 1e-3)


def test_fitted_values_agree(case, fit, expected):
    theirs = expected.get("fitted")
    if theirs is None or is_better(fit, expected) or separated(case):
        return
    scale = np.sqrt(theirs["sumsq"] / theirs["n"])
    first = theirs.get("first10") or theirs["first5"]
    np.testing.assert_allclose(fit.fitted[: len(first)], first, 1e-3, 1e-3 * scale)
    assert fit.fitted.sum() == pytest.approx(theirs["sum"], rel=1e-3)


def test_infinite_estimates_are_infinite(case, fit):
    if separated(case):
        assert np.isinf(fit.beta).any()
        assert np.isnan(fit.se[np.isinf(fit.beta)]).all()
    else:
        assert np.isfinite(fit.beta).all()


NAMED = {
    ("glmm_agq-cbpp", "nAGQ1"): 184.052564,
    ("glmm_agq-cbpp", "nAGQ25"): 183.966738,
    ("glmm_agq-contraception_probit", "glmmTMB"): 2499.682553,
    ("glmm_nb-salamander", "glmmTMB"): 1652.404409,
}
"""Deviances to all printed digits."""


def test_the_deviance_has_the_printed_digits(case, source):
    wanted = NAMED.get((case.name, source))
    if wanted is not None:
        assert round(fit_of(case, source).deviance, 6) == pytest.approx(wanted, abs=2e-6)
