"""Cells that are not written as the rest of their column."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data import cells
from mlm_steps.records.base import Notice
from mlm_steps.spec.written import quoted

__all__ = [
    "Strays",
    "about_commas",
    "about_spaces",
    "first_stray",
    "rows_of_first",
    "strays_among_numbers",
    "strays_of_signs",
]

_LONGEST_MARKER = 40
"""Characters of a word that a hint repeats; a longer one is no sign for a missing value."""
_MANY_ROWS = 20
_MANY_SHARE = 0.1
"""A word in so many rows, and so large a share of them, is an ordinary value unless it says missing."""
_SAYS_MISSING = re.compile(
    r"\W*|n\W?[ad]\W?|nan|nil|null|none|missing|unknown|absent|refused|not\W.*|no\W(answer|response|data|value)",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[A-Za-z#_./][\w./#*]*|-?[0-9][\w.]*")
_MOSTLY = 0.5
"""Text of which at least this share are numbers is taken for a number column with something odd in it."""


@dataclass(frozen=True, slots=True)
class Strays:
    """Text among the numbers of a column.

    Attributes
    ----------
    count : int
    row : int
        The first of them, counted from 1 without the header.
    value : str
        What stands there.
    signs : str
        The signs that make text of what are numbers otherwise, in words, if that is so in all such cells.
    markers : tuple of str
        The words that stand for a missing value as it is: a hint adds to them.
    ordinary : bool
        Whether so many rows have the value that it cannot stand for a missing one.
    """

    count: int
    row: int
    value: str
    signs: str = ""
    markers: tuple[str, ...] = ()
    ordinary: bool = False

    def __str__(self) -> str:
        """Return the first one in words, and how many follow."""
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        return f"{quoted(self.value)} in row {self.row}{more}"

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.signs:
            return f"take the {self.signs} out in the file, so that plain numbers remain"
        whole, comma, rest = self.value.strip().partition(",")
        if comma and whole.lstrip("+-").isdigit() and rest.replace(",", "").replace(".", "").isdigit():
            return "a decimal comma needs data.decimal: ','; thousands separators have to go"
        if "." in self.value and self.value.replace(".", "").lstrip("+-").isdigit():
            return "with data.decimal: ',' no point may stand in a number"
        if len(self.value) > _LONGEST_MARKER:
            return "correct it in the file"
        if self.ordinary:
            return "many rows have it, so it is an ordinary value: make it a number in the file"
        words = ", ".join(map(_in_list, dict.fromkeys([*self.markers, self.value.strip()])))
        return f"correct it in the file, or say data.na: [{words}] if it means missing"


def _in_list(word: str) -> str:
    """Return a word as an item between brackets in YAML, in quotes where it needs them."""
    return word if _PLAIN.fullmatch(word) else json.dumps(word, ensure_ascii=False)


def first_stray(
    misread: NDArray[np.bool_],
    first: Sequence[str],
    signs: str = "",
    *,
    markers: Sequence[str] = (),
    rows: int = 0,
) -> Strays | None:
    """Return the strays of a column, the first of them with its text; None if there are none.

    ``rows`` is how many rows have that text.
    """
    if not misread.any():
        return None
    many = rows >= _MANY_ROWS and rows >= _MANY_SHARE * len(misread)
    ordinary = many and not _SAYS_MISSING.fullmatch(first[0].strip())
    return Strays(int(misread.sum()), int(np.argmax(misread)) + 1, first[0], signs, tuple(markers), ordinary)


def strays_among_numbers(
    values: Any, misread: NDArray[np.bool_], decimal: str, markers: Sequence[str] = ()
) -> Strays | None:
    """Return the text in a column that is mostly numbers, or is numbers with the other decimal mark."""
    misfits = values.filter(misread)
    first = misfits[:1].to_pylist()
    signs = cells.signs_among_digits(misfits, decimal)
    if signs:
        return first_stray(misread, first, signs, markers=markers)
    mostly = misread.sum() <= (1 - _MOSTLY) * (len(misread) - values.null_count)
    other = "," if decimal == "." else "."
    if not mostly and any(cells.as_numbers(some, other)[1].any() for some in (values[:1000], values)):
        return None
    return first_stray(misread, first, markers=markers, rows=rows_of_first(misfits))


def rows_of_first(misfits: Any) -> int:
    """Return how many of the cells that are no numbers equal the first of them."""
    return misfits.to_pylist().count(misfits[0].as_py()) if len(misfits) else 0


def strays_of_signs(values: Any, decimal: str) -> Strays | None:
    """Return all cells of a text column whose file has types, if they are numbers but for such signs."""
    present = np.asarray(values.is_valid())
    words = values.drop_null()
    signs = cells.signs_among_digits(words, decimal)
    return first_stray(present, words[:1].to_pylist(), signs) if signs else None


def about_commas(name: str, values: Any, decimal: str) -> tuple[Notice, ...]:
    """Return a notice on commas that are read as decimal marks and look like separators of thousands."""
    if decimal != "," or not cells.thousands_by_comma(values):
        return ()
    text = (
        f"All commas of {name} stand before three digits, as between thousands, and values below 1000 have "
        "none; they are read as decimal marks. If they part thousands, take them out in the file."
    )
    return (Notice(code="commas_of_thousands", severity="warning", text=text, subject=name),)


def about_spaces(name: str, values: Any, levels: Sequence[str]) -> tuple[Notice, ...]:
    """Return a notice on cells that count as one of the declared levels but for spaces around it.

    Parameters
    ----------
    name : str
    values : pyarrow string array
    levels : sequence of str
    """
    counts = {pair["values"]: pair["counts"] for pair in values.value_counts().to_pylist()}
    words = [word for word in counts if word not in levels and word is not None and word.strip() in levels]
    if not words:
        return ()
    shown = ", ".join(f"{word!r} ({counts[word]} row{'s' * (counts[word] > 1)})" for word in words[:5])
    more = f" and {len(words) - 5} more" if len(words) > 5 else ""
    text = f"{name} holds {shown}{more}, which count as the levels declared without these spaces."
    return (Notice(code="spaces_around_levels", severity="info", text=text, subject=name),)
