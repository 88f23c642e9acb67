"""Read text cells as numbers, logical values or missing values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "THOUSANDS",
    "as_numbers",
    "has_leading_zeros",
    "has_long_integers",
    "is_logical",
    "mark_missing",
    "marker_numbers",
    "plain_numbers",
    "signs_among_digits",
    "thousands_by_comma",
]

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NO_NUMBER = (".", "NaN", "nan", "#N/A")
"""Missing numbers as SAS, Stata, Python and Excel write them; in a text column they may be labels."""

_CURRENCY = (
    r"(?:\p{Sc}|US\$|A\$|C\$|R\$|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|kr\.?|zł|Fr\.?)"
)
_GROUPED = "[1-9][0-9]{0,2}(?:%s[0-9]{3})+"
"""Pattern of digits in groups of three; the first digit is not 0, since 0,123 is a decimal."""
_SPACE = r"[ \x{00a0}\x{2009}\x{202f}]"
THOUSANDS = {",": ",", ".": r"\.", "'": "['\u2019]", "space": _SPACE}
"""Separators of thousands by the word of the spec, as patterns."""
_SIGNS = {
    "percent signs": "[%‰]",
    "currency signs": r"\p{Sc}|[A-Za-z]",
    "minus signs that are no hyphens": "[−–]",
}
_FIRST_LOOK = 100
"""Cells tested first: most columns that do not match fail here, without a pass over all cells."""

_LOGICAL = ({"TRUE", "FALSE"}, {"true", "false"}, {"True", "False"}, {"T", "F"})
_EXACT = 2.0**53
"""From 2^53 on, float64 cannot represent every whole number, so that identifiers could be merged."""


def mark_missing(values: Any, markers: Iterable[str]) -> Any:
    """Return a string array with null where a cell is empty, blank or one of the markers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(values)
    missing = pc.is_in(trimmed, value_set=pa.array(["", *markers], pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), values)


def as_numbers(values: Any, decimal: str = ".") -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return cells as numbers, and which cells hold text that is not a number.

    Parameters
    ----------
    values : pyarrow string array, length n
        Null where missing.
    decimal : str
        The decimal mark, ``.`` or ``,``; a number does not contain the other mark.

    Returns
    -------
    numbers : ndarray, shape (n,)
        NaN where missing or not a number.
    strays : ndarray of bool, shape (n,)
        Cells that are present and neither a finite number nor ``.``, ``NaN`` or ``#N/A``.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if decimal == ",":
        values = pc.if_else(pc.match_substring(values, "."), "?", pc.replace_substring(values, ",", "."))
    present = np.asarray(pc.is_valid(values))
    try:
        pc.cast(values[:_FIRST_LOOK], pa.float64())  # on words, the cast of a whole column takes long to fail
        numbers = _floats(pc.cast(values, pa.float64()))
    except pa.ArrowInvalid:
        numbers = None
    if numbers is None or np.isfinite(numbers).sum() < present.sum():
        return _spelt_numbers(values.dictionary_encode())
    return numbers, np.zeros(len(numbers), dtype=bool)


def _spelt_numbers(encoded: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers and the non-numeric cells of a mixed column; each distinct cell is parsed once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.utf8_trim_whitespace(encoded.dictionary)
    plain = pc.if_else(pc.match_substring_regex(words, _NUMBER), words, pa.scalar(None, pa.string()))
    found = np.append(_floats(pc.cast(plain, pa.float64())), np.nan)
    found[np.isinf(found)] = np.nan
    absent = np.append(np.asarray(pc.is_in(words, value_set=pa.array(_NO_NUMBER))), True)
    places = np.asarray(encoded.indices.fill_null(-1))
    return found[places], (np.isnan(found) & ~absent)[places]


def signs_among_digits(values: Any, decimal: str = ".") -> str:
    """Return the names of the signs without which all cells would be numbers.

    These are separators of thousands, percent and currency signs, and minus signs other than the hyphen; an
    amount may also be in brackets. The result is empty if any cell is not such a number.

    Parameters
    ----------
    values : pyarrow string array
        Cells that are not plain numbers; null where missing.
    decimal : str
        The decimal mark.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern = _number_with_signs(decimal)
    first = values[:_FIRST_LOOK]
    if not len(first) or not pc.all(pc.match_substring_regex(first, pattern)).as_py():
        return ""
    cells = pa.array(values.unique().drop_null(), pa.string())
    if not pc.all(pc.match_substring_regex(cells, pattern)).as_py():
        return ""
    digits = pc.replace_substring_regex(cells, rf"\{decimal}[0-9]*(?:[^0-9]*)$", "")
    grouped = pc.any(pc.match_substring_regex(digits, r"[0-9][^0-9%‰]+[0-9]")).as_py()
    words = ["thousands separators"] if grouped else []
    words += [word for word, part in _SIGNS.items() if pc.any(pc.match_substring_regex(cells, part)).as_py()]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _number_with_signs(decimal: str) -> str:
    """Return the pattern of a number with signs among or around its digits."""
    separators = [THOUSANDS["." if decimal == "," else ","], THOUSANDS["space"], THOUSANDS["'"]]
    grouped = "|".join(_GROUPED % separator for separator in separators)
    number = rf"(?:(?:{grouped}|[0-9]+)(?:\{decimal}[0-9]*)?|\{decimal}[0-9]+)"
    sign = r"[-+−–]?"
    return (
        rf"^\s*\(?{sign}{_SPACE}*(?:{_CURRENCY})?{_SPACE}*{sign}{number}{_SPACE}*(?:[%‰]|{_CURRENCY})?\)?\s*$"
    )


def thousands_by_comma(values: Any) -> bool:
    """Return whether all commas of a column look like separators of thousands.

    That is the case if three digits follow each comma and some values below 1000 have no comma. Decimals
    would have one or two digits in some values, or three digits in all of them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    grouped = f"^\\s*[-+]?{_GROUPED % ','}\\s*$"
    below = r"^\s*[-+]?[0-9]{1,3}\s*$"
    for some in (values[:_FIRST_LOOK], values):
        words = pa.array(some.unique().drop_null(), pa.string())
        commas = pc.match_substring(words, ",")
        alike = pc.if_else(
            commas, pc.match_substring_regex(words, grouped), pc.match_substring_regex(words, below)
        )
        if not pc.all(alike).as_py():
            return False
    return bool(pc.any(commas).as_py() and not pc.all(commas).as_py())


def _floats(array: Any) -> NDArray[np.float64]:
    return np.array(array.to_numpy(zero_copy_only=False), dtype=np.float64)


def has_leading_zeros(values: Any) -> bool:
    """Return whether any cell is a whole number written with zeros before it, such as the code 007."""
    import pyarrow.compute as pc

    zeros = values.filter(pc.starts_with(values, "0"))
    return bool(pc.any(pc.match_substring_regex(zeros, "^0[0-9]+$")).as_py())


def has_long_integers(values: Any, numbers: NDArray[np.float64]) -> bool:
    """Return whether any cell is a whole number with too many digits for float64 to represent it exactly."""
    import pyarrow.compute as pc

    if not (np.abs(numbers) >= _EXACT).any():
        return False
    return bool(pc.any(pc.match_substring_regex(values, r"^[+-]?[0-9]{16,}$")).as_py())


def is_logical(words: Iterable[str]) -> bool:
    """Return whether all words are logical values as R spells them; T and F count only if both occur."""
    found = set(words)
    if found <= {"T", "F"}:
        return found == {"T", "F"}
    return any(found <= pair for pair in _LOGICAL)


def marker_numbers(markers: Iterable[str]) -> list[float]:
    """Return the markers that are numbers, such as -99.

    >>> marker_numbers(["NA", "-99"])
    [-99.0]
    """
    return list(_spelt(tuple(markers)))


def plain_numbers(words: Iterable[str]) -> bool:
    """Return whether all words are numbers, with or without zeros before them.

    >>> plain_numbers(["0", "01", "2.5"]), plain_numbers(["1", "post"])
    (True, False)
    """
    return all(re.match(_NUMBER, word) for word in words)


@lru_cache(maxsize=8)
def _spelt(markers: tuple[str, ...]) -> tuple[float, ...]:
    """Return the numeric markers; cached, because every column of a file asks for the same markers."""
    return tuple(float(marker) for marker in markers if re.match(_NUMBER, marker))
