"""Means of several factors, their comparisons, nested factors and transformed outcomes, against emmeans."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.effects import ADJUSTMENTS
from mlm_steps.effects.multivariate_t import largest_isf, largest_sf
from mlm_steps.effects.studentized_range import range_sf
from mlm_steps.errors import UsageError

FOLDER = Path(__file__).parent / "emmeans"
RESULTS = json.loads((FOLDER / "means.json").read_text())
DATA = pd.read_csv(FOLDER / "simulated.csv")
NESTED = pd.read_csv(FOLDER / "nested.csv")
SCORES = pd.read_csv(FOLDER / "log_outcome.csv")
DEFAULT_OPTIMUM = {"rtol": 1e-4}
"""R's optimiser stops where the criterion changes by 1e-8 or so."""
RANDOM_LATTICE = {"rtol": 2e-3, "atol": 2e-4}
"""mvtnorm, which emmeans uses, integrates by random lattices to about three digits."""


@pytest.fixture(scope="module")
def three():
    return mlm_steps.fit("y ~ x*w*f + h + b2 + (x | g)", DATA)


@pytest.fixture(scope="module")
def nested():
    return mlm_steps.fit("amp ~ group * (category + subcategory) + (1 | patient)", NESTED)


def agree(ours, rows, estimate="estimate", **tolerance):
    theirs = pd.DataFrame(rows)
    assert len(ours) == len(theirs)
    for own, name in (("estimate", estimate), ("se", "SE"), ("df", "df")):
        np.testing.assert_allclose(ours[own], theirs[name], **DEFAULT_OPTIMUM, err_msg=own)
    for own, name in (("ci_low", "lower.CL"), ("ci_high", "upper.CL"), ("p", "p.value")):
        if name in theirs:
            np.testing.assert_allclose(ours[own], theirs[name], **(tolerance or {"rtol": 2e-3}), err_msg=own)


@pytest.mark.parametrize("adjust", RESULTS["adjust"])
def test_each_adjustment_of_all_pairs(three, adjust):
    tolerance = RANDOM_LATTICE if adjust == "mvt" else {"rtol": 2e-3, "atol": 1e-6}
    agree(three.means("f", adjust=adjust).differences, RESULTS["adjust"][adjust], **tolerance)


@pytest.mark.parametrize(
    ("asked", "key", "adjust"),
    [
        ({"differences": "control"}, "control", "dunnett"),
        ({"adjust": "dunnett"}, "control", "dunnett"),
        ({"control": "b"}, "control_b", "dunnett"),
        ({"differences": "consecutive"}, "consecutive", "mvt"),
    ],
    ids=["control", "dunnett", "a named control", "consecutive"],
)
def test_comparisons_with_a_control_and_of_neighbours(three, asked, key, adjust):
    found = three.means("f", **asked)
    assert found.records[0].adjust == adjust
    agree(found.differences, RESULTS[key], **RANDOM_LATTICE)


def test_the_same_call_gives_the_same_digits(three):
    one, two = (three.means("f", adjust="dunnett").differences for _ in range(2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_means_of_two_factors_at_once(three):
    found = three.means(["f", "h"])
    assert found.table[["f", "h"]].to_numpy().tolist() == [[f, h] for h in ("hi", "lo") for f in "abc"]
    agree(found.table, RESULTS["two"], "emmean")
    pairs = found.differences.assign(key=found.differences["first"] + " - " + found.differences["second"])
    theirs = pd.DataFrame(RESULTS["two_pairs"])
    theirs = theirs.assign(contrast=theirs["contrast"].str.replace(r"(\w) (\w\w)", r"\1, \2", regex=True))
    assert set(pairs["key"]) == set(theirs["contrast"])
    agree(pairs.set_index("key").loc[theirs["contrast"]], theirs)


def test_means_by_two_factors():
    found = mlm_steps.fit("y ~ x*f*h + b2*f + (1 | g)", DATA).means("f", by=["h", "b2"])
    theirs = pd.DataFrame(RESULTS["two_by"]).sort_values(["h", "b2", "f"])
    ours = found.table.sort_values(["h", "b2", "f"])
    assert ours[["h", "b2", "f"]].to_numpy().tolist() == theirs[["h", "b2", "f"]].to_numpy().tolist()
    agree(ours, theirs, "emmean")
    assert len(found.differences) == 12


@pytest.mark.parametrize("factor", ["group", "category", "subcategory"])
def test_nested_factors_are_found_and_averaged_where_they_occur(nested, factor):
    found = nested.means(factor)
    agree(found.table, RESULTS["nested"][factor], "emmean")
    assert found.records[0].nested == ("subcategory in category",)
    assert "nested: subcategory in category" in repr(found)


def test_cells_and_differences_of_a_nested_factor(nested):
    keys = ["group", "subcategory"]
    theirs = pd.DataFrame(RESULTS["nested"]["both"]).sort_values(keys)
    agree(nested.means(keys).table.sort_values(keys), theirs, "emmean")
    rows = RESULTS["nested"]["pairs"]
    theirs = [rows[i] for i in (0, 1, 3, 2, 4, 5)]  # emmeans lists 3 - 2 before 4 - 1
    agree(nested.means("subcategory").differences, theirs, rtol=2e-3, atol=1e-8)
    by = nested.means("subcategory", by="category")
    assert [len(each.means) for each in by.records] == [1, 3]


def test_slopes_of_a_nested_factor_are_differences_of_its_means(nested):
    """emmeans: contrast(emmeans(m, ~ category | group), "revpairwise")."""
    slopes = nested.slopes("category", "group")
    np.testing.assert_allclose(slopes.table["estimate"], [3.2966, 5.0113], atol=2e-3)
    np.testing.assert_allclose(slopes.table["se"], [0.377, 0.377], atol=5e-4)
    means = nested.means("category", by="group").differences
    np.testing.assert_allclose(slopes.table["estimate"], means["estimate"], rtol=1e-10)
    by = nested.slopes("group", "category").table
    np.testing.assert_allclose(by["estimate"], [1.14, 2.85], atol=6e-3)
    assert len(nested.slopes("subcategory", "group").table) == 6


def test_a_slope_where_a_level_does_not_occur_has_no_number():
    found = mlm_steps.fit("amp ~ group + category:subcategory + (1 | patient)", NESTED)
    table = found.slopes("subcategory", "category").table
    assert table["estimate"].isna().sum() >= 4


def test_a_factor_that_the_formula_codes_within_another_has_means_there():
    found = mlm_steps.fit("amp ~ group + group:category + (1 | patient)", NESTED).means("category")
    keys = ["category", "group"]
    theirs = pd.DataFrame(RESULTS["nested"]["by_terms"]).sort_values(keys)
    assert found.records[0].factors == ("category", "group")
    agree(found.table.sort_values(keys), theirs, "emmean")


def test_a_mean_that_is_not_estimable_says_why():
    cells = DATA[~((DATA["f"] == "c") & (DATA["h"] == "lo"))]
    found = mlm_steps.fit("y ~ f * h + (1 | g)", cells).means("f")
    reason = "no row has f = c and h = lo, over which it would be averaged"
    assert [mean.reason for mean in found.records[0].means] == [None, None, reason]
    assert f"f = c: not estimable: {reason}" in repr(found)


@pytest.mark.parametrize("outcome", RESULTS["outcome"])
def test_means_of_a_transformed_outcome_go_back_to_the_column(outcome):
    found = mlm_steps.fit(f"{outcome} ~ ses + sector + (1 | school)", SCORES).means("sector")
    theirs = RESULTS["outcome"][outcome]
    agree(found.table, theirs["means"], "emmean")
    back = pd.DataFrame(theirs["back"])
    ours = found.response
    for own, name in (
        ("estimate", "response"), ("se", "SE"), ("ci_low", "lower.CL"), ("ci_high", "upper.CL")
    ):  # fmt: skip
        np.testing.assert_allclose(ours[own], back[name], **DEFAULT_OPTIMUM, err_msg=own)
    assert f"Means of sector on the scale of {outcome}" in repr(found)
    assert "Back on the scale of score" in repr(found)


def test_a_difference_of_logarithms_is_a_ratio():
    found = mlm_steps.fit("log(score) ~ ses + sector + (1 | school)", SCORES).means("sector")
    ours, theirs = found.response_differences.iloc[0], RESULTS["ratio"][0]
    assert theirs["contrast"] == "Public / Catholic"
    assert (ours["kind"], ours["first"], ours["second"]) == ("ratio", "Public", "Catholic")
    for own, name in (("estimate", "ratio"), ("se", "SE"), ("ci_low", "lower.CL"), ("ci_high", "upper.CL")):
        assert ours[own] == pytest.approx(theirs[name], rel=1e-4)


@pytest.mark.parametrize(
    ("outcome", "inverse", "kind"),
    [
        ("I(log(score))", np.exp, "ratio"),
        ("I(2 * log(3 * score) - 1)", lambda e: np.exp((e + 1) / 2) / 3, "ratio"),
        ("scale(log(score))", None, "ratio"),
        ("log(score, base = 3)", lambda e: 3**e, "ratio"),
        ("log(score + 1)", lambda e: np.exp(e) - 1, None),
        ("log1p(score)", np.expm1, None),
        ("I(score / 10)", lambda e: 10 * e, "difference"),
        ("I(-score + 3)", lambda e: 3 - e, "difference"),
        ("I(5 - score)", lambda e: 5 - e, "difference"),
        ("center(score)", lambda e: e + SCORES["score"].mean(), "difference"),
        ("scale(score)", lambda e: e * SCORES["score"].std() + SCORES["score"].mean(), "difference"),
        ("I(1 / score)", lambda e: 1 / e, None),
        ("I(score^2)", np.sqrt, None),
        ("I(score^-0.5)", lambda e: e**-2.0, None),
        ("exp(score / 20)", lambda e: 20 * np.log(e), None),
        ("expm1(score / 20)", lambda e: 20 * np.log1p(e), None),
        ("sqrt(score)", np.square, None),
    ],
)
def test_every_invertible_function_goes_back(outcome, inverse, kind):
    found = mlm_steps.fit(f"{outcome} ~ ses + sector + (1 | school)", SCORES).means("sector")
    record, table, back = found.records[0], found.table, found.response
    assert (record.scale.replace(" ", ""), record.response) == (outcome.replace(" ", ""), "score")
    assert record.back_difference == kind
    if inverse is not None:
        np.testing.assert_allclose(back["estimate"], inverse(table["estimate"]), rtol=1e-10)
        ends = np.sort(np.column_stack([inverse(table["ci_low"]), inverse(table["ci_high"])]), axis=1)
        np.testing.assert_allclose(back[["ci_low", "ci_high"]], ends, rtol=1e-10)
        step = 1e-6 * table["estimate"]
        slope = (inverse(table["estimate"] + step) - inverse(table["estimate"] - step)) / (2 * step)
        np.testing.assert_allclose(back["se"], slope.abs() * table["se"], rtol=1e-5)
    means, shown = back["estimate"], found.response_differences
    if kind == "difference":
        assert shown["estimate"].iloc[0] == pytest.approx(means[1] - means[0], rel=1e-9)
    if kind == "ratio":
        assert shown["estimate"].iloc[0] == pytest.approx(means[1] / means[0], rel=1e-9)
    if kind is None:
        assert shown.empty


@pytest.mark.parametrize("outcome", ["abs(score)", "sin(score)", "I(score * ses)", "I(score + ses)"])
def test_an_outcome_without_inverse_names_its_scale_alone(outcome):
    found = mlm_steps.fit(f"{outcome} ~ sector + (1 | school)", SCORES).means("sector")
    assert found.records[0].scale is not None
    assert found.records[0].response is None
    assert found.response.empty


def test_a_limit_of_a_root_below_zero_is_zero():
    data = SCORES.assign(few=np.where(np.arange(len(SCORES)) % 9 == 0, 1.0, 0.0))
    found = mlm_steps.fit("sqrt(few) ~ sector + (1 | school)", data).means("sector", at={})
    low, back = found.table["ci_low"], found.response
    assert (back["ci_low"] >= 0).all()
    assert ((back["ci_low"] == 0) == (low < 0)).all()


@pytest.mark.parametrize("row", RESULTS["mvt"], ids=lambda row: f"k{row['k']}-r{row['r']}-c{row['c']}")
def test_the_multivariate_t_agrees_with_mvtnorm(row):
    R = np.full((row["k"], row["k"]), float(row["r"]))
    np.fill_diagonal(R, 1.0)
    found = largest_sf(np.array([float(row["c"])]), R, np.array([float(row["df"])]))[0]
    assert found == pytest.approx(row["p"], rel=2e-4)


def test_dunnetts_table():
    """Two-sided 5 % points of equal groups (Dunnett 1964): 2, 3 and 5 treatments with 10, 20 and 60 df."""
    table = {2: (2.57, 2.38, 2.27), 3: (2.76, 2.54, 2.41), 5: (2.99, 2.73, 2.58)}
    for k, expected in table.items():
        R = 0.5 * (np.eye(k) + 1.0)
        found = largest_isf(0.05, R, np.array([10.0, 20.0, 60.0]))
        np.testing.assert_allclose(found, expected, atol=0.006)


@pytest.mark.parametrize("k", [3, 4])
def test_all_pairs_by_the_multivariate_t_are_tukeys(k):
    pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
    C = np.zeros((len(pairs), k))
    for row, (i, j) in enumerate(pairs):
        C[row, [i, j]] = 1.0, -1.0
    c, df = np.array([1.0, 2.0, 3.0, 4.0, 6.0]), np.full(5, 12.0)
    np.testing.assert_allclose(largest_sf(c, C @ C.T / 2, df), range_sf(np.sqrt(2) * c, k, df), rtol=2e-3)


def test_small_tails_keep_their_digits():
    R = np.array([[1.0, 0.5], [0.5, 1.0]])
    found = largest_sf(np.array([20.0]), R, np.array([30.0]))[0]
    assert 1e-18 < found < 2e-18  # twice the tail of t with 30 df, 6.8e-19, less next to nothing


@pytest.mark.parametrize("adjust", ADJUSTMENTS)
def test_every_adjustment_is_at_least_as_strict_as_none(three, adjust):
    differences = "control" if adjust == "dunnett" else "pairwise"
    found = three.means("f", adjust=adjust, differences=differences).records[0].differences
    for pair in found:
        assert pair.p_unadjusted - 1e-12 <= pair.test.p <= 1.0
        half = (pair.test.ci_high - pair.test.ci_low) / 2
        assert half >= 1.959 * pair.test.se


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"adjust": "tukey", "differences": "control"}, "for control ones write dunnett"),
        ({"adjust": "dunnett", "differences": "pairwise"}, "for pairwise ones write tukey"),
        ({"control": "a", "differences": "consecutive"}, "not with a control"),
        ({"control": "d"}, "there is no level d"),
        ({"adjust": "tuki"}, "'tuki' is not one of"),
        ({"differences": "all"}, "'all' is not one of"),
        ({"by": ["h", "f"]}, "not estimated by f"),
        ({"by": ["x"]}, "has no levels"),
    ],
)
def test_what_does_not_fit_together_is_refused(three, asked, words):
    with pytest.raises(UsageError, match=words):
        three.means("f", **asked)


@pytest.mark.parametrize("factor", [[], [1], ["f", "x"], ["f", "q"]])
def test_what_names_no_factors_is_refused(three, factor):
    with pytest.raises(UsageError):
        three.means(factor)


def test_of_many_comparisons_the_exact_adjustment_is_replaced_and_that_is_said():
    data = DATA.assign(many=[f"l{i % 27:02d}" for i in range(len(DATA))])
    found = mlm_steps.fit("y ~ many + (1 | g)", data).means("many", adjust="dunnett").records[0]
    assert (len(found.differences), found.adjust, found.compared) == (26, "sidak", "control")
