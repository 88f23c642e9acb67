"""Tests of declared contrasts of coefficients, singly and jointly (statistics, section 7)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mlm_steps.design.linear import Linear, agree
from mlm_steps.design.rank import independent_columns
from mlm_steps.effects.fitted import Fitted
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import test_jointly
from mlm_steps.records.effects import ContrastTest, Hypothesis

__all__ = ["contrast_test"]


def contrast_test(fitted: Fitted, name: str, hypotheses: Sequence[Linear]) -> ContrastTest:
    """Return the t test of each hypothesis, and the F test of all of them jointly.

    Hypotheses that follow from earlier ones add nothing to the joint test. UsageError if hypotheses
    contradict one another.

    Parameters
    ----------
    fitted : Fitted
    name : str
        Name of the contrast.
    hypotheses : sequence of Linear
        Hypotheses about coefficients of the fit.
    """
    if not agree(hypotheses):
        raise UsageError(Fault(name, "its hypotheses contradict one another"))
    columns = fitted.predictors.design.columns
    L = np.array([[each.weights.get(column, 0.0) for column in columns] for each in hypotheses])
    values = np.array([each.value for each in hypotheses])
    tests = fitted.tested_contrasts(L, values)
    kept = independent_columns(L.T)
    joint = test_jointly(fitted.against, L[kept], -values[kept])
    return ContrastTest(
        model=fitted.model,
        name=name,
        df_method=fitted.against.method,
        confidence=fitted.confidence,
        rows=tuple(
            Hypothesis(text=each.text, weights=dict(each.weights), value=each.value, test=test)
            for each, test in zip(hypotheses, tests, strict=True)
        ),
        num_df=len(kept),
        den_df=joint.den_df if math.isfinite(joint.den_df) else None,
        statistic=joint.F,
        p=joint.p,
    )
