"""Read columns of a large text file that hold nothing but plain numbers at once, without their text.

Text is needed where digits are codes (007) or too many for float64, and where the spec declares text. In all
other columns of numbers the values are the same with and without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data import cells
from mlm_steps.data.raw import PlainNumbers

__all__ = ["LARGE", "has_codes", "plain_columns", "sound_numbers", "spelt_missing"]

LARGE = 1 << 20
"""Smaller files are read as text, since their reading takes no time: 1 MB."""
_EXACT = 2.0**53
"""From 2^53 on, float64 cannot represent every whole number."""
_CHUNK = 1 << 18
"""Bytes that are searched at a time, so that they stay in the processor's cache."""
_BEFORE_CELLS = b'\n\r" \t'
"""Bytes after which a cell may begin, besides the delimiter."""


def plain_columns(header: Sequence[str], head: Sequence[Sequence[str]], numbers: PlainNumbers) -> list[int]:
    """Return the positions of columns that are plain numbers in the first lines of a file.

    Parameters
    ----------
    header : sequence of str
        Names; a column without a name stays text.
    head : sequence of sequence of str
        Cells of the first lines, per column.
    numbers : PlainNumbers
    """
    empty = {"", *numbers.missing}
    found: list[int] = []
    for position, (name, column) in enumerate(zip(header, head, strict=True)):
        words = [word for word in map(str.strip, column) if word not in empty]
        if words and name and name not in numbers.kept_as_text and cells.plain_numbers(words):
            found.append(position)
    return found


def has_codes(content: bytes, delimiter: str) -> bool:
    """Return whether any cell may begin with a zero and another digit, as the code 007 does."""
    begins = np.zeros(256, dtype=bool)
    begins[list(_BEFORE_CELLS + delimiter.encode())] = True
    everything = np.frombuffer(content, dtype=np.uint8)
    for start in range(0, len(everything), _CHUNK):
        part = everything[max(start - 1, 0) : start + _CHUNK + 1]
        zeros = part[1:-1] == ord("0")
        zeros &= (part[2:] - ord("0")) < 10  # of unsigned bytes, so that other characters are larger
        if begins[part[np.flatnonzero(zeros)]].any():
            return True
    return False


def sound_numbers(column: Any) -> NDArray[np.float64] | None:
    """Return an arrow column of float64 as an array; None if a number is not finite or may be inexact."""
    import pyarrow.compute as pc

    bounds = pc.min_max(column).as_py()
    if bounds["min"] is not None and max(abs(bounds["min"]), abs(bounds["max"])) >= _EXACT:
        return None
    values = np.array(column.to_numpy(), dtype=np.float64)
    return values if np.count_nonzero(np.isnan(values)) == column.null_count else None


def spelt_missing(missing: Sequence[str]) -> list[str]:
    """Return the cells that an arrow reader of numbers takes for missing: empty ones and words.

    Markers that are numbers stay numbers; they become missing with the types of the columns.
    """
    return ["", *(word for word in missing if word and not re.fullmatch(r"[-+0-9.eE]+", word))]
