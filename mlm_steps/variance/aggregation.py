"""ICC(1) and ICC(2) of a variable, and slopes within and between groups (statistics, section 1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records import SlopeComparison, SlopeEstimate

__all__ = ["SimpsonCheck", "Slope", "aggregation", "comparison_of", "simpson_check"]

KINDS: Final[tuple[Literal["pooled", "within", "between", "contextual"], ...]] = (
    "pooled",
    "within",
    "between",
    "contextual",
)

PURE = 1e-8
"""Share of the sum of squares up to which a variable is constant within, or equal between, groups."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A regression slope with its interval, in units of the outcome per unit of the predictor.

    Attributes
    ----------
    estimate, se, df, ci_low, ci_high : float
    p : float
        Two-sided, of the hypothesis that the slope is 0.
    """

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.ci_low > 0 or self.ci_high < 0


@dataclass(frozen=True, slots=True)
class SimpsonCheck:
    """One predictor's slope over all rows, within groups and between them.

    Attributes
    ----------
    pooled : Slope
        Least squares over all rows, ignoring groups.
    within, between : Slope or None
        From the within-between model y ~ (x - group mean) + group mean + (1 | g), by REML; None if the
        predictor does not vary within, or between, groups. Their df are n - J - 1 and J - 2.
    contextual : Slope or None
        The slope between minus the slope within groups, the coefficient of the group mean in Mundlak's form
        of the model; its df are J - 2. None unless both slopes exist.
    """

    pooled: Slope
    within: Slope | None
    between: Slope | None
    contextual: Slope | None

    @property
    def opposite(self) -> bool:
        """Whether two of the slopes have opposite signs."""
        signs = {np.sign(slope.estimate) for slope in (self.pooled, self.within, self.between) if slope}
        return {-1.0, 1.0} <= signs


def aggregation(y: NDArray[np.float64], refs: NDArray[np.intp]) -> tuple[float | None, float | None]:
    """Return ICC(1) and ICC(2) of a variable.

    ICC(1), rho, is that of the null model by REML. ICC(2) is the reliability of the mean of a group of the
    weighted mean size ñ = sum(n_j²) / n: ñ rho / (1 + (ñ - 1) rho) (Bliese 2000). Both are 1 for a variable
    that is constant within groups, and None with one group, without a group of two rows or without variance.

    Parameters
    ----------
    y : ndarray, shape (n,)
        The variable, without missing values.
    refs : ndarray, shape (n,)
        For each row the position of its group, from 0.
    """
    sizes = np.bincount(refs)
    J = int((sizes > 0).sum())
    within, between = _sums_of_squares(y, refs)
    if J < 2 or len(y) == J or np.ptp(y) == 0:
        return None, None
    if within <= PURE * (within + between):
        return 1.0, 1.0
    if between <= PURE * (within + between):
        return 0.0, 0.0
    rho = variance_parts(fit_lmm(_design(y, np.ones((len(y), 1)), refs))).icc_adjusted
    size = float(np.sum(sizes.astype(np.float64) ** 2) / len(y))
    return rho, size * rho / (1 + (size - 1) * rho)


def simpson_check(
    y: NDArray[np.float64], x: NDArray[np.float64], refs: NDArray[np.intp], *, confidence: float = 0.95
) -> SimpsonCheck | None:
    """Return the pooled, the within and the between slope of x.

    None if x does not vary, if there are fewer than three groups, or if no degrees of freedom remain within
    groups.

    Parameters
    ----------
    y, x : ndarray, shape (n,)
        Outcome and predictor, without missing values.
    refs : ndarray, shape (n,)
        For each row the position of its group, from 0.
    confidence : float
        Confidence of the intervals.
    """
    n, J = len(y), len(np.unique(refs))
    within, between = _sums_of_squares(x, refs)
    if J < 3 or n - J - 1 < 1 or np.ptp(x) == 0:
        return None
    means = _group_means(x, refs)
    parts = {
        "within": (x - means, n - J - 1.0, within > PURE * (within + between)),
        "between": (means, J - 2.0, between > PURE * (within + between)),
    }
    varying = [name for name, (_, _, varies) in parts.items() if varies]
    X = np.column_stack([np.ones(n), *(parts[name][0] for name in varying)])
    fit = fit_lmm(_design(y, X, refs))
    slopes = {
        name: _slope(float(fit.beta[column]), float(fit.se[column]), parts[name][1], confidence)
        for column, name in enumerate(varying, start=1)
    }
    contextual = None
    if len(varying) == 2:
        contrast = np.array([0.0, -1.0, 1.0])
        se = float(np.sqrt(contrast @ fit.vcov @ contrast))
        contextual = _slope(float(contrast @ fit.beta), se, J - 2.0, confidence)
    return SimpsonCheck(_pooled(y, x, confidence), slopes.get("within"), slopes.get("between"), contextual)


def comparison_of(outcome: str, variable: str, factor: str, check: SimpsonCheck) -> SlopeComparison:
    """Return the record of the slopes of one predictor."""
    slopes = tuple(
        SlopeEstimate(kind=kind, **asdict(slope))
        for kind in KINDS
        if (slope := getattr(check, kind)) is not None
    )
    return SlopeComparison(
        outcome=outcome, variable=variable, factor=factor, slopes=slopes, opposite=check.opposite
    )


def _group_means(x: NDArray[np.float64], refs: NDArray[np.intp]) -> NDArray[np.float64]:
    sizes = np.maximum(np.bincount(refs), 1)
    centre = x.mean()
    return np.asarray((np.bincount(refs, weights=x - centre) / sizes)[refs] + centre)


def _sums_of_squares(x: NDArray[np.float64], refs: NDArray[np.intp]) -> tuple[float, float]:
    means = _group_means(x, refs)
    return float(np.sum((x - means) ** 2)), float(np.sum((means - x.mean()) ** 2))


def _pooled(y: NDArray[np.float64], x: NDArray[np.float64], confidence: float) -> Slope:
    centred, df = x - x.mean(), len(y) - 2
    square = float(centred @ centred)
    slope = float(centred @ y) / square
    residuals = y - y.mean() - slope * centred
    return _slope(slope, float(np.sqrt(residuals @ residuals / df / square)), df, confidence)


def _slope(estimate: float, se: float, df: float, confidence: float) -> Slope:
    half = float(special.stdtrit(df, (1 + confidence) / 2)) * se
    p = 2.0 * float(special.stdtr(df, -abs(estimate / se))) if se > 0 else float(estimate == 0)
    return Slope(estimate, se, df, estimate - half, estimate + half, p)


def _design(y: NDArray[np.float64], X: NDArray[np.float64], refs: NDArray[np.intp]) -> Design:
    """Return the design of a random-intercept model from arrays."""
    used, positions = np.unique(refs, return_inverse=True)
    columns = ("(Intercept)", "within", "between")[: X.shape[1]]
    term = RandomTerm(
        group="group",
        levels=tuple(str(level) for level in used),
        refs=positions.astype(np.intp),
        z=np.ones((len(y), 1)),
        names=("(Intercept)",),
        source="(1 | group)",
    )
    return Design(
        formula="y ~ 1 + (1 | group)",
        outcome="y",
        y=y,
        X=X,
        columns=columns,
        assign=tuple(range(X.shape[1])),
        term_labels=columns[1:],
        term_variables=tuple((name,) for name in columns[1:]),
        all_columns=columns,
        all_assign=tuple(range(X.shape[1])),
        dropped=(),
        random=(term,),
        weights=None,
        offset=None,
        rows=np.arange(len(y)),
        transforms={},
        notices=(),
    )
