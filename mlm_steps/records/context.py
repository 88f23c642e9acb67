"""The record of slopes within and between groups and of contextual effects (statistics, section 4)."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part
from mlm_steps.records.tested import Tested

__all__ = ["CURVED", "ONLY_WITHIN", "ContextSlope", "PredictorContext", "RungContext"]

CURVED = "its effect is not linear"
ONLY_WITHIN = "it varies only within groups"
"""Why a predictor is not split."""


class ContextSlope(Part):
    """One slope of a predictor, or the difference of two."""

    kind: Literal["as_fitted", "within", "between", "contextual"]
    """``as_fitted``: of the rung itself, whose predictor may vary at both levels. ``contextual``: the slope
    between the groups of ``factor`` minus the slope one level below."""
    factor: str | None = None
    """None for the slope of the rung itself and the slope within the groups of all factors."""
    test: Tested
    icc2: float | None = None
    """Of a contextual effect: the reliability of the predictor's group means (ICC(2))."""


class PredictorContext(Part):
    """One predictor that varies within groups, in one rung."""

    term: str
    """Label of its term in the formula."""
    column: str
    """Its column of the design."""
    factors: tuple[str, ...] = ()
    """Factors between whose groups its mean varies, the innermost first."""
    raw: bool = False
    """Whether the rung has it uncentred and without its group mean, so that its slope blends two."""
    means: tuple[str, ...] = ()
    """Columns of the rung that hold its group mean, in whose place the computed mean is used."""
    moderators: tuple[str, ...] = ()
    """Terms that share products with it; slopes are averages over their values in the sample."""
    slopes: tuple[ContextSlope, ...] = ()
    code: str | None = None
    """Why it is not decomposed: ``not_applicable`` or ``not_estimable``."""
    reason: str = ""

    def slope(self, kind: str, factor: str | None = None) -> Tested | None:
        """Return one of the slopes; None if there is none."""
        found = (each.test for each in self.slopes if (each.kind, each.factor) == (kind, factor))
        return next(found, None)


class RungContext(Part):
    """The predictors of one rung, from a refit in which slopes within and between groups are separate."""

    model: str
    outcome: str
    link: str
    """The slopes are on its scale."""
    method: Literal["REML", "ML"]
    df_method: str
    confidence: float
    predictors: tuple[PredictorContext, ...]
    delta_deviance: float | None = None
    """Deviance of the refit less that of the rung, both by ML; without a test, as they are not nested."""
    delta_npar: int | None = None
    delta_aic: float | None = None
    singular: bool = False
    singular_there: bool | None = None
    """Whether the refit is singular."""
    correlation: float | None = None
    """Of intercept and slope in the rung, if one of its terms has exactly these two effects."""
    correlation_there: float | None = None
    reason: str = ""
    """Why there is no refit, if it failed."""

    @property
    def alpha(self) -> float:
        """Level of the tests."""
        return round(1 - self.confidence, 12)

    @property
    def blended(self) -> tuple[tuple[PredictorContext, str], ...]:
        """The raw predictors whose slopes within and between the groups of a factor differ."""
        return tuple(
            (each, factor)
            for each in self.predictors
            if each.raw
            for factor in each.factors
            if (test := each.slope("contextual", factor)) is not None
            and test.p is not None
            and test.p < self.alpha
        )
