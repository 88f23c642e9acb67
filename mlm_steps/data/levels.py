"""Find the levels of categories, their order, and the level of each value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.cells import is_logical
from mlm_steps.data.collate import sort_labels

__all__ = ["Unmatched", "categorical", "encode_numbers", "encode_words", "number_label"]

_LONGEST = 1e22
"""Whole numbers below this size are written in full, so that long identifiers keep all their digits."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,400}", re.ASCII)

Codes = NDArray[np.intp]
Unmatched = list[tuple[str, int]]
"""Values that are not among the declared levels, with their number of rows."""


def number_label(value: float) -> str:
    """Return a whole number in full and any other number with 15 digits, as R's ``as.character`` does.

    >>> number_label(7.0), number_label(0.1), number_label(100000.0), number_label(1234567890123456.0)
    ('7', '0.1', '100000', '1234567890123456')
    """
    return f"{value:.0f}" if value.is_integer() and abs(value) < _LONGEST else f"{value:.15g}"


def categorical(codes: Codes, levels: Sequence[str], *, ordered: bool) -> pd.Categorical:
    """Return a Categorical of text levels; code -1 is missing."""
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(levels), dtype=object), ordered=ordered)


def encode_words(
    values: Any, declared: tuple[str, ...] | None, known: tuple[str, ...] | None, *, logical: bool
) -> tuple[Codes, tuple[str, ...], Unmatched]:
    """Return codes and levels of a string array.

    Parameters
    ----------
    values : pyarrow string array, length n
        Null where missing.
    declared : tuple of str or None
        Levels of the spec; the first is the reference.
    known : tuple of str or None
        Order of the values in the file, if it has one.
    logical : bool
        Whether words such as ``true`` and ``F`` are read as the logical values TRUE and FALSE.

    Returns
    -------
    codes : ndarray of int, shape (n,)
    levels : tuple of str
        ``declared``; else the values that occur, in the order of ``known``; else in R's order.
    unmatched : list of (str, int)
    """
    encoded = values.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    rows = np.asarray(encoded.indices.fill_null(-1)).astype(np.intp)
    spellings: list[tuple[str, ...]] = [(word,) for word in words]
    order = tuple(sort_labels(words)) if not (known or declared) else ()
    if known:
        order = tuple(level for level in known if level in set(words))
    elif logical and words and is_logical(words):
        spellings = [(word, "TRUE" if word[0] in "Tt" else "FALSE") for word in words]
        order = ("FALSE", "TRUE")
    return _match(rows, spellings, declared or order)


def encode_numbers(
    numbers: NDArray[np.float64], words: Mapping[float, str], declared: tuple[str, ...] | None
) -> tuple[Codes, tuple[str, ...], Unmatched]:
    """Return codes and levels of labelled numbers, in ascending order of the numbers.

    Parameters
    ----------
    numbers : ndarray, shape (n,)
        NaN where missing.
    words : mapping of float to str
        The label of each value, in ascending order; values without a label are missing.
    declared : tuple of str or None
        Levels of the spec; each is the label of a value or the value in digits.
    """
    known = np.array(list(words), dtype=np.float64)
    codes, distinct = pd.factorize(numbers)  # -1 for NaN
    places = np.searchsorted(known, distinct)
    places[places == len(known)] = 0
    found = (known[places] == distinct) if len(known) else np.zeros(len(distinct), dtype=bool)
    rows = np.append(np.where(found, places, -1), -1).astype(np.intp)[codes]
    if declared:
        return _match(rows, [(word, number_label(value)) for value, word in words.items()], declared)
    repeated = {word for word, times in Counter(words.values()).items() if times > 1}
    labels = [_told_apart(word, value) if word in repeated else word for value, word in words.items()]
    return _match(rows, [(label,) for label in labels], tuple(dict.fromkeys(labels)))


def _told_apart(word: str, value: float) -> str:
    """Return a label that several values share, followed by the value; values equal to 15 digits are one."""
    return word if word == number_label(value) else f"{word} ({number_label(value)})"


def _match(
    rows: Codes, spellings: Sequence[tuple[str, ...]], levels: tuple[str, ...]
) -> tuple[Codes, tuple[str, ...], Unmatched]:
    """Return the level of each row; ``rows`` index the distinct values, ``spellings`` are their texts."""
    exact = {level: code for code, level in enumerate(levels)}
    codes = [next((exact[word] for word in spelt if word in exact), -1) for spelt in spellings]
    if -1 in codes:
        loose = {_loosely(level): code for level, code in exact.items()}
        keys = [(*spelt, *map(_loosely, spelt)) for spelt in spellings]
        matched = [next((loose[key] for key in found if key in loose), -1) for found in keys]
        codes = [code if code >= 0 else found for code, found in zip(codes, matched, strict=True)]
    sizes = np.bincount(rows[rows >= 0], minlength=len(codes))
    unmatched = [
        (spelt[0], int(sizes[i])) for i, spelt in enumerate(spellings) if codes[i] < 0 and sizes[i] > 0
    ]
    return np.array([*codes, -1], dtype=np.intp)[rows], levels, unmatched


def _loosely(word: str) -> str:
    """Return a word without surrounding spaces; a number in one spelling, so that 1.0 equals 1."""
    if _WHOLE.fullmatch(word.strip()):
        return str(int(word))
    try:
        return number_label(float(word))
    except ValueError:
        return word.strip()
