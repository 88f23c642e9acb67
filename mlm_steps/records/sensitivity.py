"""The record of a sensitivity analysis: the coefficients of the final rung under variants of the model."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Extended, Part, Record

__all__ = ["Quantity", "SensitivityRecord", "Variation", "VariationEnding", "VariedCoefficient"]

Quantity = Literal["same", "within", "blend", "between", "contextual", "elsewhere", "unadjusted", "adjusted"]
"""What a coefficient of a variant estimates, if it is not what the coefficient of the rung estimates.

``within``: the slope within groups; ``blend``: a weighted mean of the slopes within and between groups;
``between``: the slope between groups; ``contextual``: the slope between groups minus that within groups;
``elsewhere``: the effect at another value of the predictor that it interacts with; ``unadjusted``,
``adjusted``: an effect between groups, without or with adjustment for the group means of a predictor.
"""
VariationEnding = Literal["converged", "singular", "failed", "not_estimable", "not_applicable"]


class VariedCoefficient(Part):
    """One coefficient of the rung under one variant."""

    term: str
    column: str
    """Name in the rung."""
    column_there: str | None
    """Name in the variant; None if the variant has no such coefficient."""
    quantity: Quantity
    estimate: Extended | None
    se: float | None
    df: float | None
    """None also for a z test."""
    df_method: str
    p: float | None
    ci_low: float | None
    ci_high: float | None
    changed: bool | None
    """Whether the conclusion differs from that of the rung; None if one of the two has no test."""
    code: str | None = None
    """Why there is no estimate or no test."""


class Variation(Part):
    """One variant of the model."""

    name: str
    """Unique among the variants of a kind, such as ``kenward-roger``."""
    what: str
    """The change, in words; ``{group}``, ``{columns}`` and ``{level}`` stand for names of the data."""
    group: str | None = None
    """A grouping factor."""
    columns: tuple[str, ...] = ()
    level: str | None = None
    """A level of the factor."""
    formula: str
    ending: VariationEnding
    reasons: tuple[str, ...] = ()
    """Why it could not be fitted, or why its result is doubtful."""
    n: int | None = None
    """Number of rows."""
    excluded: tuple[str, ...] = ()
    """Levels of the grouping factor, or numbers of rows of the sample, that were left out."""
    fitted: bool = False
    """Whether a model was fitted that the run does not fit otherwise."""
    coefficients: tuple[VariedCoefficient, ...] = ()

    @property
    def text(self) -> str:
        """The change in words, with the names as the data have them."""
        return self.what.format(group=self.group, columns=", ".join(self.columns), level=self.level)


class SensitivityRecord(Record):
    """The variants of one kind, such as ``centring``."""

    model: str
    kind: str
    confidence: float
    selected: bool
    """Whether the coefficients are a selection: those of terms that no other term contains."""
    own: tuple[VariedCoefficient, ...]
    """The coefficients as the rung has them."""
    variations: tuple[Variation, ...]
    note: str | None = None
    """Why there is no variant of this kind, in words."""

    @property
    def alpha(self) -> float:
        """The level of the tests; rounded, so that p = .05 is not below .05 for an interval of 95 %."""
        return round(1 - self.confidence, 12)

    @property
    def n_models(self) -> int:
        """Number of models fitted in addition to the rungs."""
        return sum(each.fitted for each in self.variations)
