"""The methods of intervals, and the meaning of the marks at their limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.records import Coefficient, FitRecord, RandomParameter
from mlm_steps.report.text.facts import LIMIT_MARKS, UNRELIABLE
from mlm_steps.report.text.text import Phrase, say

__all__ = ["interval_methods", "limit_notes"]

MARKS = {
    LIMIT_MARKS["boundary"]: "the limit is the bound of the parameter: the data are compatible with it",
    UNRELIABLE: "the profile is not monotone or ends early, so the limit is unreliable; use a bootstrap "
    "(intervals in the spec) instead",
}


def interval_methods(fits: Sequence[FitRecord]) -> str:
    """Return the methods of the intervals of fixed effects and of variances in words."""
    kinds: dict[str, Iterable[Coefficient | RandomParameter]] = {
        "fixed effects": (row for fit in fits for row in fit.coefficients),
        "variances and correlations": (row for fit in fits for row in fit.random),
    }
    words = []
    for kind, rows in kinds.items():
        methods = dict.fromkeys(_short(row.ci_method) for row in rows if row.ci_low is not None)
        words.append(f"{kind}: {' and '.join(methods) or 'none'}")
    return "; ".join(words)


def _short(method: str) -> str:
    """Return a method; Wald intervals without their degrees of freedom, which are listed separately."""
    return method.partition(",")[0] if method.startswith("Wald") else method


def limit_notes(fits: Sequence[FitRecord]) -> list[Phrase]:
    """Return notes on the marks that occur at limits of variances and correlations."""
    codes = {
        code
        for fit in fits
        for row in fit.random
        if row.ci_low is not None and row.ci_high is not None
        for code in (row.ci_low_code, row.ci_high_code)
        if code is not None
    }
    marks = {LIMIT_MARKS.get(code, UNRELIABLE) for code in codes}
    return [say(f"{mark} {text[0].upper()}{text[1:]}.") for mark, text in MARKS.items() if mark in marks]
