"""The key ``prelude``: single-level models shown before the ladder."""

from __future__ import annotations

from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.types import Text

__all__ = ["PreludeSpec"]


class PreludeSpec(ModelSpec):
    """One single-level model, fitted by least squares."""

    formula: Text
    """A formula without random terms, for example ``math ~ 1 + ses``."""
