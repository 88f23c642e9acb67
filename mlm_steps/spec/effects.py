"""The key ``effects``: effect sizes of the fixed effects."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import ColumnName, OptionalText, nothing_is_empty

__all__ = ["EffectSizeSpec", "GroupDifferenceSpec"]

WORDS = {"true": "level", "false": "none"}
"""The kinds that true and false stand for."""


def _or_flag(value: object) -> object:
    """Return the kind that true or false stands for."""
    if isinstance(value, bool):
        return "level" if value else "none"
    return WORDS.get(value, value) if isinstance(value, str) else value


class GroupDifferenceSpec(SpecBlock):
    """A standardised difference between the means of two groups of units, such as arms of a trial."""

    factor: ColumnName
    """A predictor with two values, for example ``treatment``."""
    pretest: OptionalText = None
    """Column of an earlier measurement of the outcome, whose standard deviation is used too, such as
    ``pre``."""


class EffectSizeSpec(SpecBlock):
    """Effect sizes of the fixed effects."""

    standardized: Annotated[Literal["none", "level", "total"], BeforeValidator(_or_flag)] = "none"
    """Standardised coefficients, in the column ``std_estimate`` of ``tables/fixed.csv``.

    ``true`` or ``level``: a predictor of level 1 by its standard deviation within groups and that of the
    outcome there, one of level 2 by those between groups, the outcome's from the null model; ``total``: by
    the standard deviations over all rows. Models are never refitted to standardised data.
    """
    differences: Annotated[tuple[GroupDifferenceSpec, ...], BeforeValidator(nothing_is_empty)] = ()
    """Standardised mean differences *d* of predictors with two values, in
    ``tables/standardized_differences.csv``, for example ``[{factor: treatment, pretest: pre}]``.

    Each is divided by the total, the within-group and, if named, the pretest's standard deviation.
    """
