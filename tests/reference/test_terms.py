"""F tests of terms and Kenward and Roger's tests of every model, against lmerTest and pbkrtest."""

from __future__ import annotations

import numpy as np
import pytest

from mlm_steps.design.hypotheses import term_hypotheses
from mlm_steps.inference import reference, test_rows, test_terms

KR_RTOL = 1e-5
"""pbkrtest works with dense matrices at the polished optimum, which is good to about 1e-8."""
DF_RTOL = 1e-4
"""The reference differentiates numerically (Richardson), twice for the Hessian."""
DF_SINGULAR_RTOL = 1e-3
"""On the boundary one eigenvalue of the reference's Hessian is noise."""
BETTER = 1e-6
"""A criterion lower than the reference's by more than this: the reference was not at its optimum."""
TYPES = {"III": "anova_type3", "II": "anova_type2", "I": "anova_type1"}

test_rows.__test__ = False
test_terms.__test__ = False


def close(actual, desired, rtol, atol=0.0):
    np.testing.assert_allclose(np.asarray(actual, dtype=float), np.asarray(desired, dtype=float), rtol, atol)


def binds(case, fit, expected):
    """Return whether the reference's numbers are those of the optimum."""
    limit = BETTER * max(1.0, abs(expected["criterion"]) * 1e-3)
    return not case.unidentified and fit.criterion >= expected["criterion"] - limit


def compare(case, fit, kind, df_method, rows, rtol):
    hypotheses = term_hypotheses(
        case.entry["formula"], case.frame, fit.lmm.design, kind=kind, contrasts=case.contrasts
    )
    tests = test_terms(reference(fit.lmm, df_method), hypotheses)
    theirs = {row["term"]: row for row in rows if row["F"] is not None}
    assert {term for term, test in tests.items() if test is not None} == set(theirs)
    for term, row in theirs.items():
        test = tests[term]
        assert test.num_df == row["num_df"], term
        close(test.den_df, row["den_df"], rtol)
        close(
            [test.F, test.mean_sq, test.sum_sq], [row[name] for name in ("F", "mean_sq", "sum_sq")], KR_RTOL
        )
        close(test.p, row["p"], 10 * rtol, 1e-12)


@pytest.mark.parametrize("kind", TYPES)
def test_f_tests_agree(case, method, fit, expected, kind):
    rows = expected.get(TYPES[kind])
    if rows and binds(case, fit, expected):
        rtol = DF_SINGULAR_RTOL if expected["singular"] else DF_RTOL
        compare(case, fit, kind, "satterthwaite", rows, rtol)


def test_kenward_and_rogers_tests_agree(case, method, fit, expected):
    theirs = expected.get("kenward_roger")
    if not theirs or not binds(case, fit, expected):
        return
    against = reference(fit.lmm, "kenward-roger")
    ours = test_rows(against, np.eye(fit.lmm.design.p), 0.95)
    for name in ("se", "df", "t"):
        close(getattr(ours, name), theirs[name], KR_RTOL, 1e-8)
    close(ours.p, theirs["p"], 10 * KR_RTOL, 1e-12)
    adjusted = np.asarray(theirs["vcov_adj"])
    close(against.vcov, adjusted, KR_RTOL, KR_RTOL * np.abs(adjusted).max())
    if theirs["anova_type3"]:
        compare(case, fit, "III", "kenward-roger", theirs["anova_type3"], KR_RTOL)


WORKSHOP = {"heck2011-l1": [412.6, 4080.8], "heck2011-crosslevel": [None, None, None, 376.8]}
"""Kenward and Roger's df of the workshop's data, by an independent computation in double precision."""


@pytest.mark.parametrize("name", WORKSHOP)
def test_the_workshops_df_agree(fit_named, case_names, name):
    if name not in case_names:
        pytest.skip("the workshop's data are not here")
    fit = fit_named(name, "REML")
    df = reference(fit.lmm, "kenward-roger").df
    found = df(np.eye(len(WORKSHOP[name])))
    for value, expected in zip(found, WORKSHOP[name], strict=True):
        assert expected is None or round(value, 1) == expected
