"""The key ``compare``: which rungs are tested against each other."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Text, objection
from mlm_steps.spec.written import Written, quoted

__all__ = ["Comparisons", "PairSpec"]

_WORDS = ("ladder", "none")

RungName = Annotated[Text, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]


class PairSpec(SpecBlock):
    """One comparison of two rungs of the ladder, or of a rung with a model without random effects."""

    smaller: RungName
    """Name of the rung with fewer parameters, or of a model of the prelude; or a formula without random
    effects, such as ``math ~ ses``, which is fitted with the family and the weights of the larger rung."""
    larger: RungName
    """Name of the rung that contains the smaller one."""


def _is_a_known_word(value: object) -> object:
    if isinstance(value, Written) and value not in _WORDS:
        what = f"{quoted(value)} is neither ladder nor none" if value else "is empty"
        raise objection(
            what, did_you_mean(value, _WORDS) or "ladder, none, or a list of {smaller: …, larger: …}"
        )
    return value


def _form_of(value: object) -> str:
    return "word" if isinstance(value, str) else "pairs"


Comparisons = Annotated[
    Annotated[Literal["ladder", "none"], Tag("word")] | Annotated[tuple[PairSpec, ...], Tag("pairs")],
    Discriminator(_form_of),
    BeforeValidator(_is_a_known_word),
]
