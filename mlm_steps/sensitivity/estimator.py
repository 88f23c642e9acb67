"""Estimate a linear model by the other method: ML in place of REML, or REML in place of ML."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.engine import Method, MixedFit
from mlm_steps.engine.fit.mixed import fit_mixed
from mlm_steps.sensitivity.base import Baseline, Change, Inapplicable, Variant

__all__ = ["estimator"]


def estimator(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the fit by the other method; a generalized model has maximum likelihood alone."""
    if not baseline.linear:
        yield Inapplicable("reml", Change("by REML"), "REML exists for linear mixed models only")
        return
    method: Method = "ML" if baseline.method == "REML" else "REML"

    def fit() -> MixedFit:
        return fit_mixed(baseline.fit.design, method=method, control=baseline.control, near=baseline.fit)

    yield Variant(method.lower(), Change(f"by {method}"), fit, fitted=False)
