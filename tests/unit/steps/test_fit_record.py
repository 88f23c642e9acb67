"""The record of a fit."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, evaluate_at
from mlm_steps.records import FitRecord
from mlm_steps.steps.parts.fit_record import fit_record, random_parameters
from mlm_steps.steps.parts.fixed_part import Hypotheses

DATA = Path(__file__).parents[2] / "reference" / "data"
SLEEP = pd.read_csv(DATA / "sleepstudy.csv", dtype={"Subject": str})


def record(formula, frame=SLEEP, method="REML", levels=None, df_method="satterthwaite", hypotheses=None):
    return fit_record(
        "m",
        formula,
        Estimates(build_design(formula, frame)),
        method=method,
        df_method=df_method,
        confidence=0.95,
        weights=None,
        sample_hash="s",
        variable_levels=levels or {},
        hypotheses=hypotheses,
    )


def test_both_optima_and_the_criteria_of_the_ml_fit_are_kept():
    found = record("Reaction ~ Days + (Days | Subject)")
    assert (found.reml.criterion, found.ml.criterion) == pytest.approx((1743.6283, 1751.9393), abs=1e-4)
    assert found.loglik == -found.ml.criterion / 2
    assert (found.aic, found.bic) == pytest.approx((1763.9393, 1783.0971), abs=1e-4)
    assert found.aicc == pytest.approx(found.ml.criterion + 12 * 180 / 173)
    assert found.reported is found.reml
    assert (found.n, found.p, found.npar, found.n_levels) == (180, 2, 6, {"Subject": 18})


def test_it_reads_back_equal():
    found = record("Reaction ~ Days + (Days | Subject)")
    assert FitRecord.model_validate_json(found.model_dump_json()) == found


def test_tests_and_symbols_stand_beside_the_estimates():
    rows = record("Reaction ~ Days + (Days | Subject)", levels={"Days": "1"}).coefficients
    assert [(row.term, row.level, row.symbol) for row in rows] == [
        ("(Intercept)", "1", "γ00"),
        ("Days", "1", "γ10"),
    ]
    assert (rows[1].estimate, rows[1].se, rows[1].df) == pytest.approx((10.4673, 1.5458, 17.0), abs=1e-4)
    assert (rows[1].df_method, rows[1].ci_method) == ("satterthwaite", "Wald, satterthwaite")


def test_a_z_test_has_no_df():
    assert record("Reaction ~ Days + (1 | Subject)", df_method="z").coefficients[1].df is None


def test_a_dropped_column_has_a_row_without_numbers_or_symbol():
    rows = record("Reaction ~ Days + I(2 * Days) + (1 | Subject)").coefficients
    assert [row.column for row in rows] == ["(Intercept)", "Days", "I(2 * Days)"]
    dropped = rows[2]
    assert (dropped.dropped, dropped.estimate, dropped.symbol, dropped.level) == (True, None, "", "1")


def test_random_parameters_are_listed_by_term_and_kind():
    rows = record("Reaction ~ Days + (Days | Subject)").random
    assert [(row.term_index, row.effect_1, row.effect_2, row.kind) for row in rows] == [
        (0, "(Intercept)", None, "variance"),
        (0, "(Intercept)", None, "sd"),
        (0, "Days", None, "variance"),
        (0, "Days", None, "sd"),
        (0, "(Intercept)", "Days", "covariance"),
        (0, "(Intercept)", "Days", "correlation"),
        (None, None, None, "variance"),
        (None, None, None, "sd"),
    ]
    values = [row.estimate for row in rows]
    assert values[:1] + values[2:3] + values[4:5] == pytest.approx([612.09, 35.072, 9.604], rel=1e-3)
    assert values[5] == pytest.approx(9.604 / math.sqrt(612.09 * 35.072), rel=1e-3)
    assert rows[-1].group == "Residual"
    assert not any(row.at_boundary for row in rows)


@pytest.mark.parametrize(
    ("theta", "boundary", "correlation"),
    [
        ([0.9, -0.2, 0.0], {("covariance"), ("correlation")}, -1.0),
        ([0.9, 0.0, 0.0], {"variance", "sd", "covariance", "correlation"}, None),
    ],
)
def test_what_lies_on_its_bound_is_marked(theta, boundary, correlation):
    design = build_design("Reaction ~ Days + (Days | Subject)", SLEEP)
    rows = random_parameters(evaluate_at(design, np.array(theta)))
    assert {row.kind for row in rows if row.at_boundary} == boundary
    assert [row.estimate for row in rows if row.kind == "correlation"] == [correlation]
    assert not any(row.at_boundary for row in rows if row.effect_1 == "(Intercept)" and row.effect_2 is None)


def test_a_singular_fit_says_what_is_at_its_bound():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"y": rng.normal(size=80), "g": list("abcdefgh") * 10})
    frame["y"] -= frame.groupby("g")["y"].transform("mean")
    found = record("y ~ 1 + (1 | g)", frame)
    notice = next(notice for notice in found.notices if notice.code == "singular")
    assert (notice.model, notice.subject) == ("m", "(1 | g)")
    assert "the standard deviation of (Intercept) is 0" in notice.text
    assert (found.reml.terms[0].rank, found.reml.terms[0].singular) == (0, True)


def test_nested_factors_give_symbols_of_three_indices():
    frame = SLEEP.assign(site=[f"s{int(subject) % 3}" for subject in SLEEP.Subject])
    rows = record("Reaction ~ Days + (1 | site / Subject)", frame).coefficients
    assert [row.symbol for row in rows] == ["γ000", "γ100"]


def test_a_singular_fit_is_tested_by_both_methods():
    frame = pd.read_csv(DATA / "sim_nearsingular.csv", dtype={"g": str})
    for reported, other in (("satterthwaite", "kenward-roger"), ("kenward-roger", "satterthwaite")):
        found = record("y ~ x + (x | g)", frame, df_method=reported)
        assert found.reml.singular
        assert {row.df_method for row in found.coefficients} == {reported}
        assert {row.df_method for row in found.coefficients_other} == {other}
    third = record("y ~ x + (x | g)", frame, df_method="z")
    assert [row.df_method for row in third.coefficients_other] == ["satterthwaite"] * 2 + [
        "kenward-roger"
    ] * 2


def test_other_fits_are_tested_by_one_method():
    assert record("Reaction ~ Days + (Days | Subject)").coefficients_other == ()


def test_terms_are_tested_by_the_declared_method():
    hypotheses = Hypotheses("III", {"both": np.eye(2), "none": np.zeros((0, 2))})
    both, none = record(
        "Reaction ~ Days + (Days | Subject)", df_method="kenward-roger", hypotheses=hypotheses
    ).anova
    assert (both.num_df, both.den_df, both.df_method) == (2, pytest.approx(16), "kenward-roger")
    assert (none.num_df, none.statistic, none.p) == (0, None, None)
    chi = record("Reaction ~ Days + (Days | Subject)", df_method="z", hypotheses=hypotheses).anova[0]
    assert (chi.den_df, chi.p) == (None, pytest.approx(0, abs=1e-300))


def test_a_method_that_does_not_apply_says_which_one_was_used():
    frame = SLEEP.assign(half=SLEEP.Days % 2)
    found = record("Reaction ~ Days + (1 | Subject) + (1 | half)", frame, df_method="between-within")
    assert found.coefficients[1].df_method == "satterthwaite"
    assert [notice.model for notice in found.notices if notice.code == "between_within"] == ["m"]
