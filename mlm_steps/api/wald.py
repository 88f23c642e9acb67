"""Wald tests of the fixed effects as frames."""

from __future__ import annotations

from functools import lru_cache

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

TESTED = {
    "estimate": "estimate", "se": "se", "df": "df", "t": "t", "p_value": "p", "ci_low": "ci_low",
    "ci_high": "ci_high",
}  # fmt: skip
"""The columns of a frame of tests, and the attributes of ``CoefficientTests`` that they hold."""
SHOWN = ["estimate", "se", "df", "t", "p_value"]
"""The columns that are printed of the other tests of a singular fit."""


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
    values = np.empty((len(columns), len(TESTED)), order="F")
    for place, source in enumerate(TESTED.values()):
        values[:, place] = getattr(tests, source)
    # Frames of few numbers: pandas takes longer for their indexes than for all else.
    index, names = _index(tuple(columns)).view(), _index(tuple(TESTED)).view()
    return pd.DataFrame(values, index=index, columns=names)


@lru_cache(maxsize=64)
def _index(names: tuple[str, ...]) -> pd.Index:
    """Return an index of names, of which callers take a view, since its own name may be set."""
    return pd.Index(list(names))


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
        rows = [["", *(f" {name}" for name in SHOWN)], *([str(name)] for name in frame.index)]
        for row, values in zip(rows[1:], frame[SHOWN].to_numpy(), strict=True):
            row += ["NaN" if np.isnan(value) else f"{value:.5g}" for value in values]
        lines += ["", f"The fit is singular; its fixed effects by {method}:"]
        lines += _aligned(rows)
    return lines


def _aligned(rows: list[list[str]]) -> list[str]:
    """Return a table as ``DataFrame.to_string`` prints it: names to the left, numbers to the right."""
    first, *widths = (max(map(len, cells)) for cells in zip(*rows, strict=True))
    return [" ".join([row[0].ljust(first), *map(str.rjust, row[1:], widths)]) for row in rows]
