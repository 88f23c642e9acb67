"""Descriptive statistics per level of the hierarchy (statistics, section 1)."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part

__all__ = ["CategoryCount", "CorrelationLayer", "Descriptives", "Spread", "VariableDescription"]


class Spread(Part):
    """How the variance of a variable divides within and between the groups of one factor.

    The standard deviations are over the units that the variable describes: of the value minus its group mean,
    and of the group mean. They are None for fewer than two units.
    """

    factor: str
    sd_within: float | None = None
    sd_between: float | None = None
    icc1: float | None = None
    """Share of the variance between groups, from the null model by REML with this factor alone."""
    icc2: float | None = None
    """Reliability of the group means."""


class VariableDescription(Part):
    """A numeric variable over the observations, or over the groups that it describes."""

    variable: str
    unit: str = ""
    """The factor whose groups are the units; empty for observations."""
    n: int
    """Units of the analysis sample with a value."""
    missing: int
    """Observations of the file without a value, or groups whose observations all lack one."""
    varying: int = 0
    """Groups that are left out because the variable has several values in them."""
    mean: float | None = None
    sd: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    spreads: tuple[Spread, ...] = ()
    """Per grouping factor in whose groups several units lie."""


class CategoryCount(Part):
    """The number of units in one category of a variable, or with one of two values of a number."""

    variable: str
    unit: str = ""
    category: str
    n: int
    share: float


class CorrelationLayer(Part):
    """Correlations within the groups of a factor, or between its groups.

    Within: of values minus their group means. Between: of group means, each group weighted by its number of
    observations; if the factor is nested in another, of group means minus the means of that factor's groups.
    Sums of squares and products of all layers of nested factors add up to those of the variables.
    """

    layer: Literal["within", "between"]
    factor: str
    inside: str | None = None
    """The factor in which the groups are compared."""
    n: int
    """Observations within groups, or groups."""
    variables: tuple[str, ...]
    """Names as in a design: a category of two levels is the indicator of its second level."""
    rows: tuple[tuple[float | None, ...], ...]
    """The lower triangle without its diagonal; None for a variable that does not vary at this layer."""


class Descriptives(Part):
    """The variables of the models described at the level of their units."""

    variables: tuple[VariableDescription, ...] = ()
    categories: tuple[CategoryCount, ...] = ()
    correlations: tuple[CorrelationLayer, ...] = ()

    def of(self, variable: str) -> VariableDescription | None:
        """Return the description of a variable; None for categories and unknown names."""
        return next((each for each in self.variables if each.variable == variable), None)
