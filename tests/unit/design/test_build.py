"""Designs: samples, weights, notices, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design, factor_codes
from mlm_steps.errors import DesignError, FormulaError


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 24
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "z": np.arange(1.0, n + 1),
            "f": pd.Categorical(["lo", "hi", "mid"] * 8, categories=["lo", "mid", "hi", "never"]),
            "o": pd.Categorical(list("abcd") * 6, ordered=True),
            "t": ["one", "two"] * 12,
            "b": [True, False, False] * 8,
            "g": np.repeat([30.0, 4.0, 100.0, 7.0], 6),
            "h": list("uvw") * 8,
            "one": ["same"] * n,
            "w": rng.uniform(1, 2, size=n),
            "day": pd.date_range("2020-01-01", periods=n),
            "mixed": [1, "two"] * 12,
            "pre-test": rng.normal(size=n),
        }
    )


def _codes(notices: Any) -> list[str]:
    return [notice.code for notice in notices]


def test_groups_of_a_numeric_column_are_sorted_as_numbers(frame: pd.DataFrame) -> None:
    (term,) = build_design("y ~ x + (x | g)", frame).random
    assert term.levels == ("4", "7", "30", "100")
    assert term.refs.tolist() == np.repeat([2, 0, 3, 1], 6).tolist()
    assert term.names == ("(Intercept)", "x")
    assert term.source == "(x | g)"
    np.testing.assert_array_equal(term.z, np.column_stack([np.ones(24), frame["x"]]))


def test_groups_of_two_columns_are_their_combinations(frame: pd.DataFrame) -> None:
    (term,) = build_design("y ~ x + (1 | g:t)", frame).random
    assert term.group == "g:t"
    assert term.levels[:3] == ("4:one", "4:two", "7:one")


def test_levels_that_do_not_occur_are_dropped(frame: pd.DataFrame) -> None:
    assert build_design("y ~ f + (1 | g)", frame).columns == ("(Intercept)", "fmid", "fhi")


def test_rows_with_missing_values_are_left_out_and_counted(frame: pd.DataFrame) -> None:
    frame.loc[[2, 5], "x"] = np.nan
    frame.loc[5, "g"] = np.nan
    frame.loc[9, "h"] = None
    frame.loc[11, "w"] = np.nan
    frame.loc[20, "z"] = np.nan
    design = build_design("y ~ x + (1 | g) + (1 | h)", frame, weights="w")
    assert sorted(set(range(24)) - set(design.rows.tolist())) == [2, 5, 9, 11]
    assert _codes(design.notices) == ["rows_dropped"]
    assert design.notices[0].text == "4 of 24 rows are left out for missing values: x 2, g 1, h 1, w 1."


def test_what_a_transform_remembers_comes_from_the_rows_used(frame: pd.DataFrame) -> None:
    frame.loc[:11, "y"] = np.nan
    design = build_design("y ~ center(z) + (1 | g)", frame)
    assert design.X[:, 1].sum() == pytest.approx(0, abs=1e-12)


def test_offsets_add_up(frame: pd.DataFrame) -> None:
    design = build_design("y ~ x + offset(log(z)) + offset(w) + (1 | g)", frame)
    np.testing.assert_allclose(design.offset, np.log(frame["z"]) + frame["w"])
    assert design.columns == ("(Intercept)", "x")


@pytest.mark.parametrize("word", ["sum", "Sum", "contr.sum"])
def test_contrasts_are_named_in_either_manner(frame: pd.DataFrame, word: str) -> None:
    design = build_design("y ~ f + (f | g)", frame, contrasts={"f": word})
    assert design.columns == ("(Intercept)", "f1", "f2")
    assert design.random[0].names == ("(Intercept)", "f1", "f2")


def test_dependent_columns_are_dropped_and_named(frame: pd.DataFrame) -> None:
    design = build_design("y ~ x + I(2 * x) + z + (1 | g)", frame)
    assert design.columns == ("(Intercept)", "x", "z")
    assert design.assign == (0, 1, 3)
    assert design.dropped == ("I(2 * x)",)
    assert design.all_columns == ("(Intercept)", "x", "I(2 * x)", "z")
    assert _codes(design.notices) == ["rank_deficient"]


@pytest.mark.parametrize(
    ("formula", "subjects"),
    [
        ("y ~ 1 + (x | g)", ["x"]),
        ("y ~ z + (x + z | g)", ["x"]),
        ("y ~ 0 + x + (x | g)", ["(Intercept)"]),
        ("y ~ 1 + (x || g) + (x | h)", ["x"]),
        ("y ~ x + (x | g)", []),
        ("y ~ poly(x, 2) + (x | g)", []),
        ("y ~ 0 + f + (1 | g)", []),
        ("y ~ f + (0 + f | g)", []),
    ],
)
def test_a_random_effect_without_fixed_counterpart_is_noted(
    frame: pd.DataFrame, formula: str, subjects: list[str]
) -> None:
    notices = build_design(formula, frame).notices
    assert [notice.subject for notice in notices if notice.code == "missing_fixed_effect"] == subjects


def test_a_random_effect_that_stands_twice_is_noted(frame: pd.DataFrame) -> None:
    notices = build_design("y ~ x + (1 | g) + (x | g)", frame).notices
    assert _codes(notices) == ["repeated_random_effect"]


def test_two_factors_with_the_same_groups_are_named(frame: pd.DataFrame) -> None:
    frame["other"] = "level " + frame["g"].astype(str).str[::-1]
    (notice,) = build_design("y ~ x + (x | g) + (x | other)", frame).notices
    assert notice.code == "repeated_random_effect"
    assert notice.text.startswith("g and other put the rows into the same groups")
    assert "(Intercept), x apart" in notice.text
    frame.loc[frame.index[0], "other"] = frame["other"].iloc[-1]
    assert build_design("y ~ x + (x | g) + (x | other)", frame).notices == ()


def test_the_columns_of_a_double_bar_are_terms_of_their_own(frame: pd.DataFrame) -> None:
    design = build_design("y ~ x * f + (x + f || g)", frame)
    assert [term.names for term in design.random] == [("(Intercept)",), ("x",), ("fmid",), ("fhi",)]
    assert all(term.z.shape == (24, 1) for term in design.random)
    assert _codes(design.notices) == ["double_bar_split"]


def test_terms_of_more_levels_come_first(frame: pd.DataFrame) -> None:
    design = build_design("y ~ x + (1 | t) + (1 | g) + (1 | h)", frame)
    assert [term.group for term in design.random] == ["g", "h", "t"]


def test_a_single_level_model_has_no_random_terms(frame: pd.DataFrame) -> None:
    assert build_design("y ~ x", frame, mixed=False).random == ()
    with pytest.raises(FormulaError, match="single-level"):
        build_design("y ~ x + (1 | g)", frame, mixed=False)
    with pytest.raises(FormulaError, match="no random-effects term"):
        build_design("y ~ x", frame)


@pytest.mark.parametrize(
    ("formula", "place", "what"),
    [
        ("y ~ xx + (1 | g)", "xx", "there is no column xx"),
        ("t ~ x + (1 | g)", "t", "t is not numeric: its values are one, two"),
        ("f ~ x + (1 | g)", "f", "f is not numeric"),
        ("poly(y, 2) ~ x + (1 | g)", "poly", "several columns"),
        ("y ~ day + (1 | g)", "day", "day cannot be used"),
        ("y ~ mixed + (1 | g)", "mixed", "mixed cannot be used"),
        ("y ~ one + (1 | g)", "one", "contrasts need two"),
        ("y ~ x + (1 | one)", "(1 | one)", "only one level"),
        ("y ~ log(z - 5) + (1 | g)", "log(z - 5)", "log(z - 5) is not a finite number in row 1 (z = 1)"),
        ("y ~ sqrt(5 - z) + (1 | g)", "sqrt", "is not a finite number in row 6 (z = 6)"),
        ("log(z - 1) ~ x + (1 | g)", "log", "is not a finite number in row 1"),
        ("y ~ I(x/0) + (1 | g)", "I(", "is not a finite number"),
        ("y ~ log(f) + (1 | g)", "log(f)", "arithmetic needs numbers"),
        ("y ~ I(f + 1) + (1 | g)", "f +", "arithmetic needs numbers"),
        ("y ~ I(poly(x, 2) + 1) + (1 | g)", "poly(x", "several columns"),
        ("y ~ I(x & z) + (1 | g)", "x & z", "no meaning inside a function"),
        ("y ~ I(!b) + (1 | g)", "!b", "! is not part"),
        ("y ~ I(x == 'a') + (1 | g)", "x ==", "with a column of categories"),
        ("y ~ I(f == 'low') + (1 | g)", "'low'", "f has no level low"),
        ("y ~ c(1, 2) + (1 | g)", "c(1", "is not a column"),
        ("y ~ x + (1 | poly(x, 2))", "poly", "cannot group rows"),
        ("y ~ factor(z) + (1 | g)", "factor(z)", "24 levels in 24 rows"),
    ],
)
def test_a_formula_that_does_not_fit_the_data_is_refused(
    frame: pd.DataFrame, formula: str, place: str, what: str
) -> None:
    with pytest.raises(FormulaError) as caught:
        build_design(formula, frame)
    assert what in caught.value.faults[0].what
    assert formula[caught.value.offset :].startswith(place)


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("y ~ xx + (1 | g)", "did you mean x?"),
        ("y ~ X + (1 | g)", "did you mean x?"),
        ("y ~ pre_test + (1 | g)", "did you mean `pre-test`?"),
        ("y ~ factor(z) + (1 | g)", "is it meant as a grouping factor, (1 | factor(z))?"),
        ("y ~ I(f == 'low') + (1 | g)", "did you mean lo?"),
    ],
)
def test_a_refusal_says_what_to_do(frame: pd.DataFrame, formula: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        build_design(formula, frame)
    assert caught.value.faults[0].hint == hint


def test_all_faults_come_at_once(frame: pd.DataFrame) -> None:
    with pytest.raises(DesignError) as caught:
        build_design("y ~ aa + bb + (cc | dd)", frame, weights="ww")
    assert [fault.what for fault in caught.value.faults] == [
        "there is no column aa",
        "there is no column bb",
        "there is no column cc",
        "there is no column dd",
        "there is no column ww to weight by",
    ]
    with pytest.raises(DesignError) as caught:
        build_design("t ~ one + (day | one)", frame)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    ("row", "value", "what"),
    [
        (3, 0.0, "the weight w is 0 in row 4"),
        (5, -1.0, "the weight w is -1 in row 6"),
        (0, np.inf, "the weight w is inf in row 1"),
    ],
)
def test_weights_are_positive_and_finite(frame: pd.DataFrame, row: int, value: float, what: str) -> None:
    frame.loc[row, "w"] = value
    with pytest.raises(DesignError, match=what):
        build_design("y ~ x + (1 | g)", frame, weights="w")


def test_infinite_values_are_refused(frame: pd.DataFrame) -> None:
    frame.loc[[4, 7], "x"] = [np.inf, -np.inf]
    with pytest.raises(FormulaError, match=r"x is not a finite number in row 5 \("):
        build_design("y ~ x + (1 | g)", frame)
    with pytest.raises(FormulaError, match=r"log\(x\^2\) is not a finite number in row 5 \(x = Inf\)"):
        build_design("y ~ log(x^2) + (1 | g)", frame)
    with pytest.raises(FormulaError, match="x is not a finite number"):
        build_design("y ~ z + (1 | x)", frame)


@pytest.mark.parametrize(
    ("column", "formula"), [("x", "y ~ x + (1 | g)"), ("x", "y ~ z + (x | g)"), ("y", "y ~ x + (1 | g)")]
)
@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_numbers_that_cannot_be_squared_are_refused(
    frame: pd.DataFrame, column: str, formula: str, scale: float
) -> None:
    frame[column] *= scale
    with pytest.raises(DesignError, match=rf"{column} has values of the size .*squares"):
        build_design(formula, frame)


def test_weights_are_numbers(frame: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match="not numbers"):
        build_design("y ~ x + (1 | g)", frame, weights="t")


def test_as_many_coefficients_as_rows_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match="6 fixed-effect coefficients and 6 rows"):
        build_design("y ~ poly(z, 5) + (1 | g)", frame.iloc[3:9])


def test_a_frame_without_complete_rows_is_refused(frame: pd.DataFrame) -> None:
    frame["x"] = np.nan
    with pytest.raises(DesignError, match=r"no row is complete \(missing values: x 24\)"):
        build_design("y ~ x + (1 | g)", frame)
    with pytest.raises(DesignError, match="no rows"):
        build_design("y ~ z + (1 | g)", frame.iloc[:0])


def test_two_columns_of_one_name_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(FormulaError, match="there are two columns x"):
        build_design("y ~ x + (1 | g)", pd.concat([frame, frame[["x"]]], axis=1))


def test_contrasts_that_are_not_known_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match="did you mean helmert"):
        build_design("y ~ f + (1 | g)", frame, contrasts={"f": "helmhert"})


def test_the_caller_s_data_stay_as_they_are(frame: pd.DataFrame) -> None:
    before = frame.copy(deep=True)
    build_design("y ~ x * f + offset(z) + offset(w) + (x | g)", frame, weights="w")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pd.array([1, 2, 3] * 8, dtype="Int64"), ("(Intercept)", "v")),
        (pd.array([1.5, 2.5, 3.5] * 8, dtype="Float32"), ("(Intercept)", "v")),
        (pd.array([True, False, False] * 8, dtype="boolean"), ("(Intercept)", "vTRUE")),
        (np.array([True, False, False] * 8, dtype=object), ("(Intercept)", "vTRUE")),
        (np.array([1, 2.5, 3] * 8, dtype=object), ("(Intercept)", "v")),
        (pd.Categorical([3, 1, 2] * 8), ("(Intercept)", "v2", "v3")),
        (pd.array(["b", "a", "B"] * 8, dtype="string"), ("(Intercept)", "vb", "vB")),
    ],
)
def test_columns_of_every_kind_are_read(frame: pd.DataFrame, values: Any, names: tuple[str, ...]) -> None:
    frame["v"] = values
    assert build_design("y ~ v + (1 | g)", frame).columns == names


def test_codes_of_clusters_keep_every_row(frame: pd.DataFrame) -> None:
    frame.loc[0, "g"] = np.nan
    codes = factor_codes(frame, ("g", "t"))
    assert codes[0] == -1
    assert len(np.unique(codes[1:])) == 8


@pytest.mark.parametrize(
    "values",
    [[3, 1, 2, 1], [-5, 7, -5, 0], [10.0, 10.0, 4.0, 9.0], [1.5, 1.0, 2.0, 1.5], [1e12, 5.0, 5.0, 1e12]],
)
def test_levels_of_numbers_are_the_same_by_counting_and_by_sorting(values: list[float]) -> None:
    codes = factor_codes(pd.DataFrame({"g": values * 3}), ["g"])
    assert codes.tolist() == np.unique(values * 3, return_inverse=True)[1].tolist()
