"""The key ``save``: what is written for every row of the data."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.types import each_differs, nothing_is_empty, objection
from mlm_steps.spec.written import Items, Written, quoted

__all__ = ["Save", "SaveWord"]

SaveWord = Literal["fitted", "residuals"]
HINT = f"a list of {', '.join(get_args(SaveWord))}"


def _words_are_known(value: object) -> object:
    if isinstance(value, Written):
        raise objection(f"{quoted(value)} is one word, but a list is needed", f"write [{value}]")
    if isinstance(value, Items):
        for position, item in enumerate(value):
            if isinstance(item, Written) and item not in get_args(SaveWord):
                what = f"{quoted(item)} is not known here" if item else "is empty"
                raise objection(what, did_you_mean(item, get_args(SaveWord)) or HINT, (position,))
    return value


Save = Annotated[
    tuple[SaveWord, ...],
    AfterValidator(each_differs),
    BeforeValidator(_words_are_known),
    BeforeValidator(nothing_is_empty),
]
