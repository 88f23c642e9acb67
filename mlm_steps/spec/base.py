"""What every block of the spec shares: its keys are fixed, it is frozen, its docstrings are the schema."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.types import objection
from mlm_steps.spec.written import Block, Found, Written, is_nothing, quoted

__all__ = ["SpecBlock"]


class SpecBlock(BaseModel):
    """A block of keys in the spec.

    Where the validation context is a list, unknown keys are noted there and left out, so that all else is
    checked too; without one they are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, value: object, info: ValidationInfo) -> object:
        if is_nothing(value):
            return cls._left_empty(cast("Written", value))
        if not isinstance(value, Block) or not isinstance(info.context, list):
            return value
        info.context.extend(cls._stray(key, value) for key in value if key not in cls.model_fields)
        return Block({key: item for key, item in value.items() if key in cls.model_fields}, value.at)

    @classmethod
    def _left_empty(cls, value: Written) -> Block:
        """Return an empty block for a place left empty, where all keys have a default."""
        needed = [name for name, field in cls.model_fields.items() if field.is_required()]
        if needed:
            raise objection("is empty", f"it needs {' and '.join(needed)}")
        return Block({}, value.at)

    @classmethod
    def _stray(cls, key: str, block: Block) -> Found:
        """Return the fault of a key that this block does not have."""
        if key == "<<":
            hint = "merge keys are not read: write the keys out"
        elif _is_comma_rest(key, block):
            hint = "between braces a comma ends the value: put text that holds a comma in quotes"
        else:
            hint = did_you_mean(key, cls.model_fields) or f"known here: {', '.join(cls.model_fields)}"
        return Found((*block.at, key), f"unknown key {quoted(key)}", hint, is_key=True)


def _is_comma_rest(key: str, block: Block) -> bool:
    """Return whether a key looks like the rest of unquoted text between braces, cut at its comma."""
    value = block[key]
    return is_nothing(value) and value == "" and any(c in key for c in " ()~+|")
