"""HLM notation: the level and the symbol of each fixed-effects column.

The rule, shared by the records, the tables and the equations of the report:

- A column is a product of factors (``ses:sectorCatholic`` has two). A factor belongs to the lowest level
  among its variables; a variable of unknown level counts as level 1.
- The factors of one level form that level's *part* of the column. The parts of each level are numbered from
  1 in the order in which they first appear; the empty part is 0.
- The symbol is γ with these numbers: γ_pq in two levels (p: the level-1 coefficient β_p that the column
  helps to explain, q: the level-2 predictor), γ_pqs in three. A level-2 predictor therefore has
  the same q in every equation. A cross-level product has the p of its level-1 slope and the q of its level-2
  predictor. A product of level-1 variables has its own p.
- Crossed factors have two indices: the predictors of either factor share the numbering of level 2.
- Commas separate the numbers if one of them has two digits (γ10,1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlm_steps.design.matrices import RandomTerm
from mlm_steps.records.spelling import unquote_name

__all__ = [
    "Place",
    "TermLevel",
    "VariableRank",
    "assign_symbols",
    "column_factors",
    "hierarchy_depth",
    "is_nested",
    "place_columns",
]

VariableRank = Literal["1", "2", "3"]
TermLevel = Literal["1", "2", "3", "cross"]

RANKS: tuple[VariableRank, ...] = ("1", "2", "3")
_NAME = re.compile(r"(`(?:[^`\\]|\\.)+`)|([^\W\d][\w.]*|\.[A-Za-z_][\w.]*)(?!\s*\(|[\w.])", re.DOTALL)
_PIECE = re.compile(r"`(?:[^`\\]|\\.)+`|\"(?:[^\"\\]|\\.)*\"|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one fixed-effects column in the level equations.

    Attributes
    ----------
    level : {"1", "2", "3", "cross"}
        Level of the column; the intercept counts as level 1.
    symbol : str
        For example ``γ11``.
    indices : tuple of int
        The two or three numbers of the parts of the column, level 1 first.
    parts : tuple of str
        The part of each level as R writes it, for example ``("ses", "sectorCatholic")``. A part is empty if
        the column has no factor of that level.
    """

    level: TermLevel
    symbol: str
    indices: tuple[int, ...]
    parts: tuple[str, ...]


def assign_symbols(
    columns: Sequence[str],
    assign: Sequence[int],
    term_labels: Sequence[str],
    term_variables: Sequence[Sequence[str]],
    variable_levels: Mapping[str, VariableRank],
    depth: int | None = None,
) -> tuple[tuple[TermLevel, str], ...]:
    """Return the level and the HLM symbol of each column; see `place_columns`.

    Examples
    --------
    >>> assign_symbols(
    ...     ("(Intercept)", "ses", "sectorCatholic", "ses:sectorCatholic"), (0, 1, 2, 3),
    ...     ("ses", "sector", "ses:sector"), (("ses",), ("sector",), ("ses", "sector")),
    ...     {"ses": "1", "sector": "2"},
    ... )
    (('1', 'γ00'), ('1', 'γ10'), ('2', 'γ01'), ('cross', 'γ11'))
    """
    places = place_columns(columns, assign, term_labels, term_variables, variable_levels, depth)
    return tuple((place.level, place.symbol) for place in places)


def place_columns(
    columns: Sequence[str],
    assign: Sequence[int],
    term_labels: Sequence[str],
    term_variables: Sequence[Sequence[str]],
    variable_levels: Mapping[str, VariableRank],
    depth: int | None = None,
) -> tuple[Place, ...]:
    """Return the place of each column in the level equations.

    Parameters
    ----------
    columns, assign, term_labels, term_variables
        As in `Design`.
    variable_levels : mapping
        Level per data column.
    depth : int, optional
        Number of indices, 2 or 3 (see `hierarchy_depth`); by default 3 where a variable has level 3, else 2.
    """
    if depth is None:
        used = {variable_levels.get(name, "1") for names in term_variables for name in names}
        depth = 3 if "3" in used else 2
    numbers: tuple[dict[str, int], ...] = tuple({"": 0} for _ in range(depth))
    places = []
    for column, term in zip(columns, assign, strict=True):
        if term == 0:
            factors: list[tuple[str, VariableRank]] = []
        else:
            factors = _factors(column, term_labels[term - 1], term_variables[term - 1], variable_levels)
        parts = tuple(_part(factors, rank, last=rank == RANKS[depth - 1]) for rank in RANKS[:depth])
        indices = tuple(
            known.setdefault(part, len(known)) for known, part in zip(numbers, parts, strict=True)
        )
        places.append(Place(_level(factors), _symbol(indices), indices, parts))
    return tuple(places)


def hierarchy_depth(random: Sequence[RandomTerm]) -> int:
    """Return 3 if one grouping factor is nested in another, else 2."""
    factors = {term.group: term for term in random}
    names = list(factors)
    pairs = [(factors[a], factors[b]) for a in names for b in names if a != b]
    return 3 if any(is_nested(inner, outer) for inner, outer in pairs) else 2


def is_nested(inner: RandomTerm, outer: RandomTerm) -> bool:
    """Return whether each level of ``inner`` occurs in one level of ``outer``, which has fewer levels."""
    cells = np.unique(inner.refs.astype(np.int64) * len(outer.levels) + outer.refs)
    return len(cells) == len(np.unique(inner.refs)) > len(np.unique(outer.refs))


def _part(factors: Sequence[tuple[str, VariableRank]], rank: VariableRank, *, last: bool) -> str:
    """Return the factors of one level; the last level includes the levels above it."""
    return ":".join(text for text, level in factors if level == rank or (last and level > rank))


def _symbol(indices: tuple[int, ...]) -> str:
    separator = "," if max(indices) > 9 else ""
    return "γ" + separator.join(str(index) for index in indices)


def _level(factors: Sequence[tuple[str, VariableRank]]) -> TermLevel:
    levels = {level for _, level in factors}
    if len(levels) > 1:
        return "cross"
    return levels.pop() if levels else "1"


def _factors(
    column: str, label: str, variables: Sequence[str], variable_levels: Mapping[str, VariableRank]
) -> list[tuple[str, VariableRank]]:
    """Return the factors of a column, each with the lowest level among its variables."""
    return [(text, _lowest(stem, variables, variable_levels)) for stem, text in column_factors(column, label)]


def _lowest(stem: str, variables: Sequence[str], variable_levels: Mapping[str, VariableRank]) -> VariableRank:
    names = {unquote_name(match[0]) for match in _NAME.finditer(stem)} | {stem}
    levels = [variable_levels.get(name, "1") for name in variables if name in names]
    return min(levels, default="1")


def _split(label: str) -> list[str]:
    """Split a term label into factors at each colon outside brackets, backticks and quotes."""
    pieces, depth = [""], 0
    for piece in _PIECE.findall(label):
        depth += (piece in "([") - (piece in ")]")
        if piece == ":" and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += piece
    return pieces


def _align(column: str, stems: Sequence[str]) -> list[str] | None:
    """Split a column name into one text per stem, each starting with its stem; None if that is impossible.

    Labels of levels may contain colons, so all positions of the cuts are tried. A stem may be in backticks
    that R does not need, because two columns would otherwise have the same name.
    """
    stem = stems[0] if column.startswith(stems[0]) else f"`{stems[0]}`"
    if not column.startswith(stem):
        return None
    if len(stems) == 1:
        return [column]
    cut = column.find(":", len(stem))
    while cut >= 0:
        rest = _align(column[cut + 1 :], stems[1:])
        if rest is not None:
            return [column[:cut], *rest]
        cut = column.find(":", cut + 1)
    return None


def column_factors(column: str, label: str) -> tuple[tuple[str, str], ...]:
    """Return each factor of a column as a pair: its text in the term label and its text in the column name.

    Examples
    --------
    >>> column_factors("ses:sectorCatholic", "ses:sector")
    (('ses', 'ses'), ('sector', 'sectorCatholic'))
    """
    stems = _split(label)
    texts = _align(column, stems)
    if texts is None or len(texts) != len(stems):
        return ((label, column),)
    return tuple(zip(stems, texts, strict=True))
