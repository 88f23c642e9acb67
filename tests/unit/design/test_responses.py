"""Outcomes of generalized models: their forms, their trials and their exposure."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.design.formula import parse_formula
from mlm_steps.errors import DesignError, FormulaError
from mlm_steps.records.response import Response

BINOMIAL = Response("binomial", "logit")
TRIALS = Response("binomial", "logit", trials="n")
EXPOSED = Response("poisson", "log", exposure="t")


def frame(**columns):
    data = {
        "g": ["a", "b", "c"] * 4,
        "x": np.arange(12.0),
        "k": [0.0, 1, 2, 3, 0, 1, 2, 3, 4, 1, 0, 2],
        "n": [4.0] * 12,
        "t": np.arange(1.0, 13.0),
        "yes": [0.0, 1.0] * 6,
    }
    return pd.DataFrame({**data, **columns})


def design(outcome, response, data=None, predictors="x"):
    return build_design(
        f"{outcome} ~ {predictors} + (1 | g)", frame() if data is None else data, response=response
    )


def test_three_forms_of_one_binomial_outcome_are_one_design():
    data = frame()
    data["rest"], data["share"] = data.n - data.k, data.k / data.n
    forms = [
        design("k", TRIALS, data),
        design("share", TRIALS, data),
        design("cbind(k, rest)", BINOMIAL, data),
        design("cbind(k, n - k)", BINOMIAL, data),
    ]
    for form in forms:
        np.testing.assert_array_equal(form.y, data.k)
        np.testing.assert_array_equal(form.trials, data.n)
    assert [form.outcome for form in forms] == ["k", "share", "cbind(k, rest)", "cbind(k, n - k)"]


def test_an_outcome_of_0_and_1_has_single_trials():
    found = design("yes", BINOMIAL)
    assert found.trials is None
    assert found.event is None


@pytest.mark.parametrize(
    ("values", "event", "first"),
    [
        (pd.Categorical(["N", "Y"] * 6), "Y", 0.0),
        (pd.Categorical(["N", "Y"] * 6, categories=["Y", "N"]), "N", 1.0),
        (["no", "yes"] * 6, "yes", 0.0),
        ([False, True] * 6, "TRUE", 0.0),
    ],
)
def test_the_last_level_of_a_category_is_the_event(values, event, first):
    found = design("use", BINOMIAL, frame(use=values))
    assert (found.event, found.y[0], found.y.sum()) == (event, first, 6)


def test_the_logarithm_of_the_exposure_is_added_to_the_offset():
    np.testing.assert_allclose(design("k", EXPOSED).offset, np.log(np.arange(1.0, 13.0)))
    both = design("k", EXPOSED, predictors="offset(x)")
    np.testing.assert_allclose(both.offset, np.log(np.arange(1.0, 13.0)) + np.arange(12.0))


@pytest.mark.parametrize(
    ("outcome", "response", "columns", "what"),
    [
        ("use", BINOMIAL, {"use": pd.Categorical(["a", "b", "c"] * 4)}, "use has 3 levels: a, b, c"),
        ("use", BINOMIAL, {"use": pd.Categorical(["a"] * 12)}, "use has one value in all rows, a"),
        ("use", TRIALS, {"use": pd.Categorical(["a", "b"] * 6)}, "use is a category, which has one trial"),
        ("share", BINOMIAL, {"share": [0.0, 0.5, 0.25] * 4}, "share is 0.5 in row 2, the first of 8 rows"),
        ("share", TRIALS, {"share": [0.0, 0.3, 0.25] * 4}, "not a share of 4 trials"),
        ("k", TRIALS, {"n": [4.0, 0.0] * 6}, "the number of trials n is 0 in row 2"),
        ("k", TRIALS, {"n": [4.5, 4.0] * 6}, "the number of trials n is 4.5 in row 1"),
        ("k", TRIALS, {"n": ["a", "b"] * 6}, "the column n does not hold numbers"),
        ("cbind(k, n - k)", TRIALS, {}, r"the trials are given twice, here and by cbind\(k, n - k\)"),
        ("cbind(k, n - k)", Response(), {}, r"cbind\(k, n - k\) is an outcome of events among trials"),
        ("k", EXPOSED, {"t": [1.0, 0.0] * 6}, "the exposure t is 0 in row 2, the first of 6 rows"),
        ("k", EXPOSED, {"t": [1.0] * 11 + [np.nan]}, "the exposure t is missing in row 12"),
        ("k", Response("poisson", "log", exposure="tt"), {}, "there is no column tt for exposure"),
    ],
)
def test_what_has_no_such_outcome_is_refused(outcome, response, columns, what):
    with pytest.raises(DesignError, match=what):
        design(outcome, response, frame(**columns))


def test_an_exposure_that_is_an_offset_too_is_refused():
    with pytest.raises(DesignError, match=r"the formula has offset\(log\(t\)\), too") as caught:
        design("k", EXPOSED, predictors="offset(log(t))")
    assert caught.value.faults[0].key == "exposure"


def test_rows_are_named_by_the_file():
    with pytest.raises(DesignError, match="in row 102"):
        build_design(
            "k ~ x + (1 | g)", frame(t=[1.0, -1.0] * 6), response=EXPOSED, file_rows=np.arange(100, 112)
        )


@pytest.mark.parametrize(
    ("formula", "what"),
    [
        ("y ~ cbind(k, f) + (1 | g)", r"cbind\(\) is an outcome"),
        ("cbind(k, f) + 1 ~ x", r"cbind\(\) is a whole outcome"),
        ("log(cbind(k, f)) ~ x", r"cbind\(\) is an outcome"),
        ("cbind(k) ~ x", "takes the column of the events and that of the non-events"),
        ("cbind(k, n - m) ~ x", "takes the column of the events"),
        ("cbind(k, k) ~ x", "takes the column of the events"),
        ("cbind(k, 2 * n) ~ x", "takes the column of the events"),
        ("cbind(k, b = f) ~ x", "takes the column of the events"),
    ],
)
def test_cbind_is_an_outcome_of_two_columns(formula, what):
    with pytest.raises(FormulaError, match=what):
        parse_formula(formula)


def test_the_columns_of_cbind_are_outcomes():
    formula = parse_formula("cbind(k, n - k) ~ x + (1 | g)")
    assert formula.outcomes == ("k", "n")
    assert formula.variables == ("k", "n", "x", "g")
