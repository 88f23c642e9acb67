"""Slopes within and between groups equal those of models that are written out."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design.build import build_design
from mlm_steps.effects.context import ContextOf, rung_context
from mlm_steps.effects.split import split_design

EXACT = 1e-6
"""Relative difference of coefficients at the ends of two searches for the same optimum."""


def students(seed=3, schools=40, slope_sd=0.8):
    """Return students whose outcome rises by 1 within and by 3 between schools per unit of x."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(6, 15, schools))
    n, mean = len(school), rng.normal(size=schools)
    x = mean[school] + rng.normal(size=n)
    w = rng.normal(size=schools)[school]
    frame = pd.DataFrame({"school": school.astype(str), "x": x, "w": w, "girl": rng.integers(0, 2, n)})
    frame["m"] = frame.groupby("school")["x"].transform("mean")
    frame["d"] = frame["x"] - frame["m"]
    slopes = 1 + slope_sd * rng.normal(size=schools)[school] + 0.5 * w
    frame["y"] = slopes * frame["d"] + 3 * frame["m"] + rng.normal(size=schools)[school] + rng.normal(size=n)
    frame["track"] = np.where(rng.random(n) + 0.2 * mean[school] > 0.6, "high", "low")
    return frame


STUDENTS = students()


def context_of(formula, frame=STUDENTS, sources=None, above=(), df="satterthwaite", **settings):
    fit = mlm_steps.fit(formula, frame, **settings)
    values = {name: frame[source].to_numpy() for name, source in (sources or {}).items()}
    return fit, rung_context(ContextOf("m", fit.estimates, fit.method, df, 0.95, values, above))


def slopes(context, column="x", factor="school"):
    (found,) = (each for each in context.predictors if each.column == column)
    return {
        kind: found.slope(kind, None if kind in ("within", "as_fitted") else factor)
        for kind in ("as_fitted", "within", "between", "contextual")
    }


def test_without_a_random_slope_the_contextual_effect_is_mundlaks_coefficient():
    fit, found = context_of("y ~ x + w + (1 | school)")
    mundlak = mlm_steps.fit("y ~ x + m + w + (1 | school)", STUDENTS)
    effect = slopes(found)["contextual"]
    assert effect.estimate == pytest.approx(mundlak.beta["m"], rel=EXACT)
    assert effect.se == pytest.approx(mundlak.se["m"], rel=EXACT)
    assert effect.df == pytest.approx(mundlak.df["m"], rel=1e-4)
    assert effect.p == pytest.approx(mundlak.p_value["m"], rel=1e-3)
    assert found.delta_deviance == pytest.approx(mundlak.deviance - fit.deviance, abs=1e-6)
    assert (found.delta_npar, found.predictors[0].raw) == (1, True)


def test_with_a_random_slope_the_refit_has_slopes_of_the_deviations():
    fit, found = context_of("y ~ x + (x | school)")
    written = mlm_steps.fit("y ~ d + m + (d | school)", STUDENTS)
    parts = slopes(found)
    assert parts["within"].estimate == pytest.approx(written.beta["d"], rel=EXACT)
    assert parts["between"].estimate == pytest.approx(written.beta["m"], rel=EXACT)
    assert parts["as_fitted"].estimate == pytest.approx(fit.beta["x"], rel=EXACT)
    variance = written.vcov.loc["d", "d"] + written.vcov.loc["m", "m"] - 2 * written.vcov.loc["d", "m"]
    assert parts["contextual"].se == pytest.approx(np.sqrt(variance), rel=EXACT)
    T = written.varcorr[0].covariance
    rho = T.iloc[0, 1] / np.sqrt(T.iloc[0, 0] * T.iloc[1, 1])
    assert found.correlation_there == pytest.approx(rho, rel=1e-4)
    assert found.delta_aic == pytest.approx(written.aic - fit.aic, abs=1e-6)
    assert [each.column for each, _ in found.blended] == ["x"]


def test_a_slope_that_depends_on_a_moderator_is_averaged_over_the_rows():
    _, found = context_of("y ~ x * w + (x | school)")
    written = mlm_steps.fit("y ~ d * w + m + (d | school)", STUDENTS)
    average = written.beta["d"] + written.beta["d:w"] * STUDENTS["w"].mean()
    assert slopes(found)["within"].estimate == pytest.approx(average, rel=EXACT)
    assert found.predictors[0].moderators == ("w",)


def test_a_group_mean_of_the_model_is_replaced_and_the_predictor_is_not_raw():
    off = STUDENTS.assign(supplied=STUDENTS["m"].where(STUDENTS["school"] != "3", STUDENTS["m"] + 0.07))
    _, found = context_of("y ~ x + supplied + (1 | school)", off)
    written = mlm_steps.fit("y ~ d + m + (1 | school)", STUDENTS)
    (predictor,) = found.predictors
    assert (predictor.means, predictor.raw) == (("supplied",), False)
    assert slopes(found)["between"].estimate == pytest.approx(written.beta["m"], rel=EXACT)
    assert found.blended == ()


def test_a_centred_predictor_is_compared_with_the_means_of_its_source():
    _, found = context_of("y ~ d + (d | school)", sources={"d": "x"})
    written = mlm_steps.fit("y ~ d + m + (d | school)", STUDENTS)
    parts = slopes(found, "d")
    assert parts["contextual"].estimate == pytest.approx(written.beta["m"] - written.beta["d"], rel=EXACT)
    assert found.predictors[0].raw is False
    _, alone = context_of("y ~ d + (d | school)")
    assert (alone.predictors[0].code, alone.predictors[0].slopes) == ("not_applicable", ())
    assert alone.delta_aic is None


def test_a_category_of_level_1_has_a_contextual_effect_of_its_share():
    _, found = context_of("y ~ x + track + (1 | school)")
    low = (STUDENTS["track"] == "low").astype(float)
    share = low.groupby(STUDENTS["school"]).transform("mean")
    written = mlm_steps.fit(
        "y ~ d + m + low + share + (1 | school)", STUDENTS.assign(low=low - share, share=share)
    )
    parts = slopes(found, "tracklow")
    assert parts["within"].estimate == pytest.approx(written.beta["low"], rel=EXACT)
    assert parts["between"].estimate == pytest.approx(written.beta["share"], rel=EXACT)


@pytest.mark.parametrize("formula", ["y ~ x + I(x^2) + (1 | school)", "y ~ poly(x, 2) + (1 | school)"])
def test_a_curve_is_not_split(formula):
    _, found = context_of(formula)
    assert {each.reason for each in found.predictors} == {"its effect is not linear"}


def test_variables_of_a_higher_level_are_not_split_even_if_they_vary_in_some_groups():
    wrong = STUDENTS.assign(w=STUDENTS["w"].where(STUDENTS.index != 0, 9.0))
    _, found = context_of("y ~ x + w + (1 | school)", wrong, above=("w",))
    assert [each.column for each in found.predictors] == ["x"]


def test_of_nested_factors_each_mean_has_its_contextual_effect():
    rng = np.random.default_rng(8)
    room = np.repeat(np.arange(60), 6)
    school = room // 4
    x = rng.normal(size=360) + rng.normal(size=60)[room] + rng.normal(size=15)[school]
    frame = pd.DataFrame({"room": room.astype(str), "school": school.astype(str), "x": x})
    frame["mr"] = frame.groupby("room")["x"].transform("mean")
    frame["ms"] = frame.groupby("school")["x"].transform("mean")
    frame["y"] = x + 2 * frame["mr"] - frame["ms"] + rng.normal(size=60)[room] + rng.normal(size=360)
    _, found = context_of("y ~ x + (1 | school) + (1 | room)", frame)
    mundlak = mlm_steps.fit("y ~ x + mr + ms + (1 | school) + (1 | room)", frame)
    by_room, by_school = slopes(found, factor="room"), slopes(found, factor="school")
    assert by_room["contextual"].estimate == pytest.approx(mundlak.beta["mr"], rel=EXACT)
    assert by_school["contextual"].estimate == pytest.approx(mundlak.beta["ms"], rel=EXACT)
    assert by_school["contextual"].se == pytest.approx(mundlak.se["ms"], rel=EXACT)
    assert by_school["between"].estimate == pytest.approx(mundlak.beta[["x", "mr", "ms"]].sum(), rel=EXACT)


def test_crossed_factors_have_separate_means():
    rng = np.random.default_rng(5)
    person, item = rng.integers(0, 20, 400), rng.integers(0, 15, 400)
    x = rng.normal(size=400) + rng.normal(size=20)[person] + rng.normal(size=15)[item]
    y = x + rng.normal(size=20)[person] + rng.normal(size=15)[item] + rng.normal(size=400)
    frame = pd.DataFrame({"p": person.astype(str), "i": item.astype(str), "x": x, "y": y})
    _, found = context_of("y ~ x + (1 | p) + (1 | i)", frame)
    means = {f"m{g}": frame.groupby(g)["x"].transform("mean") for g in "pi"}
    mundlak = mlm_steps.fit("y ~ x + mp + mi + (1 | p) + (1 | i)", frame.assign(**means))
    assert slopes(found)["within"].estimate == pytest.approx(mundlak.beta["x"], rel=EXACT)
    assert slopes(found, factor="p")["contextual"].estimate == pytest.approx(mundlak.beta["mp"], rel=EXACT)
    assert slopes(found, factor="i")["contextual"].estimate == pytest.approx(mundlak.beta["mi"], rel=EXACT)


def test_a_generalized_model_has_slopes_on_the_scale_of_its_link():
    frame = STUDENTS.assign(pass_=(STUDENTS["y"] > 0).astype(int))
    _, found = context_of("pass_ ~ x + (1 | school)", frame, df="z", family="binomial")
    written = mlm_steps.fit("pass_ ~ d + m + (1 | school)", frame, family="binomial")
    parts = slopes(found)
    assert (found.link, parts["contextual"].df) == ("logit", None)
    assert parts["within"].estimate == pytest.approx(written.beta["d"], rel=1e-4)
    assert parts["between"].estimate == pytest.approx(written.beta["m"], rel=1e-4)
    assert found.delta_deviance is not None


def test_a_mean_that_other_columns_determine_has_no_slope():
    few = STUDENTS[STUDENTS["school"].isin(["0", "1", "2"])].reset_index(drop=True)
    _, found = context_of("y ~ x + school + (1 | school)", few)
    assert slopes(found)["contextual"].code == "not_estimable"
    assert slopes(found)["within"].estimate is not None


def test_a_model_without_such_predictors_has_no_record():
    assert context_of("y ~ w + (1 | school)")[1] is None


def test_the_split_of_a_design_does_not_depend_on_the_order_of_rows():
    shuffled = STUDENTS.sample(frac=1.0, random_state=1)
    _, one = context_of("y ~ x * w + (x | school)")
    _, two = context_of("y ~ x * w + (x | school)", shuffled.reset_index(drop=True))
    assert slopes(one)["contextual"].estimate == pytest.approx(slopes(two)["contextual"].estimate, rel=EXACT)


def test_the_parts_of_a_column_add_up_to_it():
    split = split_design(build_design("y ~ x + (x | school)", STUDENTS), {})
    (column,) = split.columns
    assert column.within + column.means["school"] == pytest.approx(STUDENTS["x"].to_numpy())
    assert split.design.columns == ("(Intercept)", "x", "x (mean of school)")
    assert split.design.random[0].z[:, 1] == pytest.approx(STUDENTS["d"].to_numpy(), abs=1e-12)
