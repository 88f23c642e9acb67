"""The record of functions of the coefficients: contrasts, simple slopes, regions, marginal means."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Notice, Part, Record
from mlm_steps.records.context import RungContext
from mlm_steps.records.tested import Tested

__all__ = [
    "BackTransformed",
    "Compared",
    "Condition",
    "ContrastTest",
    "EffectsRecord",
    "FactorMeans",
    "FittedLine",
    "Hypothesis",
    "LevelMean",
    "Pairwise",
    "Region",
    "SimpleSlopes",
    "SlopeAt",
    "Stretch",
    "Tested",
]

Value = str | float
"""The label of a category, or a number."""
Compared = Literal["pairwise", "control", "consecutive"]
"""Which means are compared: all pairs (later minus earlier), each with a control, or neighbours."""


class BackTransformed(Part):
    """An estimate on the scale of the data column; the numbers are missing if there is a code."""

    estimate: float | None = None
    se: float | None = None
    """By the delta method."""
    ci_low: float | None = None
    """The back-transformed limits of the interval; None for a limit outside the range of the function."""
    ci_high: float | None = None
    code: str | None = None


class Condition(Part):
    """A predictor held at a value."""

    variable: str
    value: Value
    at_mean: bool = False
    """Whether the value is the mean of a number."""


class Hypothesis(Part):
    """A linear combination of coefficients and the number it is compared with."""

    text: str
    weights: dict[str, float]
    value: float
    test: Tested


class ContrastTest(Part):
    """One declared contrast on one rung; several hypotheses are also tested jointly."""

    model: str
    name: str
    df_method: str
    confidence: float
    rows: tuple[Hypothesis, ...]
    num_df: int
    """Rank of the hypotheses together."""
    den_df: float | None = None
    """None also for a chi-square test."""
    statistic: float | None = None
    """F of all hypotheses together."""
    p: float | None = None


class SlopeAt(Part):
    """One row of the ``simple_slopes`` table: the slope of the focal predictor at one value."""

    value: Value
    place: Literal["level", "mean - SD", "mean", "mean + SD", "minimum", "maximum", "given"]
    slope: Tested
    intercept: Tested
    """Expected outcome at 0 or the first level of the focal predictor, with the others at their means.

    For a curve, it is the expected outcome where the slope is taken, since it may be undefined at 0. For a
    generalized model, the linear predictor.
    """
    response: Tested | None = None
    """For a generalized model, the slope of the population average where the focal predictor has its mean."""
    average: Tested | None = None
    """The mean over the rows of this slope, all predictors but the moderator as observed."""
    ratio: BackTransformed | None = None
    """For a generalized model, the exponential of the slope, if it has a meaning, as an odds ratio."""


class Pairwise(Part):
    """The estimate at a first value minus the estimate at a second value."""

    first: Value
    second: Value
    test: Tested
    """p and interval adjusted for the family."""
    p_unadjusted: float | None = None
    back: BackTransformed | None = None
    """The same as a ratio or difference of the data column, if the outcome's function allows it."""
    ratio: BackTransformed | None = None
    """For a generalized model, the exponential of the difference, if it has a meaning, as an odds ratio."""
    response: Tested | None = None
    """For a generalized model, the difference of the population averages, or of their slopes."""
    average: Tested | None = None
    """The difference of slopes that are averaged over the rows."""


class Stretch(Part):
    """Values of a moderator between which a slope differs from 0."""

    low: float
    high: float
    sign: Literal[-1, 1]


class Region(Part):
    """One row of the ``johnson_neyman`` table (statistics, section 11)."""

    bounds: tuple[float, ...]
    """Values of the moderator at which the p value of the slope equals 1 minus the confidence."""
    region: Literal["outside", "inside", "none"]
    """Whether the slope differs from 0 outside or inside the bounds."""
    observed_low: float
    observed_high: float
    stretches: tuple[Stretch, ...]
    """The regions of significance within the observed range."""
    share: float
    """Share of the units that lie in one of these regions."""
    unit: str | None
    """The grouping factor whose levels are the units; None for rows."""
    n_units: int
    curve: tuple[tuple[float, float, float, float], ...]
    """Moderator, slope, and the ends of its pointwise interval."""


class FittedLine(Part):
    """The expected outcome over the focal predictor at one value of the moderator."""

    value: Value
    points: tuple[tuple[Value, float, float, float], ...]
    """Focal value, expected outcome, and the ends of its pointwise interval; for a generalized model, the
    linear predictor."""
    population: tuple[tuple[Value, float, float, float], ...] = ()
    """The same of the population average of a generalized model."""
    typical: tuple[tuple[Value, float, float, float], ...] = ()
    """The same of the mean outcome of a typical group of a generalized model."""


class SimpleSlopes(Part):
    """How the slope of a focal predictor depends on a moderator, on one rung."""

    model: str
    focal: str
    focal_contrast: str | None = None
    """For a category, the two levels whose difference is taken, as ``Female - Male``."""
    focal_at: float | None = None
    """The value at which the slope of a curve is taken; None for a straight line."""
    moderator: str
    moderator_kind: Literal["number", "category"]
    unit: str | None = None
    """The grouping factor over whose levels mean and SD of the moderator are taken; None for rows."""
    declared: bool
    """Whether the spec names the pair; cross-level terms are analysed in any case."""
    conditions: tuple[Condition, ...]
    """Other predictors on which the slope depends, with the values at which they are held."""
    df_method: str
    confidence: float
    adjust: str
    slopes: tuple[SlopeAt, ...]
    differences: tuple[Pairwise, ...]
    region: Region | None
    lines: tuple[FittedLine, ...]
    ratio_kind: str | None = None
    """For a generalized model, the name of the exponential of a slope, such as ``OR``."""


class LevelMean(Part):
    """One row of the ``means`` table."""

    level: Value
    """For several factors, their levels as ``lo, ctl``."""
    levels: tuple[Value, ...]
    """One per factor."""
    test: Tested
    back: BackTransformed | None = None
    """The mean on the scale of the data column, if the outcome is an invertible function of it."""
    population: BackTransformed | None = None
    """For a generalized model, the population average: the mean outcome over the groups."""
    typical: BackTransformed | None = None
    """For a generalized model, the mean outcome of a typical group, whose random effects are 0."""
    reason: str | None = None
    """The reason why the mean is not estimable, in words."""


class FactorMeans(Part):
    """Estimated marginal means of one or several factors on one rung, and their differences."""

    model: str
    factor: str
    """For several factors, their names as ``a:b``."""
    factors: tuple[str, ...]
    conditions: tuple[Condition, ...]
    """Values of other predictors for which the means hold, if they were chosen."""
    averaged: tuple[str, ...]
    """Factors whose levels were averaged with equal weights."""
    held: tuple[Condition, ...]
    """Numbers held at their mean, or at a value near it if a function of the formula is undefined there."""
    nested: tuple[str, ...] = ()
    """Nested factors, as ``school in district``; the average runs over the levels that occur."""
    interacts: tuple[str, ...]
    """Predictors on which the differences depend."""
    scale: str | None = None
    """The outcome as written in the formula, if it is a function of a data column."""
    response: str | None = None
    """The data column to whose scale the means are back-transformed."""
    back_difference: Literal["ratio", "difference"] | None = None
    """Whether a difference of means becomes a ratio or a difference on the scale of that column."""
    ratio_kind: str | None = None
    """For a generalized model, the name of the exponential of a difference, such as ``OR``."""
    df_method: str
    confidence: float
    compared: Compared = "pairwise"
    adjust: str
    means: tuple[LevelMean, ...]
    differences: tuple[Pairwise, ...]


class StandardizedCoefficient(Part):
    """The standardised coefficient of one column of a rung."""

    model: str
    column: str
    version: Literal["level", "total"]
    """By the standard deviations of the column's level, or by those over all rows."""
    estimate: float | None
    code: str | None = None
    """Why there is no number: ``not_applicable``, ``zero_reference`` or ``not_estimable``."""


class ArmSize(Part):
    """The number of rows with one value of a predictor, and of levels of each grouping factor with it."""

    rows: int
    levels: dict[str, int]


class StandardizedDifference(Part):
    """The difference of two means, the first minus the second, over one standard deviation."""

    model: str
    factor: str
    first: Value
    second: Value
    by: Literal["total", "within", "pretest"]
    """Which standard deviation."""
    difference: float | None = None
    sd: float | None = None
    sd_df: float | None = None
    """Degrees of freedom of the variance."""
    d: float | None = None
    se: float | None = None
    """By the delta method, with the uncertainty of the standard deviation."""
    df: float | None = None
    """Of the difference; None also if its reference distribution is normal."""
    ci_low: float | None = None
    ci_high: float | None = None
    ci_method: str = "not_requested"
    g: float | None = None
    """d with Hedges' correction for small samples."""
    sizes: tuple[ArmSize, ArmSize]
    """Of the first and of the second value."""
    code: str | None = None


class EffectsRecord(Record):
    """Contrasts, slopes, means and effect sizes of all rungs, in the order of the ladder."""

    contrasts: tuple[ContrastTest, ...] = ()
    slopes: tuple[SimpleSlopes, ...] = ()
    means: tuple[FactorMeans, ...] = ()
    contexts: tuple[RungContext, ...] = ()
    """Of the last rung of each outcome."""
    standardized: tuple[StandardizedCoefficient, ...] = ()
    standardized_differences: tuple[StandardizedDifference, ...] = ()
    notices: tuple[Notice, ...] = ()
