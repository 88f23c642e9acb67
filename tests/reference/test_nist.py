"""NIST's certified one-way analyses of variance as random-intercept models (Statistical Reference Datasets).

For balanced data REML's estimates are the method of moments': the residual variance is the mean square
within, the variance between is (mean square between - mean square within) / n, when that is positive.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

import mlm_steps

DIGITS = 15.0
"""What the certified values have; more agreement counts as this."""
MINIMAL = dict.fromkeys(("SiRstv", "SmLs01", "SmLs02", "SmLs03"), 12)
MINIMAL |= dict.fromkeys(("AtmWtAg", "SmLs04", "SmLs05", "SmLs06"), 9)
MINIMAL |= dict.fromkeys(("SmLs07", "SmLs08", "SmLs09"), 3)
"""Digits to reach. In double precision an outcome with 7 constant leading digits (AtmWtAg, SmLs04-06) has
9 that vary, one with 13 (SmLs07-09) has 3."""
ROUNDING = 1e-13
"""Of a mean of at most 18009 values."""
LME4 = json.loads((Path(__file__).parent / "nist" / "lme4.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, eq=False)
class Certified:
    """A set of NIST's with the two variances that follow from its certified sums of squares."""

    frame: pd.DataFrame
    within: float
    between: float


def read(name: str) -> Certified:
    text = files("scipy.stats.tests.data.nist_anova").joinpath(f"{name}.dat").read_text(encoding="utf-8")
    (df_between, ss_between), (df_within, ss_within) = (
        (int(df), float(ss))
        for df, ss in re.findall(r"^(?:Between|Within) \w+ +(\d+) +(\S+)", text, re.MULTILINE)
    )
    rows = [line.split() for line in text.splitlines()[60:] if line.strip()]
    frame = pd.DataFrame({"g": [row[0] for row in rows], "y": [float(row[1]) for row in rows]})
    each = len(frame) / (df_between + 1)
    within = ss_within / df_within
    return Certified(frame, within, (ss_between / df_between - within) / each)


def digits(value: float, certified: float) -> float:
    """Return the log relative error: the number of correct significant digits."""
    error = abs(value - certified) / abs(certified)
    return DIGITS if error == 0.0 else max(0.0, min(DIGITS, -math.log10(error)))


@pytest.mark.parametrize("name", sorted(LME4))
def test_certified_variances_are_reached_with_more_digits_than_lme4_has(name):
    certified = read(name)
    fit = mlm_steps.fit("y ~ 1 + (1 | g)", certified.frame)
    ours = {"within": fit.sigma**2, "between": float(fit.lmm.covariances[0][0, 0])}
    for part, value in ours.items():
        target = getattr(certified, part)
        best_of_lme4 = max(digits(run[part], target) for run in LME4[name].values())
        assert digits(value, target) >= max(best_of_lme4, MINIMAL[name]), part
    assert fit.converged


@pytest.mark.parametrize("name", sorted(LME4))
def test_the_fixed_intercept_is_the_mean_with_the_standard_error_of_balanced_data(name):
    certified = read(name)
    fit = mlm_steps.fit("y ~ 1 + (1 | g)", certified.frame)
    y = certified.frame["y"].to_numpy()
    J = certified.frame["g"].nunique()
    mean = math.fsum(y) / y.size
    se = math.sqrt((certified.between + certified.within * J / y.size) / J)
    assert fit.lmm.beta[0] == pytest.approx(mean, rel=ROUNDING)
    assert digits(float(fit.lmm.se[0]), se) >= MINIMAL[name]
