"""The key ``occasions``: the occasions that each person should have."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Text, Texts, each_differs, objection, whole
from mlm_steps.spec.written import Written, is_nothing

__all__ = ["OccasionsSpec"]

MOST_OCCASIONS = 100_000
"""Largest number of occasions that can be expected of a person; more would be a mistake."""


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise objection("names no occasion", "give a number, or a list such as [0, 7, 14]")
    return values


def _some_column(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise objection("names no column", "for example time: day")
    return values


def _nothing_is_none(value: object) -> object:
    return None if is_nothing(value) else value


def _form_of(value: object) -> str:
    if value is None:
        return "nothing"
    return "number" if isinstance(value, (Written, int, str)) else "values"


Expected = Annotated[
    Annotated[None, Tag("nothing")]
    | Annotated[int, *whole(1, MOST_OCCASIONS), Tag("number")]
    | Annotated[Texts, AfterValidator(_some), AfterValidator(each_differs), Tag("values")],
    Discriminator(_form_of),
    BeforeValidator(_nothing_is_none),
]


class OccasionsSpec(SpecBlock):
    """The design of repeated measurements, so that absent occasions are counted."""

    within: Text
    """Column of the persons or other units, ``person``."""
    time: Annotated[Texts, AfterValidator(_some_column), AfterValidator(each_differs)]
    """Column that tells the occasions of a person apart, ``day``; several, ``[day, beep]``."""
    expected: Expected = None
    """Occasions that each person should have: their number, ``14``, or their times, ``[0, 7, 14]``.
    Default: all times that occur in the data."""
