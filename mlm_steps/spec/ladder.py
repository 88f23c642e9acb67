"""The key ``ladder``: the rungs one by one, or a preset that makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Tag

from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.presets import PRESETS, AnyPreset
from mlm_steps.spec.types import objection
from mlm_steps.spec.written import Items, Written, is_nothing, kind_of

__all__ = ["Ladder"]


def _form_of(value: object) -> str:
    return "preset" if isinstance(value, Mapping | PresetLadder) else "rungs"


def _looks_like_a_ladder(value: object) -> object:
    """Refuse what is no ladder; an empty tuple is that of a spec of planned studies alone."""
    if is_nothing(value):
        raise objection("is empty", "it is a list of rungs, or a preset")
    if isinstance(value, list | Items) and not value:
        raise objection("has no rung", 'for example - {name: "null", formula: "y ~ 1 + (1 | group)"}')
    if isinstance(value, Written):
        raise objection(f"needs a list of rungs or a preset, not {kind_of(value)}", _hint_for_word(value))
    return value


def _hint_for_word(word: str) -> str:
    if word in PRESETS:
        return f"write {{preset: {word}, outcome: …, group: …}}"
    return "lines that begin with '- ', each with name and formula"


Ladder = Annotated[
    Annotated[tuple[ModelSpec, ...], Tag("rungs")] | Annotated[AnyPreset, Tag("preset")],
    Discriminator(_form_of),
    BeforeValidator(_looks_like_a_ladder),
]
