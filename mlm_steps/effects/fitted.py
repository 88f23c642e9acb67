"""Tests of combinations of coefficients of a fit, with its predictors and reference distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import GridRows, Predictors, PredictorValue
from mlm_steps.design.rank import independent_columns
from mlm_steps.effects.adjustments import ADJUSTMENTS, Adjusted, Family
from mlm_steps.effects.response import OnResponse
from mlm_steps.inference import CoefficientTests, Reference, test_rows
from mlm_steps.records.effects import Condition, Pairwise, Tested

__all__ = ["NOT_ESTIMABLE", "OUTSIDE", "TOO_LARGE", "Fitted"]

Array = NDArray[np.float64]

NOT_ESTIMABLE = Tested(code="not_estimable")
TOO_LARGE = Tested(code="too_large")
OUTSIDE = Tested(code="outside_domain")
"""The result at values for which a function in the formula is not defined, such as ``log(x)`` at 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fit, its predictors and the reference distribution of its coefficients.

    Attributes
    ----------
    model : str
        Name of the rung.
    predictors : Predictors
    against : Reference
    confidence : float
        Confidence of the intervals.
    response : OnResponse or None
        The scale of the outcome of a generalized model.
    """

    model: str
    predictors: Predictors
    against: Reference
    confidence: float
    response: OnResponse | None = None

    @property
    def ratio_kind(self) -> str | None:
        """The name of the exponential of a coefficient of a generalized model, such as ``OR``."""
        if self.response is None:
            return None
        transformed = self.response.fit.distribution.transformed
        return None if transformed is None else transformed.code

    def tested(self, rows: GridRows) -> tuple[Tested, ...]:
        """Return the test of each row's combination of coefficients."""
        estimable, tests = self._tests(rows)
        numbers = iter(_tested(tests, i) for i in range(len(tests.estimate)))
        return tuple(
            next(numbers) if possible else NOT_ESTIMABLE if defined else OUTSIDE
            for possible, defined in zip(estimable, rows.defined, strict=True)
        )

    def tested_contrasts(self, L: Array, values: Array) -> tuple[Tested, ...]:
        """Return the tests of L beta = values, L of shape (m, p), with estimates and intervals of L beta."""
        tests = test_rows(self.against, L, self.confidence, -values)
        back = replace(
            tests,
            estimate=tests.estimate + values,
            ci_low=tests.ci_low + values,
            ci_high=tests.ci_high + values,
        )
        return tuple(_tested(back, i) for i in range(len(values)))

    def differences(
        self, levels: Sequence[PredictorValue], rows: GridRows, pairs: Sequence[tuple[int, int]], adjust: str
    ) -> tuple[Pairwise, ...]:
        """Return the differences of rows, the first of each pair minus the second, adjusted as one family.

        Parameters
        ----------
        levels : sequence of PredictorValue
            The level that each row stands for.
        rows : GridRows
        pairs : sequence of (int, int)
            Positions of rows.
        adjust : str
            Key of ``ADJUSTMENTS``.
        """
        if not pairs:
            return ()
        weights = np.zeros((len(pairs), len(levels)))
        for position, (i, j) in enumerate(pairs):
            weights[position, [i, j]] = 1.0, -1.0
        differences = rows.combined(weights)
        estimable, tests = self._tests(differences)
        adjusted = self._adjusted(differences[np.flatnonzero(estimable)], tests, len(levels), adjust)
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

    def _adjusted(self, rows: GridRows, tests: CoefficientTests, means: int, adjust: str) -> Adjusted:
        """Return the adjusted tests of estimable rows."""
        L, _ = self.predictors.contrasts(rows)
        if not len(L):
            return Adjusted(np.empty(0), np.empty(0))
        covariance = L @ self.against.known_vcov @ L.T
        scale = np.sqrt(np.diag(covariance))
        family = Family(
            t=tests.t,
            df=tests.df,
            means=means,
            rank=len(independent_columns(L.T)),
            correlation=covariance / np.outer(scale, scale),
            confidence=self.confidence,
        )
        return ADJUSTMENTS[adjust](family)

    def condition(self, name: str, value: PredictorValue, *, chosen: bool = False) -> Condition:
        """Return the value at which a predictor is held, and whether it is the mean by default."""
        predictor = self.predictors.by_name[name]
        at_mean = not (chosen or predictor.levels) and value == predictor.mean
        return Condition(variable=name, value=value, at_mean=at_mean)

    def band(self, rows: GridRows) -> Array:
        """Return estimate and interval limits of the rows, shape (m, 3); NaN for inestimable rows."""
        estimable, tests = self._tests(rows)
        found = np.full((len(estimable), 3), np.nan)
        found[estimable] = np.column_stack([tests.estimate, tests.ci_low, tests.ci_high])
        return found

    def _tests(self, rows: GridRows) -> tuple[NDArray[np.bool_], CoefficientTests]:
        """Return which rows are estimable, and the tests of these rows.

        A row whose variance is not positive because of rounding, such as that of a spline far from its knots,
        counts as not estimable.
        """
        L, estimable = self.predictors.contrasts(rows)
        variances = self.against.combined(L)[1]
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
