"""The key ``on_singular``: what a rung with a singular fit leads to."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.types import each_differs, objection
from mlm_steps.spec.written import Items, Written, quoted

__all__ = ["OnSingular", "RemedyWord"]

RemedyWord = Literal["center", "center_grand", "drop_zero", "drop_correlation", "drop_slope", "drop_term"]
Reaction = Literal["warn", "report", "error"]


def _words_are_known(value: object) -> object:
    if isinstance(value, Written):
        _check(value, get_args(Reaction), "warn, report, error, or a list of remedies")
    elif isinstance(value, Items):
        if not value:
            raise objection("is an empty list", "warn, report, error, or a list of remedies")
        for position, item in enumerate(value):
            if isinstance(item, Written):
                _check(
                    item, get_args(RemedyWord), f"remedies are {', '.join(get_args(RemedyWord))}", (position,)
                )
    return value


def _check(word: Written, known: tuple[str, ...], otherwise: str, at: tuple[int, ...] = ()) -> None:
    if word not in known:
        what = f"{quoted(word)} is not known here" if word else "is empty"
        raise objection(what, did_you_mean(word, known) or otherwise, at)


def _form_of(value: object) -> str:
    return "reaction" if isinstance(value, str) else "remedies"


Remedies = Annotated[tuple[RemedyWord, ...], AfterValidator(each_differs)]
OnSingular = Annotated[
    Annotated[Reaction, Tag("reaction")] | Annotated[Remedies, Tag("remedies")],
    Discriminator(_form_of),
    BeforeValidator(_words_are_known),
]
