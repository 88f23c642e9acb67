"""The key ``sensitivity``: under which variants of the final rung its coefficients are shown."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.types import each_differs, nothing_is_empty, objection
from mlm_steps.spec.written import Items, Written, quoted

__all__ = ["Sensitivity", "SensitivityWord", "kinds_of"]

SensitivityWord = Literal[
    "df", "estimator", "centring", "random_structure", "optimisers", "exclude_influential"
]
KINDS: tuple[SensitivityWord, ...] = get_args(SensitivityWord)
HINT = f"all, none, or a list of {', '.join(KINDS)}"
OTHER_SPELLINGS = {"centering": "centring", "optimizers": "optimisers", "method": "estimator"}
"""Words that other programs or spellings have for a kind of variants."""


def _words_are_known(value: object) -> object:
    if isinstance(value, Written):
        if value in KINDS:
            raise objection(f"{quoted(value)} is one kind, but a list is needed", f"write [{value}]")
        if value not in ("all", "none"):
            raise _unknown(value)
    elif isinstance(value, Items):
        for position, item in enumerate(value):
            if isinstance(item, Written) and item not in KINDS:
                raise _unknown(item, (position,))
    return value


def _unknown(word: Written, at: tuple[int, ...] = ()) -> Exception:
    what = f"{quoted(word)} is not known here" if word else "is empty"
    meant = OTHER_SPELLINGS.get(word.lower())
    hint = f"did you mean '{meant}'?" if meant else did_you_mean(word, KINDS)
    return objection(what, hint or HINT, at)


def _form_of(value: object) -> str:
    return "word" if isinstance(value, str) else "kinds"


Sensitivity = Annotated[
    Annotated[Literal["all", "none"], Tag("word")]
    | Annotated[tuple[SensitivityWord, ...], AfterValidator(each_differs), Tag("kinds")],
    Discriminator(_form_of),
    BeforeValidator(_words_are_known),
    BeforeValidator(nothing_is_empty),
]


def kinds_of(value: Sensitivity) -> tuple[SensitivityWord, ...]:
    """Return the kinds of variants that are asked for, in the order of the report."""
    if isinstance(value, str):
        return KINDS if value == "all" else ()
    return tuple(kind for kind in KINDS if kind in value)
