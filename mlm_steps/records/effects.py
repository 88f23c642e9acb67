"""The record of what the coefficients mean together: contrasts, simple slopes, regions, marginal means."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Notice, Part, Record

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
"""Which means are compared: all pairs, the later less the earlier; each with a control; neighbours."""


class Tested(Part):
    """An estimate and its test; without numbers where there is a code."""

    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    """None for a normal reference too."""
    statistic: float | None = None
    p: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    code: str | None = None
    """Why there are no numbers: ``not_estimable``, ``too_large``, ``outside_domain``."""


class BackTransformed(Part):
    """An estimate on the scale of the data column; without numbers where there is a code."""

    estimate: float | None = None
    se: float | None = None
    """By the delta method."""
    ci_low: float | None = None
    """The limits of the interval, taken back; None where a limit lies beyond the range of the function."""
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
    """None for a chi-square test too."""
    statistic: float | None = None
    """F of all hypotheses together."""
    p: float | None = None


class SlopeAt(Part):
    """One row of the ``simple_slopes`` table: the slope of the focal predictor at one value."""

    value: Value
    place: Literal["level", "mean - SD", "mean", "mean + SD", "minimum", "maximum", "given"]
    slope: Tested
    intercept: Tested
    """Expected outcome where the focal predictor is 0 or at its first level, the others at their means.

    For a curve, where its slope is taken: at 0 its functions may have no value.
    """


class Pairwise(Part):
    """The difference of the estimates at two values: that at the first less that at the second."""

    first: Value
    second: Value
    test: Tested
    """p and interval adjusted for the family."""
    p_unadjusted: float | None = None
    back: BackTransformed | None = None
    """As a ratio or difference of the data column, where the outcome is a function of it that allows that."""


class Stretch(Part):
    """Values of a moderator between which a slope differs from 0."""

    low: float
    high: float
    sign: Literal[-1, 1]


class Region(Part):
    """One row of the ``johnson_neyman`` table (statistics, section 11)."""

    bounds: tuple[float, ...]
    """Values of the moderator at which the slope's p equals 1 less the confidence."""
    region: Literal["outside", "inside", "none"]
    """Where the slope differs from 0, in relation to the bounds."""
    observed_low: float
    observed_high: float
    stretches: tuple[Stretch, ...]
    """Within the observed range."""
    share: float
    """Of the units, those that lie in one of these."""
    unit: str | None
    """The grouping factor whose levels are the units; None for rows."""
    n_units: int
    curve: tuple[tuple[float, float, float, float], ...]
    """Moderator, slope, and the ends of its pointwise interval."""


class FittedLine(Part):
    """The expected outcome over the focal predictor at one value of the moderator."""

    value: Value
    points: tuple[tuple[Value, float, float, float], ...]
    """Focal value, expected outcome, and the ends of its pointwise interval."""


class SimpleSlopes(Part):
    """How the slope of a focal predictor depends on a moderator, on one rung."""

    model: str
    focal: str
    focal_contrast: str | None = None
    """Of a category the two levels whose difference is taken, as ``Female - Male``."""
    focal_at: float | None = None
    """Where a curve's slope is taken; None for a straight line."""
    moderator: str
    moderator_kind: Literal["number", "category"]
    unit: str | None = None
    """The grouping factor over whose levels mean and SD of the moderator are taken; None for rows."""
    declared: bool
    """Whether the spec names the pair; cross-level terms are read in any case."""
    conditions: tuple[Condition, ...]
    """Other predictors on which the slope depends, and where they are held."""
    df_method: str
    confidence: float
    adjust: str
    slopes: tuple[SlopeAt, ...]
    differences: tuple[Pairwise, ...]
    region: Region | None
    lines: tuple[FittedLine, ...]


class LevelMean(Part):
    """One row of the ``means`` table."""

    level: Value
    """Of several factors, their levels as ``lo, ctl``."""
    levels: tuple[Value, ...]
    """One per factor."""
    test: Tested
    back: BackTransformed | None = None
    """On the scale of the data column, where the outcome is a function of it that has an inverse."""
    reason: str | None = None
    """Why the mean is not estimable, in words."""


class FactorMeans(Part):
    """Estimated marginal means of one or several factors on one rung, and their differences."""

    model: str
    factor: str
    """Of several factors, their names as ``a:b``."""
    factors: tuple[str, ...]
    conditions: tuple[Condition, ...]
    """What the means hold for, where that was chosen."""
    averaged: tuple[str, ...]
    """Factors whose levels were averaged with equal weights."""
    held: tuple[Condition, ...]
    """Numbers held at their mean, or near it where a function of the formula has no value there."""
    nested: tuple[str, ...] = ()
    """Nested factors, as ``school in district``: of these the levels that occur are averaged."""
    interacts: tuple[str, ...]
    """Predictors on which the differences depend."""
    scale: str | None = None
    """The outcome as the formula has it, where that is a function of a data column."""
    response: str | None = None
    """The data column that means are taken back to."""
    back_difference: Literal["ratio", "difference"] | None = None
    """What a difference of means is on the scale of that column."""
    df_method: str
    confidence: float
    compared: Compared = "pairwise"
    adjust: str
    means: tuple[LevelMean, ...]
    differences: tuple[Pairwise, ...]


class EffectsRecord(Record):
    """Contrasts, simple slopes and means of all rungs, in the order of the ladder."""

    contrasts: tuple[ContrastTest, ...] = ()
    slopes: tuple[SimpleSlopes, ...] = ()
    means: tuple[FactorMeans, ...] = ()
    notices: tuple[Notice, ...] = ()
