"""A fit with all that its combinations of coefficients are tested with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import Level, Predictors, Rows
from mlm_steps.effects.adjustments import ADJUSTMENTS
from mlm_steps.inference import CoefficientTests, Reference, test_rows
from mlm_steps.records.effects import Condition, Pairwise, Tested

__all__ = ["NOT_ESTIMABLE", "OUTSIDE", "TOO_LARGE", "Fitted"]

Array = NDArray[np.float64]

NOT_ESTIMABLE = Tested(code="not_estimable")
TOO_LARGE = Tested(code="too_large")
OUTSIDE = Tested(code="outside_domain")
"""Where a function of the formula has no value, such as ``log(x)`` at 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fit, its predictors, and how its coefficients are tested.

    Attributes
    ----------
    model : str
        Name of the rung.
    predictors : Predictors
    against : Reference
    confidence : float
        Of the intervals.
    """

    model: str
    predictors: Predictors
    against: Reference
    confidence: float

    def tested(self, rows: Rows) -> tuple[Tested, ...]:
        """Return the test of each row's combination of coefficients."""
        estimable, tests = self._tests(rows)
        numbers = iter(_tested(tests, i) for i in range(len(tests.estimate)))
        return tuple(
            next(numbers) if possible else NOT_ESTIMABLE if defined else OUTSIDE
            for possible, defined in zip(estimable, rows.defined, strict=True)
        )

    def tested_contrasts(self, L: Array, values: Array) -> tuple[Tested, ...]:
        """Return the tests of L beta = values, with rows (m, p); estimates and intervals are of L beta."""
        tests = test_rows(self.against, L, self.confidence, -values)
        back = replace(
            tests,
            estimate=tests.estimate + values,
            ci_low=tests.ci_low + values,
            ci_high=tests.ci_high + values,
        )
        return tuple(_tested(back, i) for i in range(len(values)))

    def pairwise(
        self, levels: Sequence[Level], rows: Rows, adjust: str, *, reverse: bool = False
    ) -> tuple[Pairwise, ...]:
        """Return the differences of the rows of all pairs of levels, the first less the second.

        ``reverse`` takes the second less the first. p-values and intervals are adjusted for the family.
        """
        pairs = list(combinations(range(len(levels)), 2))
        if not pairs:
            return ()
        if reverse:
            pairs = [(j, i) for i, j in pairs]
        weights = np.zeros((len(pairs), len(levels)))
        for position, (i, j) in enumerate(pairs):
            weights[position, [i, j]] = 1.0, -1.0
        differences = rows.combined(weights)
        estimable, tests = self._tests(differences)
        adjusted = ADJUSTMENTS[adjust](tests.t, tests.df, len(levels), self.confidence)
        width = adjusted.width * tests.se
        family = replace(tests, p=adjusted.p, ci_low=tests.estimate - width, ci_high=tests.estimate + width)
        places = iter(range(len(tests.t)))
        found = []
        for (i, j), possible, defined in zip(pairs, estimable, differences.defined, strict=True):
            if not possible:
                why = NOT_ESTIMABLE if defined else OUTSIDE
                found.append(Pairwise(first=levels[i], second=levels[j], test=why))
                continue
            k = next(places)
            found.append(
                Pairwise(
                    first=levels[i],
                    second=levels[j],
                    test=_tested(family, k),
                    p_unadjusted=_finite(tests.p[k]),
                )
            )
        return tuple(found)

    def condition(self, name: str, value: Level) -> Condition:
        """Return what a predictor is held at, and whether that is the mean of a number."""
        predictor = self.predictors.by_name[name]
        return Condition(variable=name, value=value, at_mean=not predictor.levels and value == predictor.mean)

    def band(self, rows: Rows) -> Array:
        """Return estimate and the ends of its interval for estimable rows, shape (m, 3); NaN for others."""
        estimable, tests = self._tests(rows)
        found = np.full((len(estimable), 3), np.nan)
        found[estimable] = np.column_stack([tests.estimate, tests.ci_low, tests.ci_high])
        return found

    def _tests(self, rows: Rows) -> tuple[NDArray[np.bool_], CoefficientTests]:
        """Return which rows are estimable, and the tests of these.

        A row whose variance is lost in rounding, such as that of a spline far from its knots, is not.
        """
        L, estimable = self.predictors.contrasts(rows)
        variances = np.einsum("ij,jk,ik->i", L, self.against.vcov, L)
        estimable = estimable & (variances > 0.0)
        return estimable, test_rows(self.against, L[estimable], self.confidence, rows.offset[estimable])


def _tested(tests: CoefficientTests, i: int) -> Tested:
    return Tested(
        estimate=_finite(tests.estimate[i]),
        se=_finite(tests.se[i]),
        df=_finite(tests.df[i]),
        statistic=_finite(tests.t[i]),
        p=_finite(tests.p[i]),
        ci_low=_finite(tests.ci_low[i]),
        ci_high=_finite(tests.ci_high[i]),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
