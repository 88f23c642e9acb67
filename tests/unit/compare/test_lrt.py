"""Likelihood ratio tests of rungs; the numbers are those of sleepstudy (statistics, section 19)."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from mlm_steps.compare import compare_lrt
from mlm_steps.design.build import build_design
from mlm_steps.engine import Control, Estimates, evaluate_at
from mlm_steps.errors import ComparisonError

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
).assign(w=lambda d: 1.0 + d.Days / 10, o=1.0)

NULL = "Reaction ~ 1 + (1 | Subject)"
DAYS = "Reaction ~ Days + (1 | Subject)"
SLOPE = "Reaction ~ Days + (Days | Subject)"
UNCORRELATED = "Reaction ~ Days + (Days || Subject)"


def estimates(formula, frame=SLEEP, **options):
    return Estimates(build_design(formula, frame, **options))


def compare(smaller, larger, method="REML"):
    smaller, larger = (estimates(f) if isinstance(f, str) else f for f in (smaller, larger))
    return compare_lrt(smaller, larger, names=("first", "second"), method=method)


def test_fixed_effects_are_compared_by_ml_whatever_the_method():
    record = compare(NULL, DAYS)
    assert (record.changed, record.criterion, record.df) == ("fixed", "ML", 1)
    assert record.statistic == pytest.approx(116.4624, abs=1e-4)
    assert record.p_naive == pytest.approx(chi2.sf(record.statistic, 1), rel=1e-10)
    assert (record.p_boundary, record.p_boundary_code) == (None, "not_applicable")
    assert record.delta_aic == pytest.approx(2 - record.statistic)
    assert record.delta_bic == pytest.approx(np.log(180) - record.statistic)
    assert record.added == ("Days",)


@pytest.mark.parametrize(("method", "statistic"), [("REML", 42.8369), ("ML", 42.1393)])
def test_variances_are_compared_by_the_declared_method(method, statistic):
    record = compare(DAYS, SLOPE, method)
    assert (record.changed, record.criterion, record.df) == ("variance", method, 2)
    assert record.statistic == pytest.approx(statistic, abs=1e-4)
    assert record.p_boundary == pytest.approx((chi2.sf(statistic, 1) + chi2.sf(statistic, 2)) / 2, rel=1e-3)
    assert record.added == ("Days in (Days | Subject)",)


def test_one_variance_halves_the_naive_p():
    record = compare(DAYS, UNCORRELATED)
    assert record.p_boundary == pytest.approx(record.p_naive / 2)


def test_a_fixed_effect_beside_a_variance_adds_a_degree_of_freedom_to_the_mixture():
    record = compare(NULL, SLOPE)
    assert (record.changed, record.criterion, record.df) == ("both", "ML", 3)
    tail = (chi2.sf(record.statistic, 2) + chi2.sf(record.statistic, 3)) / 2
    assert record.p_boundary == pytest.approx(tail, rel=1e-10)
    assert record.p_boundary < record.p_naive


def test_fixed_effects_beside_several_variances_have_no_mixture():
    frame = SLEEP.assign(again=(SLEEP["Days"] % 3 == 0).astype(float))
    record = compare(estimates(NULL, frame), estimates("Reaction ~ Days + (Days + again | Subject)", frame))
    assert (record.p_boundary, record.p_boundary_code) == (None, "no_closed_weights")


def test_a_null_on_the_boundary_has_no_mixture():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {"y": rng.normal(size=80), "x": rng.normal(size=80), "g": [f"g{i % 8}" for i in range(80)]}
    )
    frame["y"] -= frame.groupby("g")["y"].transform("mean")
    record = compare(estimates("y ~ 1 + (1 | g)", frame), estimates("y ~ 1 + (x || g)", frame))
    assert (record.p_boundary, record.p_boundary_code) == (None, "null_on_boundary")


@pytest.mark.parametrize(
    ("smaller", "larger", "code", "words"),
    [
        (SLOPE, UNCORRELATED, "wrong_order", "the other way round"),
        (SLOPE, "Reaction ~ 0 + I(Days + 1) + Days + (I(Days - 3) | Subject)", "equal_models", "same model"),
        ("Reaction ~ Days + (0 + Days | Subject)", DAYS, "not_nested", r"\(0 \+ Days \| Subject\)"),
        ("Reaction ~ I(Days^2) + (1 | Subject)", DAYS, "not_nested", r"I\(Days\^2\)"),
        (DAYS, "Reaction ~ Days + offset(o) + (Days | Subject)", "offset_mismatch", "offset"),
    ],
)
def test_what_has_no_test_has_information_criteria_and_a_reason(smaller, larger, code, words):
    record = compare(smaller, larger)
    assert record.refused == code
    assert re.search(words, record.reason)
    assert (record.statistic, record.p_naive, record.criterion) == (None, None, None)
    assert record.delta_aic is not None
    assert record.delta_r2_marginal is not None


def test_other_weights_have_no_test():
    record = compare(DAYS, estimates(SLOPE, weights="w"))
    assert record.refused == "weights_mismatch"


@pytest.mark.parametrize(
    ("larger", "code"),
    [
        (estimates(SLOPE, SLEEP.assign(Days=SLEEP.Days.where(SLEEP.index != 4))), "sample_mismatch"),
        (estimates("log(Reaction) ~ Days + (Days | Subject)"), "outcome_mismatch"),
    ],
)
def test_other_rows_or_another_outcome_compare_in_nothing(larger, code):
    record = compare(DAYS, larger)
    assert record.refused == code
    assert (record.delta_aic, record.delta_bic, record.delta_r2_marginal) == (None, None, None)
    assert (record.changed, record.nested, record.prv) == (None, None, ())


def test_a_larger_model_that_fits_worse_is_searched_again():
    good, design = estimates(SLOPE), build_design(SLOPE, SLEEP)
    stuck = Estimates(
        design,
        fits={
            method: evaluate_at(design, np.array([0.01, 0.0, 0.01]), method=method)
            for method in ("REML", "ML")
        },
    )
    record = compare(estimates(DAYS), stuck)
    assert record.statistic == pytest.approx(compare(estimates(DAYS), good).statistic, abs=1e-6)
    assert {notice.code for notice in record.notices} == {"searched_again"}


def test_a_larger_model_that_stays_worse_is_an_error(monkeypatch):
    design = build_design(SLOPE, SLEEP)
    stuck = {m: evaluate_at(design, np.array([0.01, 0.0, 0.01]), method=m) for m in ("REML", "ML")}
    # The package's name is also that of the function mlm_steps.compare, so a dotted path would miss it.
    monkeypatch.setattr(
        sys.modules["mlm_steps.compare.lrt"], "search_again", lambda fit, _: stuck[fit.method]
    )
    with pytest.raises(ComparisonError, match="'second' fits worse than 'first', which it contains"):
        compare(estimates(DAYS), Estimates(design, fits=stuck))


def test_components_are_compared_where_both_models_have_them():
    record = compare(DAYS, SLOPE)
    rows = {(row.group, row.effect): row for row in record.prv}
    assert rows["Residual", None].prv == pytest.approx(1 - 25.5918**2 / 30.9912**2, abs=1e-5)
    assert rows["Subject", "(Intercept)"].code == "not_comparable"
    assert rows["Subject", "Days"].code == "not_in_reference"


def test_several_variances_say_that_their_weights_are_approximate():
    frame = SLEEP.assign(half=np.where(SLEEP.Days < 5, "a", "b"), third=[f"t{i % 3}" for i in range(180)])
    frame["cell"] = frame.third + frame.half
    record = compare(
        estimates(NULL, frame), estimates("Reaction ~ 1 + (1|Subject) + (1|cell) + (1|Days)", frame)
    )
    assert [(part.df, part.weight) for part in record.mixture] == [(0, 0.25), (1, 0.5), (2, 0.25)]
    assert "binomial_weights" in {notice.code for notice in record.notices}


def test_a_term_written_another_way_round_counts_as_known():
    frame = pd.DataFrame({"a": list("aabbccdd") * 8, "b": list("uv") * 32})
    generator = np.random.default_rng(3)
    frame["x"] = generator.normal(size=64)
    frame["y"] = frame["x"] + generator.normal(size=64) + frame.groupby(["a", "b"]).ngroup() % 3
    designs = [build_design(f"y ~ {rest}", frame) for rest in ("1 + (1 | a:b)", "x + (1 | b:a)")]
    record = compare_lrt(*map(Estimates, designs), names=("one", "two"), method="REML")
    assert record.added == ("x",)


@pytest.mark.parametrize(
    ("smaller", "larger", "added"),
    [
        ("(1 | Subject)", "(Days | Subject)", "Days in (Days | Subject)"),
        ("(Days || Subject)", "(Days | Subject)", "covariances in (Days | Subject)"),
        ("(1 | Subject)", "(1 | Subject) + (0 + Days | Subject)", "(0 + Days | Subject)"),
        ("(1 | Subject)", "(1 | Subject/half)", "(1 | half:Subject)"),
        ("(1 | Subject)", "(Days || Subject)", "Days in (Days || Subject)"),
        ("(1 | half)", "(1 | half) + (Days || Subject)", "(Days || Subject)"),
        ("(1 | Subject/half)", "(1 | Subject) + (Days | Subject:half)", "Days in (Days | Subject:half)"),
    ],
)
def test_only_what_is_new_of_a_term_is_called_added(smaller, larger, added):
    frame = SLEEP.assign(half=(SLEEP.Days > 4).astype(str))
    pair = (estimates(f"Reaction ~ Days + {random}", frame) for random in (smaller, larger))
    assert compare(*pair).added == (added,)


def test_a_factor_written_the_other_way_round_has_one_variance():
    frame = SLEEP.assign(half=(SLEEP.Days > 4).astype(str))
    texts = ("1 + (1 | Subject/half)", "Days + (1 | Subject) + (1 | Subject:half)")
    record = compare(*(estimates(f"Reaction ~ {text}", frame) for text in texts))
    rows = {(row.group, row.effect): row for row in record.prv}
    assert set(rows) == {("Residual", None), ("Subject", "(Intercept)"), ("Subject:half", "(Intercept)")}
    assert rows["Subject:half", "(Intercept)"].smaller is not None


@pytest.mark.parametrize("failing", [0, 1])
def test_a_fit_that_did_not_converge_is_compared_with_nothing(failing):
    pair = [estimates(DAYS), estimates(SLOPE)]
    pair[failing] = Estimates(pair[failing].design, control=Control(max_evaluations=3))
    record = compare(*pair)
    assert record.refused == "fit_failed"
    assert record.reason.startswith(f"'{('first', 'second')[failing]}': the search for the ")
    assert (record.statistic, record.p, record.delta_aic, record.delta_bic, record.prv) == (*[None] * 4, ())
