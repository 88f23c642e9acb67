"""Names of columns as a formula writes them: in backticks where R needs them."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "OBSERVATIONS",
    "is_syntactic",
    "quote_name",
    "same_product",
    "split_group",
    "split_product",
    "unquote_name",
]

_SYNTACTIC = re.compile(r"(?:[^\W\d_][\w.]*|\.(?:[^\W\d]|\.)[\w.]*)\Z")
_RESERVED = frozenset(
    {"if", "else", "repeat", "while", "function", "for", "next", "break", "in"}
    | {"TRUE", "FALSE", "NULL", "Inf", "NaN", "NA", "pi"}
)
_PIECE = re.compile(r"`(?:[^`\\]|\\.)*`|[^:]", re.DOTALL)
OBSERVATIONS = "observations"
"""The key of the word for the rows of the data, unless a grouping factor has this name."""


def is_syntactic(name: str) -> bool:
    """Return whether a formula can hold a name without backticks; the dot alone means all other columns."""
    return _SYNTACTIC.match(name) is not None and name not in _RESERVED


@lru_cache(maxsize=1024)
def quote_name(name: str) -> str:
    r"""Return a name as a formula writes it: in backticks where it needs them, escaped as in R.

    >>> quote_name("ses"), quote_name("School ID"), quote_name("if"), quote_name("a`b")
    ('ses', '`School ID`', '`if`', '`a\\`b`')
    """
    if is_syntactic(name):
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def unquote_name(written: str) -> str:
    """Return the name that a formula writes so.

    >>> unquote_name("ses"), unquote_name("`School ID`")
    ('ses', 'School ID')
    """
    quoted = len(written) > 1 and written.startswith("`") and written.endswith("`")
    return re.sub(r"\\(.)", r"\1", written[1:-1], flags=re.DOTALL) if quoted else written


def split_product(text: str) -> list[str]:
    """Return the parts of a product, cut at each colon outside of backticks.

    >>> split_product("ses:`a:b`")
    ['ses', '`a:b`']
    """
    parts, start = [""], 0
    while start < len(text):
        piece = _PIECE.match(text, start)
        if piece is None:
            parts.append("")
            start += 1
        else:
            parts[-1] += piece[0]
            start = piece.end()
    return parts


def same_product(first: str, second: str) -> bool:
    """Return whether two texts are the same product; the order of its factors does not matter.

    Examples
    --------
    >>> same_product("sector:ses", "ses:sector"), same_product("`School type`", "School type")
    (True, True)
    """
    parts = [
        sorted(unquote_name(part.strip()) for part in split_product(text.strip())) for text in (first, second)
    ]
    return parts[0] == parts[1]


def split_group(name: str) -> tuple[str, ...]:
    """Return the columns of a grouping factor, which are joined by a colon or a slash.

    >>> split_group("class:school"), split_group("school/class")
    (('class', 'school'), ('school', 'class'))
    """
    return tuple(part for part in re.split("[:/]", name) if part)
