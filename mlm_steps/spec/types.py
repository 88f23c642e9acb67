"""Types of fields, which decide how the text of a value is read.

YAML guesses types from the text: ``no`` is false, ``012`` is ten, ``null`` is nothing. The spec does not:
each scalar is text until the type of its field reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from mlm_steps.spec.written import Items, Path, Written, is_nothing, quoted

__all__ = [
    "ColumnName",
    "Flag",
    "NothingIsNone",
    "Objection",
    "OptionalText",
    "Real",
    "Slug",
    "Text",
    "Texts",
    "Whole",
    "each_differs",
    "nothing_is_empty",
    "number",
    "objection",
    "objections",
    "read_number",
    "read_share",
    "read_text",
    "read_texts",
    "reading",
    "slugified",
    "whole",
]

T = TypeVar("T")
Objection = tuple[Path, str, str | None]

LONGEST_NAME = 64
"""Names that become file names have at most this many characters, so that file names stay short."""
_LONGEST_WHOLE = 20
"""Whole numbers with more characters exceed the limits of all keys and are not converted."""
LARGEST_ALPHA = 0.2
"""A coverage up to this size is most likely a misunderstanding for alpha."""
LARGEST_REAL = 1e100
"""Larger numbers are refused, because squares could overflow; so are smaller ones than the inverse."""
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_SLUG = r"^[A-Za-z0-9_](?:[A-Za-z0-9_.]|-(?!-))*$"
_SCALAR = ["string", "number", "boolean"]


def objection(what: str, hint: str | None = None, at: Path = ()) -> PydanticCustomError:
    """Return the error that a validator raises; ``at`` is a path relative to the validated value."""
    return objections([(at, what, hint)])


def objections(found: Iterable[Objection]) -> PydanticCustomError:
    """Return one error with several objections."""
    listed = tuple(found)
    text = "; ".join(f"{what} ({hint})" if hint else what for _, what, hint in listed)
    return PydanticCustomError("objection", "{text}", {"text": text, "objections": listed})


def nothing_is_none(value: object) -> object:
    """Return None for an empty value, any other value unchanged."""
    return None if is_nothing(value) or value == "" else value


def nothing_is_empty(value: object) -> object:
    """Return an empty list for an empty value, any other value unchanged."""
    return Items((), value.at) if isinstance(value, Written) and is_nothing(value) else value


def read_whole(value: object) -> object:
    """Return the whole number that is written."""
    if not isinstance(value, Written):
        return value
    text = _checked(value, _WHOLE, "whole number")
    if len(text) > _LONGEST_WHOLE:
        return -(10**_LONGEST_WHOLE) if text.startswith("-") else 10**_LONGEST_WHOLE
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def read_number(value: object) -> object:
    """Return the number that is written, by the rules of YAML 1.2."""
    return float(_checked(value, _NUMBER, "number")) if isinstance(value, Written) else value


def read_real(value: object) -> object:
    """Return the number that is written; raise an objection if its square would overflow or underflow."""
    number = read_number(value)
    if isinstance(number, float) and number and not 1 / LARGEST_REAL <= abs(number) <= LARGEST_REAL:
        limits = f"0, or between {1 / LARGEST_REAL:g} and {LARGEST_REAL:g} in size"
        raise objection(f"{quoted(value)} is too large or too small to compute with", limits)
    return number


def _checked(value: Written, pattern: re.Pattern[str], kind: str) -> str:
    if is_nothing(value):
        raise objection(f"is empty, but a {kind} is needed")
    if not pattern.fullmatch(value) or _LEADING_ZERO.match(value):
        raise objection(f"{quoted(value)} is not a {kind}", _number_hint(value))
    if not value.plain:
        raise objection(f"{quoted(value)} is text, but a {kind} is needed", "write it without quotes")
    return value


def _number_hint(value: str) -> str | None:
    if _LEADING_ZERO.match(value):
        return "a number has no leading zero"
    for wrong, right, hint in ((",", ".", "the decimal mark is a point"), ("_", "", "write digits only")):
        if wrong in value and _NUMBER.fullmatch(value.replace(wrong, right)):
            return f"{hint}: {value.replace(wrong, right)}"
    return None


def read_share(value: object) -> object:
    """Return the share that is written; raise an objection to a percentage."""
    text = str(value).removesuffix("%").strip() if isinstance(value, Written) else ""
    if _NUMBER.fullmatch(text) and not _LEADING_ZERO.match(text) and 50 <= float(text) < 100:
        raise objection(f"{quoted(value)} is not between 0 and 1", f"write {float(text) / 100:.12g}")
    share = read_number(value)
    if isinstance(share, float) and 0 < share <= LARGEST_ALPHA:
        raise objection(
            f"{quoted(value)} is not a coverage",
            f"write {1 - max(share, 1e-4):.12g}: the coverage, not alpha",
        )
    return share


def read_flag(value: object) -> object:
    """Return whether ``true`` or ``false`` is written."""
    if not isinstance(value, Written):
        return value
    if value.plain and value in ("true", "false"):
        return value == "true"
    raise objection(f"{quoted(value)} is neither true nor false", _flag_hint(value))


def _flag_hint(value: Written) -> str | None:
    if value.lower() in ("true", "false"):
        return f"write {value.lower()} without quotes and in small letters"
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower())
    return f"write {meant}" if meant else None


def read_text(value: object) -> object:
    """Return text unchanged, including ``null`` and ``012``; raise an objection to empty text."""
    if isinstance(value, Written) and not value.strip():
        raise objection("is empty, but text is needed")
    return value


def read_item(value: object) -> object:
    """Return an item of a list unchanged, including ``""``; raise an objection to an empty item."""
    if isinstance(value, Written) and value.plain and not value:
        raise objection("is empty, but text is needed", 'write "" for empty text')
    return value


def read_texts(value: object) -> object:
    """Return a list of text; a single text becomes a list of one, an empty value an empty list."""
    if isinstance(value, Written) and not is_nothing(value):
        return Items((value,), value.at)
    return nothing_is_empty(value)


def reading(read: Callable[[object], object]) -> Callable[[object, ValidatorFunctionWrapHandler], object]:
    """Return a validator that reads the value first; later errors show the original text."""

    def validator(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        number = read(value)
        try:
            return handler(number)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                error.title,
                [
                    InitErrorDetails(type=e["type"], input=value, ctx=e.get("ctx", {}))
                    for e in error.errors(include_url=False)
                ],
            ) from None

    return validator


def slugified(text: str) -> str:
    """Return the most similar text that can name a file, or empty text.

    >>> slugified("Höhe & Breite (2)")
    'Hohe-Breite-2'
    """
    import unicodedata

    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9_.]+", "-", letters)
    return words.strip("-.")[:LONGEST_NAME].rstrip("-.")


def _names_a_file(name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise objection(f"{quoted(name)} is longer than {LONGEST_NAME} characters")
    if not re.match(_SLUG, name):
        better = slugified(name)
        example = f": for example {better}" if better else ""
        raise objection(
            f"{quoted(name)} cannot name a file",
            f"use letters a to z, digits, _, . and single dashes, none of . and - in front{example}",
        )
    return name


def whole(least: int, most: int) -> tuple[object, ...]:
    """Return the metadata for a whole number within limits, ``Annotated[int, *whole(1, 9)]``."""
    return Field(ge=least, le=most), Whole


def number(least: float, most: float) -> tuple[object, ...]:
    """Return the metadata for a number within limits, ``Annotated[float, *number(0, 1)]``."""
    return Field(ge=least, le=most), WrapValidator(reading(read_number))


def each_differs(values: tuple[T, ...]) -> tuple[T, ...]:
    """Return the values; raise an objection to each repeated value."""
    twice = [((i,), f"{quoted(v)} occurs twice", None) for i, v in enumerate(values) if v in values[:i]]
    if twice:
        raise objections(twice)
    return values


NothingIsNone = BeforeValidator(nothing_is_none)
"""For a field whose default is None: an empty value means the default."""

Text = Annotated[str, BeforeValidator(read_text), WithJsonSchema({"type": _SCALAR})]
OptionalText = Annotated[
    str | None, BeforeValidator(nothing_is_none), WithJsonSchema({"type": [*_SCALAR, "null"]})
]
ColumnName = Annotated[str, BeforeValidator(read_text)]
Texts = Annotated[
    tuple[Annotated[str, BeforeValidator(read_item)], ...],
    BeforeValidator(read_texts),
    WithJsonSchema({"type": [*_SCALAR, "null", "array"], "items": {"type": [*_SCALAR, "null"]}}),
]
Slug = Annotated[
    str,
    BeforeValidator(read_text),
    AfterValidator(_names_a_file),
    WithJsonSchema({"type": [*_SCALAR, "null"], "pattern": _SLUG, "maxLength": LONGEST_NAME}),
]
Whole = WrapValidator(reading(read_whole))
"""For whole numbers, also among the values of a Literal."""
Real = Annotated[float, WrapValidator(reading(read_real))]
Flag = Annotated[bool, BeforeValidator(read_flag)]
