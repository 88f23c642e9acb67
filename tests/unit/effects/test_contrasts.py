"""Linear hypotheses on coefficients."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design.linear import linear_text, parse_linear
from mlm_steps.errors import FormulaError, UsageError

DATA = pd.read_csv(Path(__file__).parent / "emmeans" / "simulated.csv")
COLUMNS = ("(Intercept)", "ses", "ses2", "sectorCatholic", "ses:sectorCatholic", "poly(x, 2)1", "a b")


@pytest.fixture(scope="module")
def fit():
    return mlm_steps.fit("y ~ x * w + f + (x | g)", DATA)


@pytest.mark.parametrize(
    ("text", "weights", "value"),
    [
        ("ses", {"ses": 1.0}, 0.0),
        ("ses - 2*sectorCatholic = 0", {"ses": 1.0, "sectorCatholic": -2.0}, 0.0),
        ("ses:sectorCatholic/2 = (Intercept) + 1", {"ses:sectorCatholic": 0.5, "(Intercept)": -1.0}, 1.0),
        ("-(ses - ses2) * 3 == 4.5", {"ses": -3.0, "ses2": 3.0}, 4.5),
        ("`a b` + poly(x, 2)1 + ses - ses", {"a b": 1.0, "poly(x, 2)1": 1.0}, 0.0),
        ("2 = ses", {"ses": -1.0}, -2.0),
    ],
)
def test_a_hypothesis_is_read(text, weights, value):
    found = parse_linear(text, COLUMNS)
    assert (dict(found.weights), found.value) == (weights, value)


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("", "the hypothesis is empty", 0),
        ("ses - sess = 0", "there is no coefficient sess", 6),
        ("ses:sectorcatholic", "there is no coefficient ses:sectorcatholic", 0),
        ("ses * ses2", "a product of two coefficients", 0),
        ("ses ses2", "this is not allowed here", 4),
        ("ses - ses", "all weights in this hypothesis are 0", 0),
        ("2*(ses", "a closing parenthesis is missing", 6),
        ("ses -", "ends too early", 5),
        ("ses / 0", "only be divided by numbers", 0),
        ("ses = 1e999", "is too large", 0),
        ("(" * 3000 + "ses" + ")" * 3000 + " = 0", "more than 100 deep", 100),
        ("ses = = 1", "a coefficient or a number is needed here", 6),
    ],
)
def test_what_is_no_hypothesis_is_refused_at_its_place(text, words, offset):
    with pytest.raises(FormulaError, match=words) as caught:
        parse_linear(text, COLUMNS)
    assert caught.value.offset == offset


def test_weights_as_text_read_back():
    weights = {"ses": -1.0, "ses:sectorCatholic": 2.5, "poly(x, 2)1": 0.1}
    assert dict(parse_linear(linear_text(weights), COLUMNS).weights) == weights


def test_a_coefficient_alone_is_tested_as_in_the_table(fit):
    row, ours = fit.coefficients.loc["x:w"], fit.contrast("x:w = 0").table.iloc[0]
    names = {"estimate": "estimate", "se": "se", "df": "df", "p": "p_value", "ci_low": "ci_low"}
    for own, name in names.items():
        assert ours[own] == pytest.approx(row[name], rel=1e-10)


def test_a_value_shifts_the_statistic_and_not_the_estimate(fit):
    zero, one = fit.contrast("x = 0").table.iloc[0], fit.contrast("x - 1 = 0").table.iloc[0]
    assert one["estimate"] == pytest.approx(zero["estimate"])
    assert one["ci_low"] == pytest.approx(zero["ci_low"])
    assert one["statistic"] == pytest.approx((zero["estimate"] - 1) / zero["se"])


def test_weights_and_text_are_the_same(fit):
    by_text, by_weights = fit.contrast("fb - 2*fc"), fit.contrast({"fb": 1, "fc": -2})
    pd.testing.assert_frame_equal(by_text.table, by_weights.table.set_axis(by_text.table.index))


def test_several_hypotheses_are_tested_jointly_as_the_term_is(fit):
    joint, term = fit.contrast("fb = 0", "fc = 0").record, fit.anova().loc["f"]
    assert joint.num_df == 2
    assert joint.statistic == pytest.approx(term["F"], rel=1e-9)
    assert joint.p == pytest.approx(term["p_value"], rel=1e-6)


def test_a_hypothesis_that_follows_from_others_adds_no_degree_of_freedom(fit):
    two, three = fit.contrast("fb", "fc").record, fit.contrast("fb", "fc", "fb - fc").record
    assert (three.num_df, three.statistic) == (2, pytest.approx(two.statistic))
    assert len(three.rows) == 3


def test_printing_shows_each_test_and_the_joint_one(fit):
    text = repr(fit.contrast("fb", "fc"))
    assert "Jointly: F(2, " in text
    assert "Degrees of freedom: satterthwaite" in text


@pytest.mark.parametrize(
    ("hypotheses", "words"),
    [((), "none is given"), (({"xx": 1},), "did you mean 'x'"), (({"x": 0},), "no weight differs from 0")],
    ids=["none", "unknown", "zero"],
)
def test_contrasts_of_nothing_are_refused(fit, hypotheses, words):
    with pytest.raises(UsageError, match=words):
        fit.contrast(*hypotheses)


def test_holm_keeps_the_order_of_the_p_values(fit):
    found = fit.means("f", adjust="holm").records[0].differences
    p = np.array([pair.p_unadjusted for pair in found])
    adjusted = np.array([pair.test.p for pair in found])
    order = np.argsort(p)
    assert (np.diff(adjusted[order]) >= 0).all()
    assert adjusted[order[0]] == pytest.approx(min(3 * p.min(), 1.0))


def test_a_list_of_hypotheses_is_told_to_stand_side_by_side(fit):
    with pytest.raises(UsageError, match="several stand side by side"):
        fit.contrast(["x = 0", "w = 0"])
