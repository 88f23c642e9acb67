"""Test the coefficients by other degrees of freedom (statistics, section 7)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.engine import MixedFit
from mlm_steps.inference import METHODS
from mlm_steps.records.response import LINEAR_DF
from mlm_steps.sensitivity.base import Baseline, Change, Inapplicable, Variant

__all__ = ["METHOD_WORDS", "df"]

METHOD_WORDS = {
    "satterthwaite": "with Satterthwaite’s degrees of freedom",
    "kenward-roger": "with Kenward and Roger’s degrees of freedom and standard errors",
    "between-within": "with between–within degrees of freedom",
    "residual": "with residual degrees of freedom",
    "z": "by the normal approximation",
}


def df(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the tests of the same fit by each other method that its family has."""

    def same_fit() -> MixedFit:
        return baseline.fit

    for method in METHODS:
        if method != baseline.df_method and (baseline.linear or method not in LINEAR_DF):
            yield Variant(method, Change(METHOD_WORDS[method]), same_fit, df_method=method, fitted=False)
