"""Explained variance and effect sizes of a fit: what is printed, the numbers, and mistakes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
SLEEP["arm"] = np.where(SLEEP.Subject.astype(int) % 2 == 0, "a", "b")
SLEEP["errors"] = (SLEEP.Reaction / 100).round()
PRINTED = 6e-5


@pytest.fixture(scope="module")
def slope():
    return mlm_steps.fit("Reaction ~ Days + (Days | Subject)", SLEEP)


@pytest.fixture(scope="module")
def arms():
    return mlm_steps.fit("Reaction ~ Days + arm + (1 | Subject)", SLEEP)


@pytest.fixture(scope="module")
def counts():
    return mlm_steps.fit("errors ~ Days + (1 | Subject)", SLEEP, family="poisson")


def test_the_sources_of_variance_print_and_are_a_frame(slope):
    """f .2785, v .0892, m .4317 (statistics, section 19)."""
    found = slope.rights_sterba()
    total = found.table["total"]
    assert [total[name] for name in ("f", "v", "m")] == pytest.approx([0.2785, 0.0892, 0.4317], abs=PRINTED)
    text = repr(found)
    assert text.startswith("Sources of variance (Rights & Sterba 2019)")
    assert "0.4317" in text
    assert "<table" in found._repr_html_()


def test_crossed_factors_have_a_row_per_term():
    frame = SLEEP.assign(day=SLEEP.Days.astype(str))
    found = mlm_steps.fit("Reaction ~ 1 + (1 | Subject) + (1 | day)", frame).rights_sterba()
    assert {"Subject", "day", "f", "sigma2"} == set(found.table.index)
    assert found.table["total"].sum() == pytest.approx(1)
    assert "crossed" in repr(found)


def test_measures_on_request_have_a_scope(slope):
    plain = slope.r2()
    assert list(plain.index) == ["r2_marginal", "r2_conditional"]
    more = slope.r2(measures=["r2_beta", "r2_xu", "r2_snijders_bosker", "local_f2"])
    assert more.loc["r2_beta", "value"] == pytest.approx(0.72953, abs=PRINTED)
    assert more.loc["r2_beta_partial", "scope"] == "Days"
    assert list(more.loc["r2_snijders_bosker", "scope"]) == ["level 1", "level 2"]


def test_information_criteria(slope):
    n, k = 180, 6
    assert slope.aicc == pytest.approx(slope.deviance + 2 * k * n / (n - k - 1))
    assert slope.bic_groups == pytest.approx(slope.deviance + np.log(18) * k)
    assert slope.bic == pytest.approx(slope.deviance + np.log(n) * k)


def test_kenward_and_rogers_matrix_is_that_of_its_tests(slope):
    kr = mlm_steps.fit("Reaction ~ Days + (Days | Subject)", SLEEP, df="kenward-roger")
    se = kr.coefficients.iloc[:, 1].to_numpy()
    assert np.sqrt(np.diag(slope.vcov_kr)) == pytest.approx(se)
    assert list(slope.vcov_kr.columns) == ["(Intercept)", "Days"]


def test_standardised_coefficients(slope):
    null = mlm_steps.fit("Reaction ~ 1 + (1 | Subject)", SLEEP)
    within = (SLEEP.Days - SLEEP.groupby("Subject").Days.transform("mean")).std()
    expected = slope.beta["Days"] * within / null.sigma
    assert slope.standardized()["Days"] == pytest.approx(expected)
    total = slope.beta["Days"] * SLEEP.Days.std() / SLEEP.Reaction.std()
    assert slope.standardized("total")["Days"] == pytest.approx(total)
    assert np.isnan(slope.standardized()["(Intercept)"])


def test_a_mean_difference_prints_with_its_sizes(arms):
    found = arms.mean_difference("arm", pretest=2 * SLEEP.Reaction)
    assert list(found.table.index) == ["total", "within", "pretest"]
    assert found.table.loc["total", "difference"] == pytest.approx(arms.beta["armb"])
    assert "b: 90 rows, 9 levels of Subject" in repr(found)
    assert "90 rows" in found._repr_html_()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda fit: fit.mean_difference("Days"), "has 10 values"),
        (lambda fit: fit.mean_difference("amr"), "did you mean 'arm'"),
        (lambda fit: fit.mean_difference("arm", pretest="pre"), "no pre"),
        (lambda fit: fit.mean_difference("arm", pretest=[1, 2]), "2 values and 180 rows"),
        (lambda fit: fit.mean_difference("arm", pretest=["x"] * 180), "not all of its values are numbers"),
        (lambda fit: fit.r2(measures=["xu"]), "no measure 'xu'"),
        (lambda fit: fit.standardized("pseudo"), "level or total"),
    ],
)
def test_mistakes_are_named(arms, call, words):
    with pytest.raises(UsageError, match=words):
        call(arms)


@pytest.mark.parametrize(
    "call",
    [
        lambda fit: fit.rights_sterba(),
        lambda fit: fit.vcov_kr,
        lambda fit: fit.standardized(),
        lambda fit: fit.mean_difference("Days"),
    ],
)
def test_counts_have_none_of_them(counts, call):
    with pytest.raises(UsageError, match="linear mixed models only"):
        call(counts)
    assert counts.r2(measures=["r2_xu"]).loc["r2_xu", "value"] != 0
    assert np.isnan(counts.r2(measures=["r2_xu"]).loc["r2_xu", "value"])
