"""The order in which R sorts labels, and with it the reference level of a category.

R's ``factor()`` sorts text by the collation of the user's locale. English and other Western European UTF-8
locales use the Unicode root order: punctuation comes before digits, and digits before letters. Letters are
compared first without accent and case, then by accent; lower case comes before upper case. In the C locale, R
puts all capitals first instead. Where that matters, a column's ``levels`` in the spec fix the order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["collation_key", "sort_labels"]

_PUNCTUATION = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_RANK = {character: rank for rank, character in enumerate(_PUNCTUATION)}
_DIGIT, _LETTER, _OTHER = 100, 200, 10_000

Key = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], str]


def sort_labels(labels: Iterable[str]) -> list[str]:
    """Return the labels in the order of R's ``sort()`` under a UTF-8 locale.

    >>> sort_labels(["b", "B", "10", "9", "a b", "ab", "A"])
    ['10', '9', 'A', 'a b', 'ab', 'b', 'B']
    """
    return sorted(labels, key=collation_key)


def collation_key(label: str) -> Key:
    """Return a key that sorts as the Unicode root collation does, for Latin text and common signs."""
    primary: list[int] = []
    accents: list[int] = []
    cases: list[int] = []
    for character in label if label.isascii() else unicodedata.normalize("NFKD", label):
        if unicodedata.combining(character):
            accents.append(len(primary) * 0x10000 + ord(character))
        else:
            primary.append(_rank(character))
            cases.append(int(character.isupper()))
    return tuple(primary), tuple(accents), tuple(cases), label


def _rank(character: str) -> int:
    if character in _RANK:
        return _RANK[character]
    if character.isdigit():
        return _DIGIT + int(character)
    lower = character.lower()
    if len(lower) == 1 and "a" <= lower <= "z":
        return _LETTER + ord(lower)
    return _OTHER + ord(lower[0])
