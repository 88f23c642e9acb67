"""The values of a spec as written: text with its place, and whether it was quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from mlm_steps.errors import printable

__all__ = ["Block", "Items", "Path", "SpecFault", "Written", "is_nothing", "kind_of", "quoted"]

Path = tuple[str | int, ...]

_LONGEST_SHOWN = 60
"""Messages shorten longer values to this many characters, so that they stay short."""
_NOTHING = ("", "~", "null", "Null", "NULL")


class Written(str):
    """A scalar as text; the type of the field decides how it is read.

    Attributes
    ----------
    plain : bool
        Whether it is written without quotes and not as a ``|`` or ``>`` block.
    at : tuple of str or int
        The keys and positions that lead to it.
    is_key : bool
        Whether it is the key at that place and not the value.
    bare : bool
        Whether it is a key without a colon, as ``b`` is in ``{a: 1, b}``.
    """

    __slots__ = ("at", "bare", "is_key", "plain")

    plain: bool
    at: Path
    is_key: bool
    bare: bool

    def __new__(
        cls, text: str, at: Path, *, plain: bool = True, is_key: bool = False, bare: bool = False
    ) -> Self:
        """Return the text with its attributes."""
        written = super().__new__(cls, text)
        written.plain, written.at, written.is_key, written.bare = plain, at, is_key, bare
        return written


class Items(tuple[object, ...]):
    """A list in the spec."""

    at: Path

    def __new__(cls, items: Iterable[object], at: Path) -> Self:
        """Return the list with its path."""
        made = super().__new__(cls, items)
        made.at = at
        return made


class Block(dict[str, object]):
    """A mapping in the spec."""

    def __init__(self, entries: Mapping[str, object], at: Path) -> None:
        super().__init__(entries)
        self.at = at


@dataclass(frozen=True, slots=True)
class SpecFault:
    """A fault of the spec whose place is a path of keys, not yet a line and a column.

    Attributes
    ----------
    at : tuple of str or int
        The keys and positions that lead to the place.
    what, hint, excerpt
        As in a Fault.
    is_key : bool
        Whether the key is at fault and not its value.
    offset : int or None
        Position of the fault in the value, counted from 0.
    place : tuple of int, or None
        Line and column, if they are known already.
    """

    at: Path
    what: str
    hint: str | None = None
    is_key: bool = False
    offset: int | None = None
    excerpt: str | None = None
    place: tuple[int, int] | None = None


def is_nothing(value: object) -> bool:
    """Return whether a value is empty, or an unquoted ``null`` or ``~``."""
    return isinstance(value, Written) and value.plain and value in _NOTHING


def kind_of(value: object) -> str:
    """Return words for the kind of a value, for example ``a list``."""
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list | tuple):
        return "a list"
    if is_nothing(value):
        return f"{quoted(value)}" if value else "nothing"
    return f"the text {quoted(value)}" if isinstance(value, str) else f"{value!r}"


def quoted(value: object) -> str:
    r"""Return text in quotes, shortened and safe to print on a terminal.

    >>> print(quoted("mAch"), quoted("bell\x07"))
    'mAch' 'bell\x07'
    """
    text = printable(str(value))
    return f"'{text}'" if len(text) <= _LONGEST_SHOWN else f"'{text[: _LONGEST_SHOWN - 1]}…'"
