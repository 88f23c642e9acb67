"""Standardised coefficients and mean differences of the rungs, where the spec asks for them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlm_steps.effects import Fitted, group_difference, standardized
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.records import FitRecord
from mlm_steps.records.effects import StandardizedCoefficient, StandardizedDifference
from mlm_steps.spec.effects import EffectSizeSpec
from mlm_steps.steps.parts.at_record import at_optimum
from mlm_steps.steps.parts.wanted import Wanted
from mlm_steps.variance.refits import null_model

__all__ = ["EffectSizes"]


class EffectSizes:
    """The effect sizes of the rungs that were added.

    Parameters
    ----------
    asked : EffectSizeSpec

    Attributes
    ----------
    coefficients : list of StandardizedCoefficient
    differences : list of StandardizedDifference
    """

    def __init__(self, asked: EffectSizeSpec) -> None:
        self._asked = asked
        self._nulls: dict[object, LmmFit] = {}
        self.coefficients: list[StandardizedCoefficient] = []
        self.differences: list[StandardizedDifference] = []

    def add(self, fitted: Fitted, record: FitRecord, wanted: Wanted, frame: pd.DataFrame) -> None:
        """Add the effect sizes of a rung; ``frame`` is the analysis sample."""
        if not wanted.sizes:
            return
        fit = at_optimum(fitted.predictors.design, record.reported, record.agq)
        version = self._asked.standardized
        if version != "none":
            null = self._null(fit) if version == "level" else None
            self.coefficients += standardized(record.model, fit, null, version)
        for each in self._asked.differences:
            if each.factor in fitted.predictors.by_name:
                rows = frame.iloc[fit.design.rows]
                before = None if each.pretest is None else _numbers(rows[each.pretest])
                self.differences += group_difference(fitted, fit, each.factor, before)

    def _null(self, fit: MixedFit) -> LmmFit | None:
        """Return the null model of a rung; rungs with the same factors, rows and outcome share it."""
        if not isinstance(fit, LmmFit):
            return None
        design = fit.design
        groups = frozenset(term.group for term in design.random)
        arrays = [design.rows, design.weights, design.offset]
        key = (groups, design.outcome, fit.method, *(None if a is None else a.tobytes() for a in arrays))
        if key not in self._nulls:
            self._nulls[key] = null_model(fit)
        return self._nulls[key]


def _numbers(column: pd.Series) -> np.ndarray:
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))
