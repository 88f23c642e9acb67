"""The key ``power.truth``: what is assumed to be true of the population."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    Objection,
    OptionalText,
    Real,
    Text,
    nothing_is_empty,
    number,
    objection,
    objections,
)

__all__ = ["FromSpec", "SharesSpec", "TruthSpec"]

Share = Annotated[float, *number(0, 0.999)]


class SharesSpec(SpecBlock):
    """Shares of the outcome's variance that each source explains."""

    within: Share = 0.0
    """By level-1 predictors, within groups."""
    between: Share = 0.0
    """By level-2 predictors."""
    product: Share = 0.0
    """By cross-level products."""
    slope: Share = 0.0
    """By random slopes."""


class FromSpec(SpecBlock):
    """The estimates of a rung of this spec as the truth."""

    rung: Text
    """Name of the rung."""
    set: Annotated[dict[ColumnName, Real], BeforeValidator(nothing_is_empty)] = Field(default_factory=dict)
    """Coefficients that have another value, ``{ses_w: 2}``."""


Matrix = tuple[tuple[Real, ...], ...]


def _square(matrices: dict[str, Matrix] | None) -> dict[str, Matrix] | None:
    wrong = [
        ((name,), "needs as many rows as columns", "for example [[0.2, 0.05], [0.05, 0.1]]")
        for name, matrix in (matrices or {}).items()
        if not matrix or any(len(row) != len(matrix) for row in matrix)
    ]
    if wrong:
        raise objections(wrong)
    return matrices


WAYS = ("icc", "fixed", "vpc", "preset", "from_")
"""The keys that tell the ways of declaring a truth apart; ``d`` goes with ``random`` or ``vpc``."""


class TruthSpec(SpecBlock):
    """The population: shares of variance, parameters, standardised differences, a preset or a rung."""

    icc: Annotated[Annotated[float, *number(0, 0.999)] | None, NothingIsNone] = None
    """Share of the outcome's variance between groups."""
    r2: Annotated[SharesSpec | None, NothingIsNone] = None
    """Shares of the variance that the sources explain, ``{within: 0.06, between: 0.03}``."""
    total: Annotated[float, *number(1e-12, 1e12)] = 1.0
    """The outcome's variance, with ``icc``."""
    weights: Annotated[
        dict[ColumnName, Annotated[float, *number(0, 1e6)]], BeforeValidator(nothing_is_empty)
    ] = Field(default_factory=dict)
    """Relative importance of the columns of one source, ``{x1: 0.8, x2: 0.2}``; 1 where none is given."""
    correlation: Annotated[float, *number(-0.999, 0.999)] = 0.0
    """Correlation of random intercepts and slopes, with ``icc``."""
    fixed: Annotated[dict[ColumnName, Real] | None, NothingIsNone] = None
    """Coefficients by column, ``{ses_w: 0.3, "ses_w:public": 0.1}``; others are 0."""
    random: Annotated[dict[ColumnName, Matrix] | None, NothingIsNone, AfterValidator(_square)] = None
    """Per factor the covariance matrix of its coefficients, in the order of the terms:
    ``{school: [[0.2, 0.05], [0.05, 0.1]]}``."""
    sigma: Annotated[Annotated[float, *number(1e-9, 1e9)] | None, NothingIsNone] = None
    """Residual standard deviation, with ``random``."""
    d: Annotated[dict[ColumnName, Real] | None, NothingIsNone] = None
    """Differences between the two codes of binary predictors in standard deviations, ``{treatment: 0.4}``."""
    per: Literal["total", "within", "pretest"] = "total"
    """The standard deviation that ``d`` is in units of: of random intercepts and residual, of the residual,
    or of the outcome at the first occasion (``pretest``), the least value of a predictor with ``values``."""
    duration: Annotated[float, *number(1e-9, 1e9)] = 1.0
    """After which time a difference ``d`` of slopes is reached."""
    vpc: Annotated[dict[ColumnName, Share] | None, NothingIsNone] = None
    """Shares of the variance per random coefficient and ``residual``; they sum to 1:
    ``{participant: 0.2, item: 0.2, "participant:condition": 0.1, residual: 0.5}``."""
    preset: Annotated[Literal["mathieu2012", "arend"] | None, NothingIsNone] = None
    """Effects as two papers declare them. ``mathieu2012``: ``fixed``, ``random`` and ``sigma`` default to the
    values of Chen et al. 2007; ``arend``: with ``icc``, ``level_1``, ``level_2``, ``cross`` and
    ``slope_variance``."""
    level_1: Real = 0.0
    """Standardised effect of level 1, with ``preset: arend``."""
    level_2: Real = 0.0
    """Standardised effect of level 2, with ``preset: arend``."""
    cross: Real = 0.0
    """Standardised cross-level effect, with ``preset: arend``."""
    slope_variance: Annotated[float, *number(0, 1e9)] = 0.0
    """Variance of the slope, with ``preset: arend``."""
    from_: Annotated[FromSpec | None, NothingIsNone] = Field(default=None, alias="from")
    """The estimates of a rung, ``{rung: slope, set: {ses_w: 2}}``."""
    source: OptionalText = None
    """Where the values come from, for the report: ``pilot study``, a reference."""

    @model_validator(mode="after")
    def _declares_in_one_way(self) -> TruthSpec:
        if self.preset == "arend" and self.icc is None:
            raise objection("preset arend needs icc", "for example icc: 0.2")
        if self.preset is not None:
            return self
        ways = [way for way in ("icc", "vpc", "from_") if getattr(self, way) is not None]
        if self.random is not None:
            ways.append("random")
        if not ways:
            raise objection(
                "does not say what is true",
                "give icc with r2, or random and sigma with fixed or d, or vpc with d",
            )
        if len(ways) > 1:
            words = [way.rstrip("_") for way in ways]
            raise objection(
                f"has {' and '.join(words)} together", "declare the truth in one way", (words[1],)
            )
        wrong: list[Objection] = []
        if ways == ["random"] and self.sigma is None:
            wrong.append(((), "random needs sigma", "for example sigma: 0.9"))
        if ways == ["random"] and self.fixed is None and self.d is None:
            wrong.append(((), "random needs fixed or d", "for example fixed: {treatment: 0.3}"))
        if self.r2 is not None and ways != ["icc"]:
            wrong.append((("r2",), "belongs to icc", "give icc too"))
        if ways == ["vpc"] and self.d is None:
            wrong.append(((), "vpc needs d", "for example d: {condition: 0.5}"))
        if wrong:
            raise objections(wrong)
        return self
