"""The key ``units``: what the units of the grouping factors are called in the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import ColumnName, OptionalText, Text
from mlm_steps.spec.written import Block, Written, is_nothing

__all__ = ["UnitSpec", "Units", "nouns_of"]


class UnitSpec(SpecBlock):
    """The words for the units of one grouping factor."""

    one: OptionalText = None
    """Word for one unit, for example ``school``."""
    many: Text
    """Word for several units, for example ``schools``."""


def _form_of(value: object) -> str:
    return "word" if isinstance(value, str) else "block"


def _nothing_is_no_key(value: object) -> object:
    return Block({}, value.at) if is_nothing(value) and isinstance(value, Written) else value


Units = Annotated[
    dict[
        ColumnName,
        Annotated[
            Annotated[Text, Tag("word")] | Annotated[UnitSpec, Tag("block")],
            Discriminator(_form_of),
        ],
    ],
    BeforeValidator(_nothing_is_no_key),
    Field(default_factory=dict),
]


def nouns_of(units: Mapping[str, str | UnitSpec]) -> dict[str, tuple[str | None, str]]:
    """Return for each grouping factor the word for one unit, if it is declared, and for several.

    Examples
    --------
    >>> nouns_of({"school": "schools", "class": UnitSpec(one="class", many="classes")})
    {'school': (None, 'schools'), 'class': ('class', 'classes')}
    """
    return {
        name: (None, noun) if isinstance(noun, str) else (noun.one, noun.many) for name, noun in units.items()
    }
