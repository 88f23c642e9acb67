"""Variants of the workshop's models against R's fits of the same models."""

from __future__ import annotations

import json

import pytest

import mlm_steps

from .conftest import SHARED, read_frame

CODES = ("crosslevel", "slope", "l1")
ESTIMATE = 2e-5
"""Relative: both search for the optimum, lme4 to about five digits."""
DEGREES = 2e-3
"""Relative: lmerTest differentiates numerically at an optimum of five digits."""
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the larger collection is not here")


@pytest.fixture(scope="module")
def models():
    found = {}
    for name in ("heck2011", "heck2011_centering"):
        content = json.loads((SHARED / f"{name}.json").read_text(encoding="utf-8"))
        found |= {entry["id"]: entry for entry in content["models"]}
    return found


@pytest.fixture(scope="module")
def frame():
    return read_frame(SHARED / "data" / "heck2011.csv", (("schcode", None, False),))


@pytest.fixture(scope="module")
def cross(frame):
    return mlm_steps.fit("math ~ ses * public + (ses | schcode)", frame)


def row(result, variant, column):
    table = result.table
    (found,) = table[(table.variant == variant) & (table.column == column)].to_dict("records")
    return found


def r_row(entry, column, method="REML"):
    fit = entry["fits"][method]
    at = fit["fixef_names"].index(column)
    return fit["fixef"][at], fit["se"][at], fit["satterthwaite"]["df"][at], fit["satterthwaite"]["p"][at]


def agrees(mine, theirs):
    estimate, se, df, p = theirs
    assert mine["estimate"] == pytest.approx(estimate, rel=ESTIMATE, abs=1e-4)
    assert mine["se"] == pytest.approx(se, rel=2e-4)
    assert mine["df"] == pytest.approx(df, rel=DEGREES)
    assert mine["p"] == pytest.approx(p, rel=5e-2, abs=1e-12)


@pytest.mark.parametrize("column", ["ses", "public", "ses:public"])
def test_the_random_structures_are_rs_fits(cross, models, column):
    found = cross.sensitivity("random_structure")
    for variant, model in (("intercepts", "crosslevel_ri"), ("uncorrelated", "crosslevel_uncorr")):
        agrees(row(found, f"random_structure/{variant}", column), r_row(models[model], column))


@pytest.mark.parametrize("column", ["ses", "public", "ses:public"])
def test_the_other_estimator_is_rs_ml_fit(cross, models, column):
    found = cross.sensitivity("estimator")
    agrees(row(found, "estimator/ml", column), r_row(models["crosslevel"], column, "ML"))


def test_satterthwaite_is_lmertests_and_kenward_roger_is_pbkrtests(frame, models):
    # pbkrtest 0.5.2 on lme4's fits: df of the product term 376.8 (Satterthwaite 1364) and of ses 4080.8
    cross = mlm_steps.fit("math ~ ses * public + (ses | schcode)", frame, df="z")
    found = cross.sensitivity("df")
    agrees(row(found, "df/satterthwaite", "ses:public"), r_row(models["crosslevel"], "ses:public"))
    assert row(found, "df/kenward-roger", "ses:public")["df"] == pytest.approx(376.8, abs=0.05)
    l1 = mlm_steps.fit("math ~ ses + (1 | schcode)", frame).sensitivity("df")
    assert row(l1, "df/kenward-roger", "ses")["df"] == pytest.approx(4080.8, abs=0.05)


def test_centring_within_schools_changes_the_slope_and_ends_the_singularity(frame, models):
    """Raw: a blend of 3.96 and a correlation of -1; within schools: 3.19 and a regular fit."""
    slope = mlm_steps.fit("math ~ ses + (ses | schcode)", frame)
    found = slope.sensitivity("centring")
    assert slope.singular
    own = row(found, "as_fitted", "ses")
    assert own["estimate"] == pytest.approx(3.96019, abs=2e-5)
    grand, within = (row(found, f"centring/{name}", "ses") for name in ("cgm", "cwc_means"))
    assert (grand["status"], grand["quantity"]) == ("singular", "same")
    assert grand["estimate"] == pytest.approx(own["estimate"], rel=1e-6)
    assert (within["status"], within["quantity"]) == ("converged", "within")
    agrees(within, r_row(models["cwc_slope"], "ses_cwc"))
    assert not found.changes.shape[0]
