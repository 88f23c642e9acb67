"""Wald tests of the fixed effects as frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlm_steps.api.state import FitState
from mlm_steps.engine.families import family_of
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import CoefficientTests, reference, test_rows

__all__ = [
    "adjusted_vcov",
    "by_column",
    "exponentials",
    "other_coefficients",
    "other_lines",
    "tests_frame",
    "wald_limits",
]

KENWARD_ROGER = "kenward-roger"
BOTH_WHEN_SINGULAR = ("satterthwaite", KENWARD_ROGER)
"""The methods that are shown side by side for a singular fit. The first one differentiates with respect to
theta, which is bounded, the second one with respect to the covariances, which are not. Their results can
therefore differ."""


def by_column(state: FitState, values: np.ndarray, name: str) -> pd.Series:
    """Return one value per fixed effect, shape (p,), under the names of the coefficients."""
    return pd.Series(values, index=state.columns, name=name)


def adjusted_vcov(state: FitState) -> pd.DataFrame:
    """Return Kenward and Roger's covariance matrix of the fixed effects; ``Fit.vcov_kr`` explains it."""
    against = reference(state.lmm, KENWARD_ROGER)
    if against.method != KENWARD_ROGER:
        raise UsageError(Fault("", " ".join(notice.text for notice in against.notices)))
    names = list(state.fit.design.columns)
    return pd.DataFrame(against.vcov, index=names, columns=names)


def wald_limits(state: FitState) -> pd.DataFrame:
    """Return the Wald intervals with columns ``low`` and ``high``."""
    ends = {"low": state.tests.ci_low, "high": state.tests.ci_high}
    return pd.DataFrame(ends, index=list(state.fit.design.columns))


def tests_frame(tests: CoefficientTests, columns: list[str]) -> pd.DataFrame:
    """Return a frame of tests, one row per coefficient."""
    names = {"estimate": "estimate", "se": "se", "df": "df", "t": "t", "p_value": "p"}
    names |= {"ci_low": "ci_low", "ci_high": "ci_high"}
    return pd.DataFrame({name: getattr(tests, source) for name, source in names.items()}, index=columns)


def exponentials(state: FitState) -> pd.DataFrame:
    """Exponentials of the fixed effects and of their limits, such as odds ratios, with their ``kind``.

    UsageError if the link gives them no meaning.
    """
    fit = state.fit
    transformed = None if fit.design.response.linear else family_of(fit.family, fit.link).transformed
    if transformed is None:
        what = f"exponentials have no meaning for the link {fit.link} of the family {fit.family}"
        raise UsageError(Fault("", what, "the coefficients are on the scale of the link"))
    tests = state.tests
    columns = {"estimate": tests.estimate, "low": tests.ci_low, "high": tests.ci_high}
    frame = pd.DataFrame({name: np.exp(x) for name, x in columns.items()}, index=list(fit.design.columns))
    return frame.assign(kind=transformed.code)


def other_coefficients(state: FitState) -> dict[str, pd.DataFrame]:
    """Return the fixed effects of a singular fit by the methods that ``coefficients`` does not show."""
    if not (state.fit.singular and state.fit.design.response.linear):
        return {}
    found = [reference(state.lmm, method) for method in BOTH_WHEN_SINGULAR if method != state.df_method]
    names = list(state.fit.design.columns)
    rows = np.eye(state.fit.design.p)
    return {
        other.method: tests_frame(test_rows(other, rows, state.confidence), names)
        for other in found
        if other.method != state.reference.method
    }


def other_lines(others: dict[str, pd.DataFrame]) -> list[str]:
    """Return the tests of a singular fit by other methods as lines of text."""
    lines = []
    for method, frame in others.items():
        shown = frame[["estimate", "se", "df", "t", "p_value"]]
        lines += ["", f"The fit is singular; its fixed effects by {method}:"]
        lines += shown.to_string(float_format=lambda value: f"{value:.5g}").split("\n")
    return lines
