"""Find text among the numbers of a column."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
"""Longer text is not suggested as a missing-value marker; it is more likely a comment."""
_MANY_ROWS = 20
"""A word in at least this many rows is an ordinary value, unless it means missing."""
_MANY_SHARE = 0.1
"""A word is an ordinary value only if at least this share of the rows has it, too."""
_SAYS_MISSING = re.compile(
    r"\W*|n\W?[ad]\W?|nan|nil|null|none|missing|unknown|absent|refused|not\W.*|no\W(answer|response|data|value)",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[A-Za-z#_./][\w./#*]*|-?[0-9][\w.]*")
_MOSTLY = 0.5
"""A text column is treated as numbers with errors if at least this share of its cells are numbers."""


@dataclass(frozen=True, slots=True)
class Strays:
    """Text among the numbers of a column.

    Attributes
    ----------
    count : int
        Number of such cells.
    row : int
        Row of the first such cell, counted from 1 without the header.
    value : str
        Text of the first such cell.
    signs : str
        Names of the signs without which all such cells would be numbers; empty if there are none.
    markers : tuple of str
        The current missing-value markers, which a hint extends.
    ordinary : bool
        Whether so many rows have the value that it cannot stand for a missing one.
    cells : bool
        Whether the file has no types, so that the spec can say which signs its numbers have.
    """

    count: int
    row: int
    value: str
    signs: str = ""
    markers: tuple[str, ...] = ()
    ordinary: bool = False
    cells: bool = True

    def __str__(self) -> str:
        """Return the first such cell in words, and how many more there are."""
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        return f"{quoted(self.value)} in row {self.row}{more}"

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.signs:
            mark = _separator_in(self.value) if self.signs == "thousands separators" and self.cells else ""
            return f"remove the {self.signs} in the file, so that plain numbers remain" + (
                f", or set data.thousands: {mark}" if mark else ""
            )
        whole, comma, rest = self.value.strip().partition(",")
        if comma and whole.lstrip("+-").isdigit() and rest.replace(",", "").replace(".", "").isdigit():
            return "a decimal comma needs data.decimal: ','; remove thousands separators"
        if "." in self.value and self.value.replace(".", "").lstrip("+-").isdigit():
            return "with data.decimal: ',' a number contains no point"
        if len(self.value) > _LONGEST_MARKER:
            return "correct it in the file"
        if self.ordinary:
            return "many rows have it, so it is an ordinary value: make it a number in the file"
        words = ", ".join(map(_in_list, dict.fromkeys([*self.markers, self.value.strip()])))
        return f"correct it in the file, or set data.na: [{words}] if it means missing"


def _separator_in(value: str) -> str:
    """Return the separator of thousands of a number as the spec writes it; empty for (1,234)."""
    sign = next((sign for sign in value.strip().lstrip("+-") if not sign.isdigit()), "")
    words = [word for word, pattern in cells.THOUSANDS.items() if re.search(_as_python(pattern), sign)]
    return "".join(json.dumps(word) if word != "space" else word for word in words)


def _as_python(pattern: str) -> str:
    """Return a pattern of RE2 as one of Python."""
    return re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", pattern)


def _in_list(word: str) -> str:
    """Return a word as an item of a YAML list in brackets, quoted if necessary."""
    return word if _PLAIN.fullmatch(word) else json.dumps(word, ensure_ascii=False)


def first_stray(
    misread: NDArray[np.bool_],
    first: Sequence[str],
    signs: str = "",
    *,
    markers: Sequence[str] = (),
    rows: int = 0,
) -> Strays | None:
    """Return the strays of a column with the text of the first; None if there are none.

    ``rows`` is the number of rows with that text.
    """
    if not misread.any():
        return None
    many = rows >= _MANY_ROWS and rows >= _MANY_SHARE * len(misread)
    ordinary = many and not _SAYS_MISSING.fullmatch(first[0].strip())
    return Strays(int(misread.sum()), int(np.argmax(misread)) + 1, first[0], signs, tuple(markers), ordinary)


def strays_among_numbers(
    values: Any, misread: NDArray[np.bool_], decimal: str, markers: Sequence[str] = ()
) -> Strays | None:
    """Return the strays if a column is mostly numbers, or consists of numbers with the other decimal mark."""
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
    """Return the number of non-numeric cells that equal the first of them."""
    return misfits.to_pylist().count(misfits[0].as_py()) if len(misfits) else 0


def strays_of_signs(values: Any, decimal: str) -> Strays | None:
    """Return all cells of a typed text column as strays, if they are numbers with signs."""
    present = np.asarray(values.is_valid())
    words = values.drop_null()
    signs = cells.signs_among_digits(words, decimal)
    found = first_stray(present, words[:1].to_pylist(), signs) if signs else None
    return replace(found, cells=False) if found else None


def about_commas(name: str, values: Any, decimal: str) -> tuple[Notice, ...]:
    """Return a notice on commas that are read as decimal marks but look like separators of thousands."""
    if decimal != "," or not cells.thousands_by_comma(values):
        return ()
    text = (
        f"In {name}, three digits follow each comma and values below 1000 have no comma. The commas are read "
        "as decimal marks. If they separate thousands, write decimal: '.' and thousands: ','."
    )
    return (Notice(code="commas_of_thousands", severity="warning", text=text, subject=name),)


def about_spaces(name: str, values: Any, levels: Sequence[str]) -> tuple[Notice, ...]:
    """Return a notice on cells that match a declared level only after surrounding spaces are removed.

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
    text = f"{name} holds {shown}{more}, which are read as the declared levels without these spaces."
    return (Notice(code="spaces_around_levels", severity="info", text=text, subject=name),)
