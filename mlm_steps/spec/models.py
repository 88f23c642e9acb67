"""One model with its name, as the ladder and the prelude list them."""

from __future__ import annotations

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import OptionalText, Slug, Text

__all__ = ["ModelSpec"]


class ModelSpec(SpecBlock):
    """One rung of the ladder."""

    name: Slug
    """Names the model in files, tables and the report, for example ``null`` or ``slope``."""
    formula: Text
    """lme4 notation, for example ``math ~ 1 + ses + (1 | school)``. ``(1 | a/b)`` is ``(1 | a) + (1 | a:b)``,
    ``(1 | a*b)`` is ``(1 | a) + (1 | b) + (1 | a:b)``. A bar that is the whole right side needs no
    parentheses: ``y ~ x | g`` is ``y ~ 1 + (x | g)``. ``pi`` is the number, as in R; a column of that name is
    written in backticks."""
    weights: OptionalText = None
    """Column of prior weights: the variance of an observation is sigma² / weight."""
    label: OptionalText = None
    """Words for the report. Default: the name."""
