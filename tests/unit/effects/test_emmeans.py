"""Slopes and means against R's emmeans: on simulated data, and on the shared reference where present."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design.predictors import Predictors
from mlm_steps.effects import Fitted
from mlm_steps.inference import reference

FOLDER = Path(__file__).parent / "emmeans"
RESULTS = json.loads((FOLDER / "results.json").read_text())
DATA = pd.read_csv(FOLDER / "simulated.csv")
MODELS = {
    "three": ("y ~ x*w*f + h + b2 + (x | g)", {}),
    "coded": ("y ~ x*f + poly(z, 2)*h + (1 | g)", {"f": "sum", "h": "helmert"}),
}
DEFAULT_OPTIMUM = {"rtol": 1e-4}
"""R's optimiser stops where the criterion changes by 1e-8 or so, and its slope of a curve is a difference."""
SMALL_P = {"rtol": 2e-3}
"""Of p: a df that is right to 1e-5 moves a p-value of 1e-12 by this much."""
SHARED = Path(__file__).parents[3].parent / "shared" / "reference"


@lru_cache(maxsize=2)
def fit(name):
    formula, contrasts = MODELS[name]
    return mlm_steps.fit(formula, DATA, contrasts=contrasts)


def agree(ours, theirs, estimate):
    """Compare tests row by row; ``theirs`` has emmeans' columns."""
    expected = pd.DataFrame(theirs)
    names = {"estimate": estimate, "se": "SE", "df": "df", "ci_low": "lower.CL", "ci_high": "upper.CL"}
    for own, name in names.items():
        np.testing.assert_allclose(ours[own], expected[name], **DEFAULT_OPTIMUM, err_msg=own)
    np.testing.assert_allclose(ours["p"], expected["p.value"], **SMALL_P, atol=1e-12)


def test_slopes_at_mean_and_sd_over_groups_under_each_level_of_a_third_predictor():
    table = fit("three").slopes("x", "w").table.sort_values(["f", "w"])
    theirs = sorted(RESULTS["three"], key=lambda row: (row["f"], row["w"]))
    np.testing.assert_allclose(table["w"], [row["w"] for row in theirs], rtol=1e-12)
    agree(table, theirs, "x.trend")


@pytest.mark.parametrize(
    ("model", "focal", "moderator", "key"),
    [("coded", "x", "f", "sum_slopes"), ("coded", "z", "h", "poly_slopes")],
    ids=["sum contrasts", "the slope of a polynomial at its mean"],
)
def test_slopes_do_not_depend_on_the_coding(model, focal, moderator, key):
    agree(fit(model).slopes(focal, moderator).table, RESULTS[key], f"{focal}.trend")


def reversed_pairs(rows):
    """Return emmeans' pairs with the later level first: all our differences have that direction."""
    found = pd.DataFrame(rows)
    return found.assign(
        estimate=-found["estimate"], **{"lower.CL": -found["upper.CL"], "upper.CL": -found["lower.CL"]}
    )


def test_differences_of_slopes():
    found = fit("coded").slopes("x", "f").differences
    assert found[["first", "second"]].to_numpy().tolist() == [["b", "a"], ["c", "a"], ["c", "b"]]
    agree(found, reversed_pairs(RESULTS["sum_slope_pairs"]), "estimate")


@pytest.mark.parametrize(
    ("model", "factor", "key"), [("three", "f", "three_means"), ("coded", "h", "h_means")], ids=["f", "h"]
)
def test_means_average_factors_and_numbers_of_two_values_with_equal_weights(model, factor, key):
    agree(fit(model).means(factor).table, RESULTS[key], "emmean")


@pytest.mark.parametrize(("adjust", "key"), [("tukey", "three_pairs"), ("holm", "three_pairs_holm")])
def test_differences_of_means_are_adjusted(adjust, key):
    agree(fit("three").means("f", adjust=adjust).differences, reversed_pairs(RESULTS[key]), "estimate")


def test_means_by_another_factor_at_a_value():
    agree(fit("coded").means("f", by="h", at={"z": 1.0}).table, RESULTS["f_by_h"], "emmean")


CASES = [
    ("crossed_nested_small", "oats_factor", "Variety", "means"),
    ("crossed_nested_small", "oats_factor", "nitro", "nitro"),
    ("hsb", "intercepts_slopes", "sector", "means"),
    ("oneway", "ergo", "Type", "means"),
    ("schools", "exam_full", "sex", "sex"),
    ("special", "factor_ri_inter", "cond", "means"),
]
TRENDS = [
    ("growth", "orthodont_slope", "age", "Sex", 1e-4),
    ("heck2011", "crosslevel", "ses", "public", 1e-3),
    ("heck2011", "crosslevel_uncorr", "ses", "public", 1e-4),
    ("hsb", "intercepts_slopes", "cses", "sector", 1e-4),
    ("special", "factor_ri_inter", "age", "cond", 1e-4),
]
"""Satterthwaite's df to 1e-4, 1e-3 where the fit is singular."""
shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared reference is not here")


@lru_cache(maxsize=4)
def shared_fit(name, model):
    found = json.loads((SHARED / f"{name}.json").read_text())
    entry = {each["id"]: each for each in found["models"]}[model]
    source = found["datasets"][entry["data"]]
    factors = {column: c for column, c in source["columns"].items() if c["type"] == "factor"}
    frame = pd.read_csv(
        SHARED / source["file"], dtype=dict.fromkeys(factors, str), keep_default_na=False, na_values=[""]
    )
    for column, c in factors.items():
        if c.get("levels"):
            frame[column] = pd.Categorical(frame[column], categories=c["levels"], ordered=c["ordered"])
    return mlm_steps.fit(entry["formula"], frame), entry["fits"]["REML"]["emmeans"]


def close(ours, rows, estimate, df_rtol):
    theirs = pd.DataFrame(rows)
    for own, name, rtol in (("estimate", estimate, 1e-6), ("se", "SE", 1e-6), ("df", "df", df_rtol)):
        np.testing.assert_allclose(ours[own], theirs[name], rtol=rtol, err_msg=own)


@shared
@pytest.mark.parametrize(("name", "model", "factor", "key"), CASES, ids=str)
def test_means_of_the_reference(name, model, factor, key):
    found, emmeans = shared_fit(name, model)
    close(found.means(factor).table, emmeans[key]["rows"], "emmean", 1e-4)


@shared
@pytest.mark.parametrize(("name", "model", "focal", "moderator", "rtol"), TRENDS, ids=str)
def test_slopes_of_the_reference(name, model, focal, moderator, rtol):
    found, emmeans = shared_fit(name, model)
    close(found.slopes(focal, moderator).table, emmeans["trends"]["rows"], f"{focal}.trend", rtol)


@shared
def test_tukeys_differences_of_the_reference():
    found, emmeans = shared_fit("oneway", "ergo")
    rows = reversed_pairs(emmeans["pairs"]["rows"])
    ours = found.means("Type").differences
    np.testing.assert_allclose(ours["p"], rows["p.value"], rtol=2e-4)  # R's ptukey is good to 1e-9 absolute
    np.testing.assert_allclose(ours["ci_low"], rows["lower.CL"], rtol=1e-6)


def test_a_mean_that_the_data_do_not_determine_is_not_estimated():
    cells = DATA[~((DATA["f"] == "c") & (DATA["h"] == "lo"))]
    found = mlm_steps.fit("y ~ f * h + (1 | g)", cells)
    table = found.means("f").table
    assert table["estimate"].isna().tolist() == [False, False, True]
    assert [row.test.code for row in found.means("f").records[0].means] == [None, None, "not_estimable"]
    assert found.means("f").differences["estimate"].isna().tolist() == [False, True, True]


def test_too_many_combinations_of_levels_are_not_averaged_over():
    frame = DATA.assign(**{f"k{i}": np.arange(len(DATA)) * (7 + i) % 13 % 12 for i in range(4)})
    terms = " + ".join(f"factor(k{i})" for i in range(4))
    found = mlm_steps.fit(f"y ~ x * f + {terms} + (1 | g)", frame)
    assert {row.test.code for row in found.means("f").records[0].means} == {"too_large"}
    slopes = found.slopes("x", "f").records[0]
    assert {row.intercept.code for row in slopes.slopes} == {"too_large"}
    assert all(row.slope.estimate is not None for row in slopes.slopes)


def test_offsets_count_in_means_and_not_in_their_differences():
    plain = mlm_steps.fit("y ~ f + (1 | g)", DATA.assign(y=DATA["y"] - 3 * DATA["z"]))
    offset = mlm_steps.fit("y ~ f + offset(3 * z) + (1 | g)", DATA)
    shift = 3 * DATA["z"].mean()
    np.testing.assert_allclose(
        offset.means("f").table["estimate"], plain.means("f").table["estimate"] + shift
    )
    np.testing.assert_allclose(offset.means("f").table["ci_low"], plain.means("f").table["ci_low"] + shift)
    np.testing.assert_allclose(
        offset.means("f").differences["p"], plain.means("f").differences["p"], rtol=1e-6
    )


@pytest.mark.parametrize("method", ["kenward-roger", "z", "residual", "between-within"])
def test_slopes_are_tested_by_the_method_of_the_fit(method):
    found = mlm_steps.fit("y ~ x * w + (x | g)", DATA, df=method)
    slope = found.slopes("x", "w", at=[0.0]).table.iloc[0]
    row = found.coefficients.loc["x"]
    for own, name in (("estimate", "estimate"), ("se", "se"), ("p", "p_value"), ("ci_low", "ci_low")):
        assert slope[own] == pytest.approx(row[name], rel=1e-9)


def test_the_predictors_of_a_fit_know_their_kinds():
    lmm = fit("three").lmm
    by_name = Predictors(lmm.design, DATA).by_name
    assert {name: (p.category, p.levels) for name, p in by_name.items()} == {
        "x": (False, ()),
        "w": (False, ()),
        "f": (True, ("a", "b", "c")),
        "h": (True, ("hi", "lo")),
        "b2": (False, (0.0, 1.0)),
    }
    against = reference(lmm, "satterthwaite")
    fitted = Fitted("m", Predictors(lmm.design, DATA), against, 0.95)
    assert fitted.predictors.partners("x") == ("w", "f")
