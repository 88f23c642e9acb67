"""Variance by source of every linear mixed model of the reference."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mlm_steps.engine.result.moments import variance_parts

SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference"

RTOL = 2e-5
"""A variance is the square of what agrees to 1e-5; a share of variances errs by no more."""
BETTER = 1e-6
"""A criterion lower than R's by more than this: R stopped short of the optimum."""


@cache
def shared_models(set_name):
    path = SHARED / f"{set_name}.json"
    if not path.exists():
        return {}
    return {entry["id"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["models"]}


def skip_if_better(fit, expected):
    if fit.criterion < expected["criterion"] - BETTER * max(1.0, abs(expected["criterion"]) * 1e-3):
        pytest.skip("R stopped short of the optimum")


def test_the_parts_are_those_of_rs_estimates_row_by_row(case, method, fit, expected):
    """The definition, applied to R's estimates: per row z' T z for every term, whatever shares a factor."""
    if case.unidentified:
        pytest.skip("the likelihood leaves the covariance parameters undetermined")
    skip_if_better(fit, expected)
    design = fit.lmm.design
    linear = design.X @ np.asarray(expected["fixef"])
    terms = [
        np.mean(np.einsum("ik,kl,il->i", term.z, np.asarray(block["cov"], dtype=float), term.z))
        for term, block in zip(design.random, expected["varcorr"], strict=True)
    ]
    weight = 1.0 if design.weights is None else np.mean(1 / design.weights)
    residual = expected["sigma"] ** 2 * weight
    parts = variance_parts(fit.lmm)
    scale = np.var(linear, ddof=1) + sum(terms) + residual
    np.testing.assert_allclose(parts.fixed, np.var(linear, ddof=1), RTOL, RTOL * scale)
    np.testing.assert_allclose(parts.terms, terms, RTOL, RTOL * scale)
    np.testing.assert_allclose(parts.residual, residual, RTOL)


def test_shares_agree_with_rs_where_r_counts_every_term(case, method, fit):
    """R's own shares; with weights ours have the mean level-1 variance, which R's packages leave out."""
    entry = shared_models(case.set_name).get(case.entry["id"], {})
    found = entry.get("fits", {}).get(method)
    if found is None or entry["formula"] != case.entry["formula"]:
        pytest.skip("R's shares of this model are not here")
    skip_if_better(fit, found)
    full = found["icc_full"]
    weights = fit.lmm.design.weights
    residual = full["var_residual"] * (1.0 if weights is None else np.mean(1 / weights))
    random, fixed = full["var_random"], full["var_fixed"]
    parts = variance_parts(fit.lmm)
    ours = (parts.icc_adjusted, parts.icc_unadjusted, parts.r2_marginal, parts.r2_conditional)
    total = fixed + random + residual
    theirs = (random / (random + residual), random / total, fixed / total, (fixed + random) / total)
    np.testing.assert_allclose(ours, theirs, RTOL, RTOL)
    if weights is None:
        names = ("icc_adjusted", "icc_unadjusted", "r2_marginal", "r2_conditional")
        np.testing.assert_allclose(ours, [full[name] for name in names], RTOL, RTOL)
