"""The key ``means``: for which factors marginal means are estimated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import ColumnName, OptionalText, Real, Text, objection, objections
from mlm_steps.spec.written import Block, Items, Written, is_nothing, quoted

__all__ = ["MeanSpec", "Means"]

_WORDS = ("auto", "none")


class MeanSpec(SpecBlock):
    """Estimated marginal means of one factor, on every rung that has it."""

    of: Text
    """Column of the factor, or one that a formula makes a factor; a number of two values will do."""
    by: OptionalText = None
    """Another such column: means are estimated, and compared, at each of its levels."""
    at: dict[ColumnName, Real] = Field(default_factory=dict)
    """Numbers to hold at a value instead of their mean: ``{age: 8}``."""
    adjust: Literal["tukey", "holm", "none"] = "tukey"
    """How the pairwise differences are adjusted for their number."""


def _short_form(value: object) -> object:
    """Return a column's name alone as the block that it stands for."""
    if isinstance(value, Written) and not is_nothing(value):
        return Block({"of": value}, value.at)
    return value


def _is_a_known_word(value: object) -> object:
    if isinstance(value, Written) and value not in _WORDS:
        if not value:
            raise objection("is empty", "auto, none, or a list of factors")
        hint = did_you_mean(value, _WORDS) or f"for one factor write [{value}]"
        raise objection(f"{quoted(value)} is neither auto nor none", hint)
    if isinstance(value, Items) and not value:
        raise objection("is an empty list", "auto, none, or a list of factors")
    return value


def _form_of(value: object) -> str:
    return "word" if isinstance(value, str) else "factors"


def _each_once(means: tuple[MeanSpec, ...]) -> tuple[MeanSpec, ...]:
    twice = [
        ((i,), f"{quoted(mean.of)} stands here twice", None)
        for i, mean in enumerate(means)
        if mean in means[:i]
    ]
    if twice:
        raise objections(twice)
    return means


Means = Annotated[
    Annotated[Literal["auto", "none"], Tag("word")]
    | Annotated[
        tuple[Annotated[MeanSpec, BeforeValidator(_short_form)], ...],
        AfterValidator(_each_once),
        Tag("factors"),
    ],
    Discriminator(_form_of),
    BeforeValidator(_is_a_known_word),
]
