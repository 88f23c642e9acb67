"""The base of all blocks of the spec: fixed keys and frozen values.

Each field has a docstring, which ``docstrings.py`` takes from the source for the schema. With
``use_attribute_docstrings``, pydantic reads the sources at every start, which took 60 ms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar, cast

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.types import objection
from mlm_steps.spec.written import Block, SpecFault, Written, is_nothing, quoted

__all__ = ["SpecBlock"]

_LONGEST_EXAMPLE = 60
"""A hint shows an example only up to this many characters, so that it stays short."""


class SpecBlock(BaseModel):
    """A block of keys in the spec.

    If the validation context is a list, unknown keys are added to it and ignored, so that the other keys are
    checked too. Without such a list, unknown keys are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    no_keys: ClassVar[Mapping[str, str]] = {}
    """What to write in place of words that are no keys of the block, although users expect them."""

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, value: object, info: ValidationInfo) -> object:
        if is_nothing(value):
            return cls._left_empty(cast("Written", value))
        if not isinstance(value, Block) or not isinstance(info.context, list):
            return value
        known = cls._keys()
        info.context.extend(cls._stray(key, value) for key in value if key not in known)
        return Block({key: item for key, item in value.items() if key in known}, value.at)

    @classmethod
    def _keys(cls) -> list[str]:
        """Return the keys as users write them; a word that Python reserves is written by its alias."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def _left_empty(cls, value: Written) -> Block:
        """Return an empty block for an empty value, if all keys have a default."""
        needed = [name for name, field in cls.model_fields.items() if field.is_required()]
        if needed:
            raise objection("is empty", f"it needs {' and '.join(needed)}")
        return Block({}, value.at)

    @classmethod
    def _stray(cls, key: str, block: Block) -> SpecFault:
        """Return the fault for an unknown key of this block."""
        if key == "<<":
            hint = "merge keys are not supported: write the keys out"
        elif key in cls.no_keys:
            hint = cls.no_keys[key]
        elif (rest := _comma_rest(key, block)) is not None:
            hint = f"between braces a comma ends the value: put text with a comma in quotes{rest}"
        elif (above := _empty_above(key, block)) and not did_you_mean(key, cls._keys(), cutoff=0.8):
            hint = f"indent it by two spaces more if it belongs to {above}"
        else:
            hint = did_you_mean(key, cls._keys()) or f"known here: {', '.join(cls._keys())}"
        return SpecFault((*block.at, key), f"unknown key {quoted(key)}", hint, is_key=True)


def _above(key: str, block: Block) -> str | None:
    """Return the key before another key; None for the first."""
    keys = list(block)
    place = keys.index(key)
    return keys[place - 1] if place else None


def _comma_rest(key: str, block: Block) -> str | None:
    """Return a hint for a key that is the rest of a value after a comma; None for other keys.

    ``{label: Cross, final}`` has such a key: between braces the comma ends the value.
    """
    if not (isinstance(key, Written) and key.bare):
        return None
    above = _above(key, block)
    value = block[above] if above else None
    if not isinstance(value, Written) or not value.plain or not value:
        return ""
    whole = json.dumps(f"{value}, {key}", ensure_ascii=False)
    return f", {above}: {whole}" if len(whole) <= _LONGEST_EXAMPLE else ""


def _empty_above(key: str, block: Block) -> str | None:
    """Return the key before another if its value is empty, as if the lines of its block were not indented."""
    above = _above(key, block)
    return above if above is not None and is_nothing(block[above]) and block[above] == "" else None
