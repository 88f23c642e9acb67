"""Random effects left out one at a time, against lmerTest's ``ranova``; HLM's tests, against printed ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import mlm_steps

RANOVA = json.loads((Path(__file__).parent / "deletions" / "ranova.json").read_text(encoding="utf-8"))

HSB = pd.read_csv(Path(__file__).parent / "data" / "Hsb82.csv.gz", dtype={"school": str})

ATOL = 2e-4
"""lmerTest searches for the smaller models with lme4's default optimiser."""
BETTER = 1e-3
"""A log-likelihood higher than the reference's by more than this: the reference was not at its optimum."""


def rows_of(case):
    return RANOVA.get(case.name) or case.entry["fits"].get("REML", {}).get("ranova") or ()


def test_each_random_effect_left_out_agrees(case, fit_named):
    rows = rows_of(case)
    if not rows:
        return
    ours = fit_named(case.name, "REML").ranova()
    assert [row["term"] for row in rows] == list(ours.index)
    whole = rows[0]
    if ours.loglik.iloc[0] > whole["logLik"] + BETTER:
        return
    assert ours.loglik.iloc[0] == pytest.approx(whole["logLik"], abs=ATOL)
    for row in rows[1:]:
        mine = ours.loc[row["term"]]
        if row["df"] == 0 or mine.loglik > row["logLik"] + BETTER:
            continue  # (0 + x | g) against (1 | g) is no nested pair
        assert (mine.npar, mine.df) == (row["npar"], row["df"])
        np.testing.assert_allclose(mine.LRT, row["LRT"], atol=2 * ATOL)
        np.testing.assert_allclose(mine.p_value, chi2.sf(mine.LRT, mine.df), rtol=1e-9)
        np.testing.assert_allclose(mine.aic, row["AIC"], atol=2 * ATOL)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("mAch ~ 1 + (1 | school)", {"(Intercept)": (1660.23, 159)}),
        ("mAch ~ meanses + (1 | school)", {"(Intercept)": (633.52, 158)}),
        ("mAch ~ cses + (cses | school)", {"(Intercept)": (1770.86, 159), "cses": (213.44, 159)}),
        (
            "mAch ~ (meanses + sector) * cses + (cses | school)",
            {"(Intercept)": (605.30, 157), "cses": (162.31, 157)},
        ),
    ],
)
def test_hlms_tests_are_those_of_raudenbush_and_bryk(formula, expected):
    """The chi-squares of their chapter 4 on these data, printed with two decimals, from HLM's estimates."""
    found = mlm_steps.fit(formula, HSB).heterogeneity.set_index("effect")
    for effect, (statistic, df) in expected.items():
        assert found.loc[effect, "statistic"] == pytest.approx(statistic, rel=1e-3)
        assert found.loc[effect, "df"] == df
