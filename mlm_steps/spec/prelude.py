"""The key ``prelude``: single-level models shown before the ladder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from mlm_steps.spec.models import NamedModel
from mlm_steps.spec.types import OptionalText, Text

__all__ = ["PreludeSpec"]

_LINEAR = "models of the prelude are linear, fitted by least squares; rungs have a family"


class PreludeSpec(NamedModel):
    """One single-level model, fitted by least squares."""

    no_keys: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("family", "link", "trials", "exposure", "agq"), _LINEAR
    )

    formula: Text
    """A formula without random terms, for example ``math ~ 1 + ses``."""
    weights: OptionalText = None
    """Column of prior weights: the variance of an observation is sigma² / weight."""
