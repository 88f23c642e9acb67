"""Find labels that look alike to a reader but are different to the program."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.flags.base import DataView, cases, label_counts
from mlm_steps.records.base import Notice

__all__ = ["find", "plain_label"]

_MOST_SHOWN = 5
"""A notice lists at most this many sets of similar labels, so that it stays short."""
_REPEATED = 0.5
"""An unused column with more labels per row than this is free text or an identifier and is not checked."""
_LONGEST = 48
"""Longer labels are shortened to this many characters in a notice; their ends remain visible."""
_SPACES = re.compile(r"^ +| +$| {2,}")
_DIGITS = re.compile(r"[0-9]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d\u00b4`", "''\"\"''")


def plain_label(label: str) -> str:
    """Return a label without the differences that a reader easily misses.

    These are case, the number of spaces, spaces at the ends, characters of zero width, the width and
    composition of characters, the kind of dash and quotation mark, and zeros before a number.

    >>> plain_label(" Sacr\u00e9  C\u0153ur") == plain_label("SACRE\u0301 C\u0152UR")
    True
    >>> plain_label("S01") == plain_label("S1"), plain_label("007") == plain_label("7")
    (False, True)
    """
    if not label.isascii():
        label = unicodedata.normalize("NFKC", label)
        label = "".join(sign for sign in label if unicodedata.category(sign) != "Cf")
        label = _DASHES.sub("-", label.translate(_QUOTES))
    plain = " ".join(label.casefold().split())
    return plain.lstrip("0") or "0" if _DIGITS.fullmatch(plain) else unicodedata.normalize("NFC", plain)


def find(view: DataView) -> tuple[Notice, ...]:
    """Return a notice for each column with different labels that have the same plain label."""
    found = []
    for name, column in view.columns.items():
        counted = label_counts(column)
        if counted is None:
            continue
        codes, labels = counted
        if name not in view.used and len(labels) > _REPEATED * len(codes):
            continue
        alike = _alike(labels)
        if alike:
            found.append(_notice(name, codes, labels, alike, used=name in view.used))
    return tuple(found)


def _alike(labels: Sequence[str]) -> list[list[int]]:
    """Return the positions of similar labels, as one list for each plain label."""
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(plain_label(label), []).append(place)
    return [group for group in places.values() if len(group) > 1]


def _notice(
    name: str, codes: NDArray[np.intp], labels: Sequence[str], alike: list[list[int]], *, used: bool
) -> Notice:
    sizes = np.bincount(codes[codes >= 0], minlength=len(labels))
    shown = [_words(codes, labels, sizes, group) for group in alike[:_MOST_SHOWN]]
    more = f"; and {len(alike) - _MOST_SHOWN} more" if len(alike) > _MOST_SHOWN else ""
    legend = " (␣ is a space)" if any("␣" in words for words in shown) else ""
    text = (
        f"{name} has labels that differ in case, spaces or the coding of characters only and count as "
        f"different: {'; '.join(shown)}{more}{legend}. If they mean the same, make them alike in the file."
    )
    return Notice(code="similar_labels", severity="warning" if used else "info", text=text, subject=name)


def _words(
    codes: NDArray[np.intp], labels: Sequence[str], sizes: NDArray[np.intp], group: Sequence[int]
) -> str:
    """Return text on similar labels: the row count of the most frequent, the rows of the others."""
    first, *others = sorted(group, key=lambda place: -sizes[place])
    shown = [f"{_visible(labels[place])} ({cases(np.flatnonzero(codes == place))})" for place in others]
    rows = "1 row" if sizes[first] == 1 else f"{sizes[first]} rows"
    return f"{_visible(labels[first])} ({rows}) and {' and '.join(shown)}"


def _visible(label: str) -> str:
    r"""Return a label in quotes, with visible marks for spaces and for invisible or decomposed characters.

    >>> print(_visible(" St.  Anne"), _visible("St.\u00a0Anne"), _visible("a" * 99))
    '␣St.␣␣Anne' 'St.\xa0Anne' 'aaaaaaaaaaaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaaaaaaaaaa'
    """
    short = label if len(label) <= _LONGEST else f"{label[: _LONGEST // 2]}…{label[-_LONGEST // 2 :]}"
    marked = _SPACES.sub(lambda found: "␣" * len(found[0]), short)
    composed = unicodedata.normalize("NFC", label) == label
    return repr(marked) if composed else ascii(marked)
