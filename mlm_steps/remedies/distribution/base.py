"""What is wrong with a generalized model: its dispersion, or levels that separate the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlm_steps.design.predictors import Predictors
from mlm_steps.diagnose import Subject
from mlm_steps.diagnose.dispersion import dispersion
from mlm_steps.engine import MixedFit
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.records.diagnostics import DiagnosticCheck
from mlm_steps.remedies.base import Case

__all__ = ["Separated", "excess_dispersion", "separated_levels"]


class Separated(NamedTuple):
    """A level of a factor all of whose rows are predicted exactly, and the level beside it."""

    factor: str
    level: str
    other: str


def excess_dispersion(fit: MixedFit) -> DiagnosticCheck | None:
    """Return the check of the dispersion if it is flagged and no term models it; None otherwise."""
    if not isinstance(fit, GlmmFit) or any(len(term.levels) == fit.design.n for term in fit.design.random):
        return None
    found = dispersion(Subject("", fit, 0)).checks
    return next((check for check in found if check.flag not in (None, "ok")), None)


def separated_levels(case: Case) -> Iterator[Separated]:
    """Yield each level of a categorical predictor whose rows are all predicted exactly."""
    fit = case.fit
    if not isinstance(fit, GlmmFit) or fit.separation is None:
        return
    predictors = Predictors(fit.design, case.frame, case.formula)
    for name, predictor in predictors.by_name.items():
        if not predictor.category or not all(isinstance(level, str) for level in predictor.levels):
            continue
        codes = predictor.values.astype(np.intp)
        exact = [bool(fit.separation.rows[codes == code].all()) for code in range(len(predictor.levels))]
        for code, level in enumerate(predictor.levels):
            beside = [*range(code - 1, -1, -1), *range(code + 1, len(exact))]
            other = next((at for at in beside if not exact[at]), None)
            if exact[code] and other is not None:
                yield Separated(name, str(level), str(predictor.levels[other]))
