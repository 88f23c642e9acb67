"""Descriptives of a frame without a model, and contextual effects of a fit."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError


def frame_of(seed=2):
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(30), 8)
    mean = rng.normal(size=30)
    frame = pd.DataFrame(
        {
            "school": school,
            "ses": mean[school] + rng.normal(size=240),
            "sector": np.where(school % 3 == 0, "Catholic", "Public"),
            "size": 100.0 + 10 * school,
            "girl": rng.random(240) < 0.5,
        }
    )
    m = frame.groupby("school")["ses"].transform("mean")
    frame["math"] = -1.0 * (frame["ses"] - m) + 3 * m + rng.normal(size=30)[school] + rng.normal(size=240)
    return frame


FRAME = frame_of()


def test_each_variable_is_described_at_its_level():
    found = mlm_steps.describe(FRAME, "school")
    table = found.table.set_index("variable")
    assert table["unit"].to_dict() == {"ses": "", "size": "school", "math": ""}
    assert table.loc["size", ["n", "mean"]].tolist() == [30, 245.0]
    counts = found.categories.set_index(["variable", "category"])["n"].to_dict()
    assert (counts["sector", "Catholic"], counts["sector", "Public"]) == (10, 20)
    assert counts["girl", "True"] == int(FRAME["girl"].sum())


def test_correlations_are_square_frames_by_layer_and_factor():
    found = mlm_steps.describe(FRAME, "school", ["math", "ses"]).correlations
    away = FRAME[["math", "ses"]] - FRAME.groupby("school")[["math", "ses"]].transform("mean")
    assert found["within", "school"].loc["math", "ses"] == pytest.approx(away.corr().iloc[0, 1])
    means = FRAME.groupby("school")[["math", "ses"]].mean()
    assert found["between", "school"].loc["math", "ses"] == pytest.approx(means.corr().iloc[0, 1])


def test_opposite_slopes_are_flagged_and_equal_those_of_the_fits():
    found = mlm_steps.describe(FRAME, "school", outcome="math").slopes.set_index(["predictor", "slope"])
    fit = mlm_steps.fit("math ~ ses + (1 | school)", FRAME.assign(school=FRAME["school"].astype(str)))
    effects = fit.context().table.set_index("slope")
    for kind in ("within", "between", "contextual"):
        ours = found.loc[("ses", kind), ["estimate", "se"]].astype(float)
        assert ours.tolist() == pytest.approx(effects.loc[kind, ["estimate", "se"]].tolist(), rel=1e-5)
    assert found.loc[("ses", "pooled"), "opposite"]
    assert found.loc[("ses", "pooled"), "estimate"] == pytest.approx(
        np.polyfit(FRAME["ses"], FRAME["math"], 1)[0]
    )


def test_incomplete_rows_are_left_out_and_counted():
    gaps = FRAME.copy()
    gaps.loc[[0, 1], "ses"] = np.nan
    gaps.loc[gaps["school"] == 4, "size"] = np.nan
    table = mlm_steps.describe(gaps, "school").table.set_index("variable")
    assert table.loc["ses", ["n", "missing"]].tolist() == [230, 2]
    assert table.loc["size", ["n", "missing"]].tolist() == [29, 1]


def test_a_declared_level_goes_first():
    wrong = FRAME.copy()
    wrong.loc[0, "size"] = 1.0
    found = mlm_steps.describe(wrong, "school", ["size"], level={"size": "school"})
    assert found.table.loc[0, ["unit", "n", "varying"]].tolist() == ["school", 29, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"group": "schol"}, "no column 'schol'"),
        ({"group": "school", "variables": ["sess"]}, "no column 'sess'"),
        ({"group": "school", "outcome": "sector"}, "'sector' is not numeric"),
        ({"group": "school", "level": {"size": "sector"}}, "no grouping factor"),
        ({"group": "one"}, "one group"),
        ({"group": "school", "confidence": 95}, "between 0 and 1"),
    ],
)
def test_mistakes_are_told(arguments, words):
    with pytest.raises(UsageError, match=words):
        mlm_steps.describe(FRAME.assign(one=1), **arguments)


def test_results_print_and_show_in_notebooks():
    found = mlm_steps.describe(FRAME, "school", outcome="math")
    assert "Units: school" in repr(found)
    assert "Correlations within school" in repr(found)
    assert found._repr_html_().startswith("<pre>")
    text = repr(mlm_steps.fit("math ~ ses + (ses | school)", FRAME.astype({"school": str})).context())
    assert "ses is raw: its coefficient blends its slopes within and between school" in text
    assert "not nested, no test" in text


def test_the_source_of_a_centred_predictor_can_be_named():
    frame = FRAME.astype({"school": str})
    frame["ses_w"] = frame["ses"] - frame.groupby("school")["ses"].transform("mean")
    fit = mlm_steps.fit("math ~ ses_w + (1 | school)", frame)
    assert "ses_w is not split: it varies only within groups" in repr(fit.context())
    named = fit.context(sources={"ses_w": "ses"}).table.set_index("slope")
    raw = mlm_steps.fit("math ~ ses + (1 | school)", frame).context().table.set_index("slope")
    assert named.loc["contextual", "estimate"] == pytest.approx(raw.loc["contextual", "estimate"], rel=1e-6)
    with pytest.raises(UsageError, match="no column 'sess'"):
        fit.context(sources={"ses_w": "sess"})


def test_a_fit_without_predictors_of_level_1_has_none():
    fit = mlm_steps.fit("math ~ size + (1 | school)", FRAME.astype({"school": str}))
    with pytest.raises(UsageError, match="no predictor of the fit varies within groups"):
        fit.context()


def test_rows_that_are_left_out_are_told():
    frame = pd.DataFrame({"g": list("aabbcc"), "x": [1.0, 2, 3, 4, 5, np.nan], "z": np.arange(6.0)})
    found = mlm_steps.describe(frame, "g")
    assert found.left_out == 1
    assert "Note: 1 row is left out" in repr(found)
    with pytest.raises(UsageError, match=r"no row has a value in all columns.*comment misses 6, x misses 1"):
        mlm_steps.describe(frame.assign(comment=None), "g")
