"""Intervals and profiles in a notebook, by lme4's names and as it prints them."""

from pathlib import Path

import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
PRINTED = """\
                                   2.5 %      97.5 %
sd_(Intercept)|Subject        14.3813909  37.7160487
cor_Days.(Intercept)|Subject  -0.4814926   0.6850112
sd_Days|Subject                3.8011782   8.7533909
sigma                         22.8982565  28.8579992
(Intercept)                  237.6806899 265.1295198
Days                           7.3586520  13.5759199
(profile, ML)"""
DIGITS = 6
"""Of the printed text that lme4's limits share: the others depend on the last step of a search."""
SPLINE_TOL = 1e-3
"""Between limits that are solved for and those read off a curve, relative to their size."""


@pytest.fixture(scope="module")
def fit():
    return mlm_steps.fit("Reaction ~ Days + (Days | Subject)", SLEEP)


def test_intervals_print_as_lme4_prints_them(fit):
    ours, theirs = repr(fit.confint()).splitlines(), PRINTED.splitlines()
    assert [len(line) for line in ours] == [len(line) for line in theirs]
    for mine, line in zip(ours[1:-1], theirs[1:-1], strict=True):
        assert mine.split()[0] == line.split()[0]
        assert [float(x) for x in mine.split()[1:]] == pytest.approx(
            [float(x) for x in line.split()[1:]], rel=10.0**-DIGITS
        )


def test_parameters_are_chosen_by_name_or_kind(fit):
    assert list(fit.confint(parm="sigma").table.index) == ["sigma"]
    assert list(fit.confint(parm="beta_").table.index) == ["(Intercept)", "Days"]
    assert list(fit.confint(parm=["theta_"]).table.index)[-1] == "sigma"
    with pytest.raises(UsageError, match="did you mean 'sigma'"):
        fit.confint(parm="sgima")


def test_wald_intervals_are_those_of_the_tests_and_none_of_variances(fit):
    table = fit.confint("wald").table
    assert table["low"].tolist() == fit.ci["low"].tolist()
    assert fit.confint("wald", parm=["Days", "sigma"]).table["low"].isna().tolist() == [False, True]


@pytest.mark.parametrize("wrong", [{"method": "exact"}, {"confidence": 1.0}])
def test_an_unknown_method_or_confidence_is_refused(fit, wrong):
    with pytest.raises(UsageError):
        fit.confint(**wrong)


def test_intervals_read_off_the_profiles_are_those_solved_for(fit):
    read, solved = fit.profile().confint(0.9).table, fit.confint(confidence=0.9).table
    assert read["low"].tolist() == pytest.approx(solved["low"].tolist(), rel=SPLINE_TOL)
    assert read["high"].tolist() == pytest.approx(solved["high"].tolist(), rel=SPLINE_TOL)


def test_a_limit_at_its_bound_is_said_to_be_one():
    frame = SLEEP.assign(y=SLEEP.Reaction - SLEEP.groupby("Subject").Reaction.transform("mean"))
    text = repr(mlm_steps.fit("y ~ 1 + (1 | Subject)", frame).confint(parm="theta_"))
    assert "sd_(Intercept)|Subject, low limit: the bound of the parameter" in text
