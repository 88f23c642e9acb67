"""Random coefficients of a rung over its groups: their ranges, reliabilities and principal components."""

from __future__ import annotations

import math
import sys

from pydantic import Field

from mlm_steps.records.base import Part

__all__ = ["RandomCoefficient", "RandomComponents"]

LARGEST_EXPONENT = math.log(sys.float_info.max)
"""The largest number whose exponential is finite."""


class RandomCoefficient(Part):
    """One row of the ``random_coefficients`` table (statistics, section 10); on the scale of the link."""

    term_index: int
    group: str
    effect: str
    mean: float | None
    """The fixed coefficient of the same name."""
    sd: float
    low: float | None
    """mean - 1.96 sd, and ``high`` mean + 1.96 sd: the coefficients of 95 % of the groups."""
    high: float | None
    share_opposite: float | None
    """Share of the groups whose coefficient has the opposite sign of the mean."""
    reliability: float | None
    """Mean reliability of the groups' least-squares coefficients (HLM)."""
    n_reliable: int | None
    """Number of groups with such a coefficient."""
    eb_reliability: float
    """Mean of 1 - condVar / sd² over all groups."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Why a number is missing, by its name."""

    @property
    def exp_range(self) -> tuple[float, float] | None:
        """The exponentials of ``low`` and ``high``, for a link that gives them a meaning.

        None without the two, and where the larger one has no finite exponential.
        """
        if self.low is None or self.high is None or self.high > LARGEST_EXPONENT:
            return None
        return math.exp(self.low), math.exp(self.high)


class RandomComponents(Part):
    """The principal components of a term, or of all terms of a grouping factor (statistics, section 12)."""

    term_index: int | None
    """None for all terms of the factor together."""
    group: str
    effects: tuple[str, ...]
    sds: tuple[float, ...]
    """Singular values of the covariance factor, relative to sigma for a linear model."""
    shares: tuple[float, ...] | None
    """Shares of the sum of their squares; None without variance."""
    outcome_shares: tuple[float, ...] | None
    """Shares of the variance that the random effects give to the outcome; free of units."""
    effective_rank: int
    """Number of components with at least 1 % of that variance."""
