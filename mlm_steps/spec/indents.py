"""Find a line of a YAML text with wrong indentation."""

from __future__ import annotations

import re

from mlm_steps.spec.written import SpecFault

__all__ = ["misplaced_line"]

_START = re.compile(r"(?P<indent> *)(?P<dashes>(?:- +)*)(?P<key>[^\s#'\"{\[-][^:]*:(?=\s|$))?")


def misplaced_line(text: str, number: int, *, colon: bool = False) -> SpecFault | None:
    """Return the fault of a wrongly indented line at which a parser stopped.

    Parameters
    ----------
    text : str
        The whole file.
    number : int
        Number of the line, counted from 0.
    colon : bool
        Whether the parser stopped at a colon; the line may then also continue the text above.

    Returns
    -------
    SpecFault or None
        The fault with the columns in which the line may begin; None if it begins in one of them.
    """
    lines = text.split("\n")
    if number >= len(lines) or not lines[number].strip():
        return None
    bare = lines[number].lstrip(" ")
    column = len(lines[number]) - len(bare) + 1
    items, keys = _open_columns(lines[:number])
    word, places = ("item", items) if bare.startswith("- ") else ("key", keys)
    columns = sorted(places)
    if not columns or column in columns:
        return None
    what = f"this line begins in column {column}, where no {word} above it does"
    hint = f"{_in_words(word, columns)}: those of one block begin in the same column"
    if colon:
        hint += "; text with ': ' needs quotes"
    return SpecFault((), what, hint, place=(number + 1, column))


def _in_words(word: str, columns: list[int]) -> str:
    if len(columns) == 1:
        return f"the {word} above begins in column {columns[0]}"
    return f"the {word}s above begin in columns {', '.join(map(str, columns[:-1]))} and {columns[-1]}"


def _open_columns(lines: list[str]) -> tuple[set[int], set[int]]:
    """Return the columns in which a further item may begin, and those in which a further key may."""
    items: set[int] = set()
    keys: set[int] = set()
    limit = float("inf")
    for line in reversed(lines):
        start = _START.match(line)
        if start is None or not line.strip() or line.lstrip().startswith("#"):
            continue
        dashes = {start.start("dashes") + 1 + dash.start() for dash in re.finditer("-", start["dashes"])}
        key = {start.end("dashes") + 1} if start["key"] else set()
        items |= {place for place in dashes if place < limit}
        keys |= {place for place in key if place < limit}
        limit = min([limit, *dashes, *key])
        if limit == 1:
            break
    return items, keys
