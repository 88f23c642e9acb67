"""The key ``ladder``: the rungs one by one, or a preset that makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Discriminator, Tag

from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.presets import AnyPreset
from mlm_steps.spec.types import objection

__all__ = ["Ladder"]


def _form_of(value: object) -> str:
    return "preset" if isinstance(value, Mapping | PresetLadder) else "rungs"


def _not_empty(rungs: tuple[ModelSpec, ...]) -> tuple[ModelSpec, ...]:
    if not rungs:
        raise objection("has no rung", 'for example - {name: "null", formula: "y ~ 1 + (1 | group)"}')
    return rungs


Ladder = Annotated[
    Annotated[tuple[ModelSpec, ...], AfterValidator(_not_empty), Tag("rungs")]
    | Annotated[AnyPreset, Tag("preset")],
    Discriminator(_form_of),
]
