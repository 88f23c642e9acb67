"""The functions of the formula language: what they refuse, and what they remember."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design
from mlm_steps.design.signatures import PARAMETERS
from mlm_steps.design.transforms import FUNCTIONS
from mlm_steps.errors import FormulaError


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "y": rng.normal(size=40),
            "x": rng.normal(size=40),
            "few": [1.0, 2.0, 3.0, 4.0] * 10,
            "flat": 2.5,
            "f": pd.Categorical(["a", "b", "c", "d"] * 10),
            "g": np.repeat(range(8), 5),
        }
    )


@pytest.mark.parametrize(
    ("term", "what"),
    [
        ("scale(flat)", "this column is constant"),
        ("scale(x, center = 'a')", "center is TRUE, FALSE or a number"),
        ("poly(few, 4)", "needs more different values than 4"),
        ("poly(x, 0)", "1 or more"),
        ("poly(x, 1.5)", "whole number"),
        ("poly(x, '2')", "is a number"),
        ("poly(x, 2, raw = 1)", "TRUE or FALSE"),
        ("ns(x, df = 0)", "df is too small"),
        ("bs(x, df = 2)", "df is too small"),
        ("bs(x, degree = 0)", "1 or more"),
        ("ns(flat)", "two different boundary knots"),
        ("ns(x, knots = 100)", "inside the boundary knots"),
        ("ns(x, knots = 'a')", "a number or c(…) of numbers"),
        ("log(few, base = 1)", "positive and not 1"),
        ("factor(f, levels = c('a', 'b'))", "the value c is not among the levels"),
        ("factor(f, labels = c('p', 'q'))", "there are 4 levels"),
        ("factor(f, levels = c('a', 'a', 'b', 'c', 'd'))", "a value twice"),
        ("factor(poly(x, 2))", "a factor is made from one column"),
        ("relevel(f, ref = 'z')", "there is no level z"),
        ("relevel(f, 'z')", "there is no level z"),
        ("relevel(f)", "label of a level"),
        ("C(f, summ)", "does not name contrasts"),
        ("C(f, 3)", "names contrasts"),
        ("C(f, treatment, base = 9)", "a number from 1 to 4"),
        ("C(f, sum, base = 2)", "to treatment contrasts only"),
    ],
)
def test_options_that_make_no_sense_are_refused(frame: pd.DataFrame, term: str, what: str) -> None:
    with pytest.raises(FormulaError) as caught:
        build_design(f"y ~ {term} + (1 | g)", frame)
    assert what in caught.value.faults[0].what
    assert caught.value.offset == 4


def test_a_reference_level_is_chosen_by_its_label(frame: pd.DataFrame) -> None:
    design = build_design("y ~ C(f, Treatment, ref = 'c') + (1 | g)", frame)
    label = 'C(f, Treatment, ref = "c")'
    assert design.columns[1:] == (f"{label}a", f"{label}b", f"{label}d")


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ poly(x, 3) * f + (poly(x, 3) | g)",
        "y ~ ns(x, 4) + bs(few, degree = 2) + (1 | g)",
        "y ~ scale(x) + center(few) + scale(log(few), scale = FALSE) + (scale(x) || g)",
        "y ~ ordered(few) + C(f, sum) + (1 | g)",
        "log(few) ~ I(x > 0) + I(f == 'a') + offset(few) + (f || g)",
        "y ~ x + I(2 * x) + f + (x | g/f)",
    ],
)
def test_the_first_data_come_out_again(frame: pd.DataFrame, formula: str) -> None:
    design = build_design(formula, frame, contrasts={"f": "helmert"})
    again = apply_design(json.loads(json.dumps(design.transforms)), frame)
    np.testing.assert_allclose(again.X, design.X, rtol=1e-14, atol=1e-14)
    assert again.columns == design.columns
    for found, fitted in zip(again.random, design.random, strict=True):
        np.testing.assert_allclose(found.z, fitted.z, rtol=1e-14, atol=1e-14)
        np.testing.assert_array_equal(found.refs, fitted.refs)
        assert (found.group, found.names) == (fitted.group, fitted.names)


def test_every_function_names_its_parameters() -> None:
    assert list(FUNCTIONS) == list(PARAMETERS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_can_be_stored_and_applied_again(frame: pd.DataFrame, function: str) -> None:
    options = {"relevel": ", ref = '2'"}.get(function, "")
    term = "offset(few)" if function == "offset" else f"{function}(few{options})"
    design = build_design(f"y ~ {term} + (1 | g)", frame)
    again = apply_design(json.loads(json.dumps(design.transforms)), frame)
    np.testing.assert_allclose(again.X, design.X, rtol=1e-14, atol=1e-14)
    assert (again.offset is None) == (function != "offset")


def test_new_groups_are_marked_and_new_levels_refused(frame: pd.DataFrame) -> None:
    stored = build_design("y ~ x + f + (x | g)", frame).transforms
    new = pd.DataFrame({"x": [1.0, np.nan], "f": ["b", None], "g": [99, 3]})
    found = apply_design(stored, new)
    assert found.random[0].refs.tolist() == [-1, 3]
    np.testing.assert_array_equal(found.X[0], [1, 1, 1, 0, 0])
    np.testing.assert_array_equal(found.X[1], [1, np.nan, np.nan, np.nan, np.nan])
    with pytest.raises(FormulaError, match="the level e of f did not occur"):
        apply_design(stored, new.assign(f="e"))
    with pytest.raises(FormulaError, match="f holds numbers, and held categories"):
        apply_design(stored, new.assign(f=1.0))
    with pytest.raises(FormulaError, match="the new data have no column x"):
        apply_design(stored, new.drop(columns="x"))


def test_a_new_level_inside_a_transform_is_refused(frame: pd.DataFrame) -> None:
    stored = build_design("y ~ factor(few) + (1 | g)", frame).transforms
    with pytest.raises(FormulaError, match="the level 9 did not occur"):
        apply_design(stored, pd.DataFrame({"few": [9.0], "g": [1]}))


def test_few_new_rows_need_not_hold_every_level(frame: pd.DataFrame) -> None:
    stored = build_design("y ~ f * x + (f | g)", frame).transforms
    found = apply_design(stored, frame.iloc[[1]].assign(x=2.0))
    np.testing.assert_array_equal(found.X, [[1, 1, 0, 0, 2, 2, 0, 0]])


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("ns(x, df = 1e9)", "at most 1000 are made"),
        ("bs(x, df = 1e6)", "at most 1000 are made"),
        ("poly(x, 1e7, raw = TRUE)", "at most 1000 are made"),
        ("bs(x, degree = 1e15)", "the degree of a spline is at most 30"),
    ],
)
def test_a_function_does_not_make_columns_without_end(call, what):
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4, 6, 9], "x": [1.0, 2, 4, 3, 5, 6], "g": list("aabbcc")})
    with pytest.raises(FormulaError, match=what):
        build_design(f"y ~ {call} + (1 | g)", frame)
