"""Means and differences on the scale of the outcome of a generalized model (statistics, section 22.7)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import GridRows, Predictors, Setting
from mlm_steps.design.rank import independent_columns
from mlm_steps.effects.adjustments import ADJUSTMENTS, Family, critical_t
from mlm_steps.engine.posterior.population import MeanOutcomes, mean_outcomes
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.errors import FormulaError
from mlm_steps.records.effects import BackTransformed, Tested

__all__ = ["Averages", "OnResponse"]

Array = NDArray[np.float64]
Booleans = NDArray[np.bool_]

NOT_ESTIMABLE = BackTransformed(code="not_estimable")


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Some population averages, of which sums are tested.

    Attributes
    ----------
    possible : ndarray of bool, shape (m,)
        Which of them are estimable.
    mean : ndarray, shape (k,)
        The averages of these.
    gradient : ndarray, shape (k, q)
        Their derivatives in the parameters.
    """

    possible: Booleans
    mean: Array
    gradient: Array


@dataclass(frozen=True, slots=True, eq=False)
class OnResponse:
    """The scale of the outcome of a generalized fit.

    Attributes
    ----------
    fit : GlmmFit
    predictors : Predictors
    confidence : float
        Confidence of the intervals, which are normal.
    """

    fit: GlmmFit
    predictors: Predictors
    confidence: float

    def means(self, rows: GridRows) -> tuple[BackTransformed, ...]:
        """Return the population average at each row.

        The limits are those of the link of the average, transformed; the standard error is that of the
        average itself. Both are by the delta method over all parameters.
        """
        possible, at = self._at(rows)
        found = iter(zip(at.population, *at.limits(self._width), strict=True))
        return tuple(_back(*next(found)) if each else NOT_ESTIMABLE for each in possible)

    def typical(self, tests: Sequence[Tested]) -> tuple[BackTransformed, ...]:
        """Return the mean of a typical group for linear predictors: they and their limits, transformed."""
        return tuple(self._typical(test) for test in tests)

    def ratio(self, test: Tested) -> BackTransformed | None:
        """Return the exponential of a difference on the link scale; None where it has no meaning."""
        if self.fit.distribution.transformed is None:
            return None
        if test.estimate is None or test.se is None or test.ci_low is None or test.ci_high is None:
            return BackTransformed(code=test.code or "not_estimable")
        value, low, high = (math.exp(each) for each in (test.estimate, test.ci_low, test.ci_high))
        return _back(value, value * test.se, low, high)

    def differences(self, rows: GridRows, weights: Array, means: int, adjust: str) -> tuple[Tested, ...]:
        """Return weighted sums of population averages, adjusted as one family.

        Parameters
        ----------
        rows : GridRows
        weights : ndarray, shape (sums, m)
            The weights of the rows in each sum.
        means : int
            Number of quantities that are compared.
        adjust : str
            Key of ``ADJUSTMENTS``.
        """
        return self.compared(self.averages(rows), weights, means, adjust)

    def averages(self, rows: GridRows) -> Averages:
        """Return the population averages of rows."""
        possible, at = self._at(rows)
        return Averages(possible, at.population, at.gradient)

    def over_rows(self, given: Setting, shifts: Mapping[str, float]) -> tuple[float, Array] | None:
        """Return the mean over the rows of the population average, and its derivatives, shape (q,).

        ``given`` and ``shifts`` are those of `Predictors.observed_rows`. None if some row has no estimate.
        """
        try:
            rows = self.predictors.observed_rows(given, shifts)
        except FormulaError:  # the data lack this level, such as that of a factor of a shifted number
            return None
        possible, at = self._at(rows)
        if not possible.all():
            return None
        design = self.fit.design
        weights = np.ones(design.n) if design.weights is None else design.weights
        total = float(weights.sum())
        return float(weights @ at.population) / total, weights @ at.gradient / total

    def compared(self, averages: Averages, weights: Array, means: int, adjust: str) -> tuple[Tested, ...]:
        """Return weighted sums of averages; the arguments are those of ``differences``."""
        possible = averages.possible
        usable = ~(weights[:, ~possible] != 0.0).any(axis=1)
        own = weights[usable][:, possible]
        gradient, V = own @ averages.gradient, self.fit.vcov_internal
        estimate = own @ averages.mean
        covariance = np.full((len(own), len(own)), np.nan) if V is None else gradient @ V @ gradient.T
        se = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        positive = se > 0.0
        found = self._family(estimate[positive], covariance[np.ix_(positive, positive)], means, adjust)
        tests, kept = iter(found), iter(positive)
        lost = Tested(code="not_estimable")
        return tuple(next(tests) if each and next(kept) else lost for each in usable)

    def _family(self, estimate: Array, covariance: Array, means: int, adjust: str) -> list[Tested]:
        if not estimate.size:
            return []
        se = np.sqrt(np.diag(covariance))
        t, df = estimate / se, np.full(estimate.size, np.inf)
        correlation = covariance / np.outer(se, se)
        rank = len(independent_columns(correlation))
        family = Family(
            t=t, df=df, means=means, rank=rank, correlation=correlation, confidence=self.confidence
        )
        adjusted = ADJUSTMENTS[adjust](family)
        low, high = estimate - adjusted.width * se, estimate + adjusted.width * se
        return [
            Tested(
                estimate=float(estimate[i]),
                se=float(se[i]),
                statistic=float(t[i]),
                p=float(adjusted.p[i]),
                ci_low=float(low[i]),
                ci_high=float(high[i]),
            )
            for i in range(estimate.size)
        ]

    def curve(self, rows: GridRows) -> tuple[Array, Array]:
        """Return population averages with their limits, and means of a typical group with theirs, (m, 3)."""
        possible, at = self._at(rows)
        family = self.fit.distribution
        average, typical = np.full((2, possible.size, 3), np.nan)
        average[possible] = np.column_stack([at.population, *at.limits(self._width)[1:]])
        spread = self._width * at.link_errors()
        typical[possible] = np.column_stack(
            [family.mean(at.eta), family.mean(at.eta - spread), family.mean(at.eta + spread)]
        )
        return average, typical

    @property
    def _width(self) -> float:
        return float(critical_t(np.array([np.inf]), 0.5 + 0.5 * self.confidence)[0])

    def _at(self, rows: GridRows) -> tuple[Booleans, MeanOutcomes]:
        """Return which rows are estimable, and the mean outcomes of these."""
        L, possible = self.predictors.contrasts(rows)
        possible = possible & np.isfinite(rows.offset)
        for z in rows.random:
            possible = possible & np.isfinite(z).all(axis=1)
        infinite = ~np.isfinite(self.fit.beta)
        possible = possible & ~(L[:, infinite] != 0.0).any(axis=1)
        chosen = rows[np.flatnonzero(possible)]
        return possible, mean_outcomes(self.fit, L[possible], chosen.offset, chosen.random)

    def _typical(self, test: Tested) -> BackTransformed:
        if test.estimate is None or test.se is None or test.ci_low is None or test.ci_high is None:
            return BackTransformed(code=test.code or "not_estimable")
        family = self.fit.distribution
        points = np.array([test.estimate, test.ci_low, test.ci_high])
        value, low, high = family.mean(points).tolist()
        slope = float(family.mean_slope(points[:1])[0])
        return _back(value, slope * test.se, low, high)


def _back(value: float, se: float, low: float, high: float) -> BackTransformed:
    return BackTransformed(
        estimate=_finite(value),
        se=_finite(se),
        ci_low=_finite(low),
        ci_high=_finite(high),
        code=None if math.isfinite(se) else "not_estimable",
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
