"""Preset ladders, which are built from a few columns; the key is the value of ``preset`` in the spec."""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.presets.growth import GrowthLadder
from mlm_steps.spec.presets.heck import HeckLadder

__all__ = ["PRESETS", "AnyPreset"]

PRESETS: dict[str, type[PresetLadder]] = {
    "growth": GrowthLadder,
    "heck": HeckLadder,
}

if TYPE_CHECKING:
    AnyPreset = PresetLadder
else:
    AnyPreset = Annotated[reduce(operator.or_, PRESETS.values()), Field(discriminator="preset")]
