"""The key ``slopes``: which simple slopes are shown besides those of cross-level terms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Flag, Text, Texts, each_differs, nothing_is_empty, objection, objections
from mlm_steps.spec.written import Written, quoted

__all__ = ["SlopeSpec", "Slopes"]

_WORDS = ("sd", "range")


def _is_a_known_word(value: object) -> object:
    if isinstance(value, Written) and value not in _WORDS:
        what = f"{quoted(value)} is neither sd nor range" if value else "is empty"
        raise objection(what, did_you_mean(value, _WORDS) or "sd, range, or a list of values")
    return value


def _form_of(value: object) -> str:
    return "word" if isinstance(value, str) else "values"


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise objection("names no value", "sd, range, or a list of values")
    return values


At = Annotated[
    Annotated[Literal["sd", "range"], Tag("word")]
    | Annotated[Texts, AfterValidator(_some), AfterValidator(each_differs), Tag("values")],
    Discriminator(_form_of),
    BeforeValidator(_is_a_known_word),
]


class SlopeSpec(SpecBlock):
    """A pair of predictors whose product is in some rung."""

    focal: Text
    """Column whose slope is shown."""
    moderator: Text
    """Column on which that slope depends."""
    at: At = "sd"
    """Where along a moderator that is a number: ``sd`` (its mean and one standard deviation to either side),
    ``range`` (minimum, mean, maximum), or a list of values. Mean and standard deviation of a moderator that
    belongs to groups are taken over the groups. A category is shown at each level, or at those listed."""
    extrapolate: Flag = False
    """Whether values beyond those observed are allowed in ``at``."""


def _each_pair_once(pairs: tuple[SlopeSpec, ...]) -> tuple[SlopeSpec, ...]:
    seen = [(pair.focal, pair.moderator) for pair in pairs]
    twice = [
        ((i,), f"{pair[0]} by {pair[1]} occurs twice", None)
        for i, pair in enumerate(seen)
        if pair in seen[:i]
    ]
    if twice:
        raise objections(twice)
    return pairs


Slopes = Annotated[tuple[SlopeSpec, ...], BeforeValidator(nothing_is_empty), AfterValidator(_each_pair_once)]
