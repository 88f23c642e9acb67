"""Descriptives per level, and slopes within and between groups, of the small report, written by hand."""

from __future__ import annotations

from mlm_steps.records import SlopeComparison, SlopeEstimate
from mlm_steps.records.context import ContextSlope, PredictorContext, RungContext
from mlm_steps.records.descriptives import (
    CategoryCount,
    CorrelationLayer,
    Descriptives,
    Spread,
    VariableDescription,
)

from .small_effects import tested

NAMES = ("math", "ses", "sectorCatholic")


def small_descriptives() -> Descriptives:
    of_math = Spread(factor="school", sd_within=6.25, sd_between=2.93, icc1=0.18, icc2=0.69)
    of_ses = Spread(factor="school", sd_within=0.66, sd_between=0.41, icc1=0.26, icc2=0.79)
    return Descriptives(
        variables=(
            VariableDescription(variable="math", n=120, missing=3, mean=12.75, sd=6.88, minimum=-2.83,
                                maximum=24.99, spreads=(of_math,)),
            VariableDescription(variable="ses", n=120, missing=0, mean=0.02, sd=0.78, minimum=-3.65,
                                maximum=2.86, spreads=(of_ses,)),
            VariableDescription(variable="size", unit="school", n=11, missing=0, varying=1, mean=1100.0,
                                sd=630.2, minimum=100.0, maximum=2713.0),
        ),
        categories=(
            CategoryCount(variable="sector", unit="school", category="Public", n=7, share=7 / 12),
            CategoryCount(variable="sector", unit="school", category="Catholic", n=5, share=5 / 12),
        ),
        correlations=(
            CorrelationLayer(layer="within", factor="school", n=120, variables=NAMES,
                             rows=((0.234,), (None, None))),
            CorrelationLayer(layer="between", factor="school", n=12, variables=NAMES,
                             rows=((0.787,), (0.467, -0.357))),
        ),
    )  # fmt: skip


def small_slopes() -> SlopeComparison:
    def slope(kind: str, estimate: float, se: float, df: float, p: float) -> SlopeEstimate:
        low, high = estimate - 2 * se, estimate + 2 * se
        return SlopeEstimate(kind=kind, estimate=estimate, se=se, df=df, ci_low=low, ci_high=high, p=p)

    return SlopeComparison(
        outcome="math",
        variable="ses",
        factor="school",
        opposite=False,
        slopes=(
            slope("pooled", 3.18, 0.87, 118, 0.0004),
            slope("within", 2.19, 0.31, 107, 1e-9),
            slope("between", 5.87, 0.64, 10, 1e-6),
            slope("contextual", 3.68, 0.71, 10, 0.0004),
        ),
    )


def small_contexts() -> tuple[RungContext, ...]:
    slopes = (
        ContextSlope(kind="as_fitted", test=tested(2.66, 0.15, 10.0, 17.7, 1e-8, 2.33, 2.99)),
        ContextSlope(kind="within", test=tested(2.12, 0.33, 9.8, 6.4, 1e-4, 1.38, 2.86)),
        ContextSlope(kind="between", factor="school", test=tested(5.25, 0.69, 9.1, 7.6, 1e-4, 3.69, 6.81)),
        ContextSlope(
            kind="contextual",
            factor="school",
            test=tested(3.13, 0.76, 9.4, 4.1, 0.003, 1.42, 4.84),
            icc2=0.79,
        ),
    )
    ses = PredictorContext(
        term="ses", column="ses", factors=("school",), raw=True, moderators=("sectorCatholic",), slopes=slopes
    )
    return (
        RungContext(
            model="slope", outcome="math", link="identity", method="REML", df_method="satterthwaite",
            confidence=0.95, predictors=(ses,), delta_deviance=-62.0, delta_npar=1, delta_aic=-60.0,
            singular=True, singular_there=False, correlation=-1.0, correlation_there=-0.66,
        ),
    )  # fmt: skip
