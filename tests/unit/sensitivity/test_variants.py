"""Variants of a model: which there are, what they fit, and whether the conclusions change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine import Control
from mlm_steps.engine.influence.delete import delete_groups
from mlm_steps.inference import METHODS
from mlm_steps.sensitivity import VARIANTS, Baseline
from mlm_steps.sensitivity.base import Distances
from mlm_steps.sensitivity.examine import examine
from mlm_steps.sensitivity.key import MOST, key_columns
from mlm_steps.spec.sensitivity import KINDS

HSB = Path(__file__).parents[3] / "data" / "hsb.csv"
CLOSE = 1e-6
"""Relative: two searches for one optimum."""


@pytest.fixture(scope="module")
def data():
    """Return 40 groups of 8 whose predictor has other slopes within and between groups."""
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(40), 8)
    between = rng.normal(size=40)[g]
    x = between + rng.normal(size=320)
    w = (rng.random(40) < 0.5).astype(float)[g]
    u, v = rng.normal(size=(2, 40))
    y = 2 + u[g] + (1 + 0.4 * v[g]) * x + 2 * between + 0.5 * w + rng.normal(size=320)
    z = rng.normal(size=320)
    frame = pd.DataFrame({"y": y, "x": x, "w": w, "z": z, "g": g.astype(str)})
    means = frame.groupby("g").x.transform("mean")
    return frame.assign(x_w=frame.x - means, x_m=means, x_c=frame.x - frame.x.mean(), h=[*range(16)] * 20)


def baseline_of(fit, data, **more):
    formula = parse_formula(fit.formula)
    sample = data.iloc[fit.model.design.rows]
    return Baseline("m", formula, fit.model, sample, fit.df_method, fit.confidence, **more)


def examined(text, data, kind, **more):
    """Return the variations of one kind by their names."""
    record = examine(baseline_of(mlm_steps.fit(text, data, **more), data), kind)
    return {each.name: each for each in record.variations}


def coefficients(variation):
    return {each.column: each for each in variation.coefficients}


def agrees(variation, fit, columns):
    """Assert that a variation has the numbers of a fit, whose columns are given by those of the rung."""
    for column, there in columns.items():
        found = coefficients(variation)[column]
        assert found.column_there is not None
        assert found.estimate == pytest.approx(fit.beta[there], rel=1e-4, abs=CLOSE)
        assert found.se == pytest.approx(fit.se[there], rel=1e-4)
        assert found.df == pytest.approx(fit.df[there], rel=1e-3)
        assert found.p == pytest.approx(fit.p_value[there], rel=1e-2, abs=1e-12)


def test_the_words_of_the_spec_are_the_kinds_of_variants():
    assert list(VARIANTS) == list(KINDS)


def test_each_method_of_degrees_of_freedom_gives_the_tests_of_a_fit_with_it(data):
    found = examined("y ~ x + w + (x | g)", data, "df")
    assert set(found) == set(METHODS) - {"satterthwaite"}
    for name, variation in found.items():
        fit = mlm_steps.fit("y ~ x + w + (x | g)", data, df=name)
        for column, each in coefficients(variation).items():
            assert each.p == pytest.approx(fit.p_value[column], rel=1e-9)
            assert each.se == pytest.approx(fit.coefficients["se"][column], rel=1e-9)
            assert each.df_method == name
        assert not variation.fitted
    assert "satterthwaite" in examined("y ~ x + (x | g)", data, "df", df="z")


def test_the_other_estimator_is_that_of_the_other_fit(data):
    text = "y ~ x + (1 | g)"
    agrees(examined(text, data, "estimator")["ml"], mlm_steps.fit(text, data, reml=False), {"x": "x"})
    found = examined(text, data, "estimator", reml=False)
    assert set(found) == {"reml"}
    agrees(found["reml"], mlm_steps.fit(text, data), {"x": "x"})


def test_a_raw_predictor_is_centred_at_the_grand_mean_and_within_groups(data):
    found = examined("y ~ x * w + (x | g)", data, "centring")
    assert list(found) == ["cgm", "cwc", "cwc_means"]
    agrees(found["cgm"], mlm_steps.fit("y ~ x_c * w + (x_c | g)", data), {"x": "x_c", "x:w": "x_c:w"})
    by_hand = mlm_steps.fit("y ~ x_w * w + (x_w | g)", data)
    agrees(found["cwc"], by_hand, {"x": "x_w", "w": "w", "x:w": "x_w:w"})
    by_hand = mlm_steps.fit("y ~ x_w * w + x_m + (x_w | g)", data)
    agrees(found["cwc_means"], by_hand, {"x": "x_w", "w": "w", "x:w": "x_w:w"})
    quantities = {name: [c.quantity for c in each.coefficients] for name, each in found.items()}
    assert quantities["cgm"] == ["same", "elsewhere", "same"]
    assert quantities["cwc"] == ["within", "elsewhere", "within"]
    assert quantities["cwc_means"] == ["within", "elsewhere", "within"]


def test_a_predictor_that_is_centred_already_is_traced_to_its_source(data):
    found = examined("y ~ x_w + w + (x_w | g)", data, "centring")
    assert list(found) == ["raw", "cgm", "cwc_means"]
    agrees(found["raw"], mlm_steps.fit("y ~ x + w + (x | g)", data), {"x_w": "x", "w": "w"})
    assert [c.quantity for c in found["raw"].coefficients] == ["blend", "adjusted"]
    agrees(found["cgm"], mlm_steps.fit("y ~ x_c + w + (x_c | g)", data), {"x_w": "x_c"})
    agrees(found["cwc_means"], mlm_steps.fit("y ~ x_w + x_m + w + (x_w | g)", data), {"x_w": "x_w"})
    assert [c.quantity for c in found["cwc_means"].coefficients] == ["same", "adjusted"]


def test_without_the_source_there_is_no_raw_form_and_the_reason_is_given(data):
    found = examined("y ~ x_w + (1 | g)", data[["y", "x_w", "g"]], "centring")
    assert found["raw"].ending == "not_applicable"
    assert found["raw"].reasons == ("the data have no column from which x_w was made",)
    assert {c.code for c in found["raw"].coefficients} == {"not_applicable"}


def test_the_effect_of_the_group_means_is_contextual_or_between_as_the_predictor_is_centred(data):
    raw = examined("y ~ x + x_m + (1 | g)", data, "centring")
    assert list(raw) == ["cgm", "cwc"]  # the means are in the model
    within = coefficients(raw["cwc"])
    assert {name: each.quantity for name, each in within.items()} == {"x": "same", "x_m": "between"}
    fit = mlm_steps.fit("y ~ x + x_m + (1 | g)", data)
    # statistics, section 4: contextual effect = slope between minus slope within, in the same model
    assert within["x_m"].estimate - within["x"].estimate == pytest.approx(fit.beta["x_m"], rel=1e-5)
    back = examined("y ~ x_w + x_m + (1 | g)", data, "centring")
    assert coefficients(back["raw"])["x_m"].quantity == "contextual"


def test_a_predictor_with_equal_group_means_has_one_kind_of_centring(data):
    time = data.assign(t=[*range(8)] * 40)
    found = examined("y ~ t + (1 | g)", time, "centring")
    assert found["cgm"].ending in ("converged", "singular")
    assert [found[name].ending for name in ("cwc", "cwc_means")] == ["not_applicable"] * 2
    assert "hardly differ" in found["cwc"].reasons[0]


def test_predictors_in_functions_keep_their_form(data):
    found = examined("y ~ x + I(x^2) + z + (1 | g)", data, "centring")
    assert "I(x^2)" in found["cgm"].formula
    assert " x + " in found["cgm"].formula
    (only,) = examined("y ~ exp(x) + (1 | g)", data, "centring").values()
    assert (only.ending, only.reasons) == (
        "not_applicable",
        ("the rung has no numeric level-1 predictor without a transformation (x is transformed)",),
    )


def test_a_predictor_centred_within_the_outer_factor_is_traced_to_its_source(data):
    nested = data.assign(s=(data.g.astype(int) // 5).astype(str))
    nested["x_s"] = nested.x - nested.groupby("s").x.transform("mean")
    found = examined("y ~ x_s + (1 | s/g)", nested[["y", "x", "x_s", "s", "g"]], "centring")
    agrees(found["raw"], mlm_steps.fit("y ~ x + (1 | s/g)", nested), {"x_s": "x"})
    assert coefficients(found["raw"])["x_s"].quantity == "blend"
    agrees(found["cgm"], mlm_steps.fit("y ~ x_c + (1 | s/g)", nested), {"x_s": "x_c"})
    agrees(found["cwc"], mlm_steps.fit("y ~ x_w + (1 | s/g)", nested), {"x_s": "x_w"})
    assert coefficients(found["cwc"])["x_s"].quantity == "within"


def test_crossed_factors_are_centred_within_each(data):
    found = examined("y ~ x + (1 | g) + (1 | h)", data, "centring")
    assert {"cgm", "cwc(g)", "cwc_means(g)"} <= set(found)
    assert "cwc(h)" in found
    means = data.groupby("h").x.transform("mean")
    by_hand = mlm_steps.fit("y ~ xh + (1 | g) + (1 | h)", data.assign(xh=data.x - means))
    if found["cwc(h)"].ending != "not_applicable":
        agrees(found["cwc(h)"], by_hand, {"x": "xh"})


@pytest.mark.parametrize(
    ("random", "expected"),
    [
        ("(1 | g)", {"maximal": "(1 + x + z | g)"}),
        (
            "(x | g)",
            {"intercepts": "(1 | g)", "uncorrelated": "(x || g)", "maximal": "(x + z | g)"},
        ),
        (
            "(z + x || g)",
            {"intercepts": "(1 | g)", "correlated": "(z + x | g)"},
        ),
        (
            "(1 | g) + (0 + x | g)",
            {"intercepts": "(1 | g)", "correlated": "(x | g)", "maximal": "(x + z | g)"},
        ),
        (
            "(x | g) + (1 | h)",
            {
                "intercepts": "(1 | g) + (1 | h)",
                "uncorrelated": "(x || g) + (1 | h)",
                "maximal": "(x + z | g) + (x + z + w | h)",
            },
        ),
        ("(x + z | g)", {"intercepts": "(1 | g)", "uncorrelated": "(x + z || g)"}),
    ],
)
def test_the_random_structures_are_those_that_differ_from_the_rung(data, random, expected):
    fit = mlm_steps.fit(f"y ~ x + z + w + {random}", data)
    found = {each.name: each.formula for each in VARIANTS["random_structure"](baseline_of(fit, data))}
    assert set(found) == set(expected)
    for name, text in expected.items():
        mine, wanted = (parse_formula(f) for f in (found[name], f"y ~ x + z + w + {text}"))
        assert mine.fixed.labels == wanted.fixed.labels
        assert structure(mine) == structure(wanted), found[name]


def structure(formula):
    return {
        (bar.group.label, frozenset(bar.effects.labels), bar.effects.intercept,
         bar.correlated or len(bar.effects.labels) + bar.effects.intercept == 1)
        for bar in formula.bars
    }  # fmt: skip


def test_a_nested_factor_and_a_category_have_their_slopes(data):
    nested = data.assign(s=(data.g.astype(int) // 5).astype(str), c=pd.Categorical([*"pqr" * 106, "p", "q"]))
    fit = mlm_steps.fit("y ~ x + c + (1 | s/g)", nested)
    found = {each.name: each for each in VARIANTS["random_structure"](baseline_of(fit, nested))}
    (maximal,) = found.values()
    assert {bar.group.label for bar in parse_formula(maximal.formula).bars} == {"s", "g:s"}
    assert all(bar.effects.labels == ("x", "c") for bar in parse_formula(maximal.formula).bars)


def test_too_many_slopes_are_not_tried(data):
    rng = np.random.default_rng(0)
    many = data.assign(**{f"a{i}": rng.normal(size=len(data)) for i in range(9)})
    text = f"y ~ {' + '.join(f'a{i}' for i in range(9))} + (1 | g)"
    (maximal,) = examined(text, many, "random_structure").values()
    assert (maximal.ending, maximal.fitted) == ("not_applicable", False)
    assert maximal.reasons == ("9 slopes for one grouping factor are more than the 8 that are tried",)


def test_other_optimisers_find_the_same_coefficients(data):
    fit = mlm_steps.fit("y ~ x + (1 | g)", data)
    found = examined("y ~ x + (1 | g)", data, "optimisers")
    assert set(found) == {"nelder-mead", "l-bfgs-b", "trust-constr"}
    for variation in found.values():
        agrees(variation, fit, {"x": "x"})
        assert variation.fitted
    other = mlm_steps.fit("y ~ x + (1 | g)", data, control=Control(optimizer="l-bfgs-b"))
    record = examine(baseline_of(other, data, control=Control(optimizer="l-bfgs-b")), "optimisers")
    assert {each.name for each in record.variations} == {"auto", "nelder-mead", "trust-constr"}


def test_a_search_from_the_default_start_that_fails_is_made_again_from_the_optimum():
    """A bounded search from theta = 1 jumps to theta = 0, which is a stationary point of every criterion."""
    students = pd.read_csv(HSB, dtype={"school": str})
    students["ses_w"] = students.ses - students.groupby("school").ses.transform("mean")
    text = "mAch ~ ses_w * sector + (ses_w | school)"
    fit = mlm_steps.fit(text, students)
    found = examined(text, students, "optimisers")
    again = [each for each in found.values() if any("from the optimum" in why for why in each.reasons)]
    assert found["l-bfgs-b"] in again
    for variation in found.values():
        agrees(variation, fit, {"ses_w": "ses_w", "ses_w:sectorPublic": "ses_w:sectorPublic"})


def test_a_search_that_fails_says_so_and_does_not_hide_the_others(data):
    base = baseline_of(mlm_steps.fit("y ~ x + (x | g)", data), data)
    spent = replace(base, control=Control(max_evaluations=6))
    found = {each.name: each for each in examine(spent, "optimisers").variations}
    assert len(found) == 3
    failed = found["nelder-mead"]
    assert failed.ending in ("failed", "not_estimable")
    assert failed.reasons
    assert all(each.estimate is None and each.changed is None for each in failed.coefficients)


def test_a_variant_that_cannot_be_estimated_says_why(data):
    # one row per level of `i`: an intercept for each leaves no residual variance in the maximal structure
    pairs = data.assign(i=np.repeat(np.arange(160), 2).astype(str))
    found = examined("y ~ x + z + (1 | i)", pairs, "random_structure")
    assert found["maximal"].ending == "not_estimable"
    assert found["maximal"].reasons
    assert {each.code for each in found["maximal"].coefficients} == {"not_estimable"}


def test_rows_with_large_residuals_are_left_out(data):
    odd = data.assign(y=data.y + np.where(np.arange(320) == 17, 30.0, 0.0))
    fit = mlm_steps.fit("y ~ x + (1 | g)", odd)
    found = examined("y ~ x + (1 | g)", odd, "exclude_influential")["rows"]
    large = np.flatnonzero(np.abs(fit.residuals) > 3 * fit.sigma)
    assert found.excluded == tuple(str(row + 1) for row in large)
    assert "18" in found.excluded
    agrees(found, mlm_steps.fit("y ~ x + (1 | g)", odd.drop(odd.index[large])), {"x": "x"})
    assert found.n == 320 - len(large)


def test_the_sample_of_a_variant_is_that_of_the_fit(data):
    holes = data.assign(x=data.x.where(np.arange(320) % 13 != 0))
    found = examined("y ~ x + (1 | g)", holes, "centring")["cwc"]
    kept = holes.dropna()
    within = kept.assign(xw=kept.x - kept.groupby("g").x.transform("mean"))
    agrees(found, mlm_steps.fit("y ~ xw + (1 | g)", within), {"x": "xw"})
    assert found.n == len(kept)


def test_prior_weights_stay(data):
    weighted = data.assign(p=np.linspace(0.5, 2.0, 320))
    fit = mlm_steps.fit("y ~ x + (1 | g)", weighted, weights="p")
    record = examine(baseline_of(fit, weighted, weights="p"), "centring")
    cwc = next(each for each in record.variations if each.name == "cwc")
    agrees(cwc, mlm_steps.fit("y ~ x_w + (1 | g)", weighted, weights="p"), {"x": "x_w"})


def test_one_group_that_makes_the_effect_significant_is_named_and_marked():
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(20), 10)
    outlying = g == 7
    x = rng.normal(size=200) * np.where(outlying, 3.0, 1.0)
    y = rng.normal(size=20)[g] + rng.normal(size=200) + np.where(outlying, 0.6 * x, 0.0)
    frame = pd.DataFrame({"y": y, "x": x, "g": g.astype(str)})
    text = "y ~ x + (1 | g)"
    whole, without = (mlm_steps.fit(text, data) for data in (frame, frame[~outlying]))
    assert whole.p_value["x"] < 0.05 < without.p_value["x"]
    found = examined(text, frame, "exclude_influential")["first_group"]
    assert found.excluded == ("7",)
    assert found.text == "without the most influential level of g (7)"
    agrees(found, without, {"x": "x"})
    assert coefficients(found)["x"].changed is True
    result = whole.sensitivity(["exclude_influential", "df"])
    assert "exclude_influential/first_group" in set(result.changes.variant)
    assert "conclusions change" in repr(result) or "1 conclusion changes" in repr(result)


def test_all_groups_beyond_the_line_are_left_out_together(data):
    text = "y ~ x + w + (x | g)"
    fit = mlm_steps.fit(text, data)
    cook = delete_groups(fit.model, "g").cook
    levels = np.array(fit.model.design.random[0].levels)
    beyond = levels[cook > 4 / 40]
    assert len(beyond) > 1
    found = examined(text, data, "exclude_influential")
    assert found["groups"].excluded == tuple(beyond)
    assert found["first_group"].excluded == (levels[cook.argmax()],)
    agrees(found["groups"], mlm_steps.fit(text, data[~data.g.isin(beyond)]), {"x": "x", "w": "w"})
    assert found["groups"].n == 320 - 8 * len(beyond)


def test_distances_that_are_known_are_not_computed_again(data):
    fit = mlm_steps.fit("y ~ x + (1 | g)", data)
    cook = np.where(np.arange(40) == 3, 1.0, 0.0)
    levels = fit.model.design.random[0].levels
    for approximate in (False, True):
        known = replace(baseline_of(fit, data), distances={"g": Distances(cook, approximate)})
        found = {each.name: each for each in examine(known, "exclude_influential").variations}
        assert (found["first_group"].excluded == (levels[3],)) is not approximate
        assert ("groups" in found) is approximate


def test_each_of_several_factors_has_its_own_groups(data):
    found = examined("y ~ x + (1 | g) + (1 | h)", data, "exclude_influential")
    assert {name.partition("(")[2] for name in found} == {"g)", "h)", ""}
    for name, each in found.items():
        assert each.ending != "not_applicable" or each.reasons, name


def test_without_influential_groups_the_reason_is_given():
    x = np.tile(np.linspace(-1, 1, 12), 4)
    rng = np.random.default_rng(5)
    y = np.repeat([1.0, 1.1, 0.9, 1.0], 12) + rng.normal(size=48)
    frame = pd.DataFrame({"y": y, "x": x, "g": np.repeat([*"abcd"], 12)})
    found = examined("y ~ x + (1 | g)", frame, "exclude_influential")
    assert found["groups"].reasons == ("no level is beyond this line",)
    assert found["rows"].reasons == ("no row has such a residual",)


def test_all_coefficients_are_followed_unless_there_are_too_many(data):
    rng = np.random.default_rng(1)
    names = [f"a{i}" for i in range(MOST - 1)]
    wide = data.assign(**{name: rng.normal(size=320) for name in names})
    few = build_design("y ~ x * w + (1 | g)", wide)
    assert key_columns(few) == (("x", "w", "x:w"), False)
    many = build_design(f"y ~ x * w + {' + '.join(names)} + (1 | g)", wide)
    assert key_columns(many) == (("x:w", *names), True) or key_columns(many) == ((*names, "x:w"), True)
    assert "w" in key_columns(many, ["w"])[0]


def test_a_rung_without_predictors_has_a_note(data):
    record = examine(baseline_of(mlm_steps.fit("y ~ 1 + (1 | g)", data), data), "df")
    assert (record.variations, record.note) == ((), "the rung has no coefficient besides the intercept")


def test_generalized_models_have_the_variants_that_apply(data):
    events = data.assign(e=(data.y > data.y.median()).astype(float))
    fit = mlm_steps.fit("e ~ x + w + (1 | g)", events, family="binomial")
    base = baseline_of(fit, events)
    found = {kind: {v.name: v for v in examine(base, kind).variations} for kind in VARIANTS}
    assert set(found["df"]) == {"between-within", "residual"}
    assert found["estimator"]["reml"].ending == "not_applicable"
    assert found["exclude_influential"]["rows"].ending == "not_applicable"
    left_out = found["exclude_influential"]["first_group"]
    others = events[events.g != left_out.excluded[0]]
    smaller = mlm_steps.fit("e ~ x + w + (1 | g)", others, family="binomial")
    assert coefficients(left_out)["x"].estimate == pytest.approx(smaller.beta["x"], rel=1e-4)
    by_hand = mlm_steps.fit("e ~ x_w + w + (1 | g)", events, family="binomial")
    cwc = coefficients(found["centring"]["cwc"])
    assert cwc["x"].estimate == pytest.approx(by_hand.beta["x_w"], rel=1e-4)
    assert (cwc["x"].df, cwc["x"].quantity) == (None, "within")
    for variation in found["optimisers"].values():
        assert coefficients(variation)["x"].estimate == pytest.approx(fit.beta["x"], rel=1e-3)
    assert found["random_structure"]["maximal"].ending in ("converged", "singular")


def test_dropped_columns_are_not_followed(data):
    twice = data.assign(x2=2 * data.x)
    found = examined("y ~ x + x2 + (1 | g)", twice, "random_structure")
    assert all([c.column for c in each.coefficients] == ["x"] for each in found.values())
