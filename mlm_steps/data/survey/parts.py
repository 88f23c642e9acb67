"""Tell from the values of a column, and how they are spread over the groups, which units they identify."""

from __future__ import annotations

from typing import Literal

from mlm_steps.data.survey.labels import Labels, Spread
from mlm_steps.data.survey.words import is_unit_name, names_objects, names_persons

__all__ = ["MOST_FACTOR_LEVELS", "ROWS_PER_UNIT", "Part", "is_reused", "part_of", "part_of_constant"]

MOST_FACTOR_LEVELS = 6
"""Labels of at most this many values are a factor; each more would cost a coefficient of the models."""
_FEWEST_UNITS = 5
"""Fewest units of a random intercept; a variance between fewer units can hardly be estimated."""
_UNITS_PER_UNIT = 1.5
"""Fewest groups per larger unit, for the same reason."""
_CROSSED = 1.1
"""Labels that occur in at least this many groups on average are crossed; a few units may have moved."""
_ROWS_PER_CELL = 1.5
"""Labels are reused in the groups only if their cells have this many rows; crossed ones mostly have one."""
_MOST_REUSED = 12
"""Reused text labels, such as class a, b, c, are at most this many."""
_NEARLY_FULL = 0.6
"""Text labels count as reused if at least this share of the cells is occupied."""
_LONG = 20
"""A sorted column of whole numbers is an identifier only in a file with at least this many rows."""
ROWS_PER_UNIT = 1.2
"""Fewest rows per unit of a level; with fewer, its variance cannot be told from the residual variance."""

Part = Literal["row", "same", "outer", "inner", "reused", "number", "crossed", "code"]
"""The part of an identifier: it identifies rows, the same groups, larger or smaller units; its labels are
reused in each group, number the rows of a group, occur in several groups, or are few codes of a category."""


def part_of(labels: Labels, s: Spread) -> Part | None:
    """Return what the labels identify; None if they are no identifier."""
    named, text = is_unit_name(labels.name), labels.values is None
    if s.labels < 2:
        return None
    if s.labels == s.rows:
        sorted_ = labels.ascending and s.rows >= _LONG
        return "row" if text or named or labels.consecutive or sorted_ else None
    if s.constant:
        return part_of_constant(labels, s)
    if s.nested:
        if not (text or named or labels.consecutive or labels.ascending):
            return None
        return "inner" if s.rows >= ROWS_PER_UNIT * s.labels else "row"
    return _part_of_shared(labels, s)


def part_of_constant(labels: Labels, s: Spread) -> Part | None:
    """Return what labels identify that are constant within the groups."""
    named, text = is_unit_name(labels.name), labels.values is None
    if s.labels == s.groups:
        return "same" if text or named or labels.consecutive else None
    if not (text or named):
        return None
    if s.labels <= MOST_FACTOR_LEVELS:
        return None if text or s.labels == 2 else "code"
    return "outer" if s.groups >= _UNITS_PER_UNIT * s.labels else "same"


def _part_of_shared(labels: Labels, s: Spread) -> Part | None:
    """Return what labels identify that occur in several groups."""
    named, text = is_unit_name(labels.name), labels.values is None
    many = s.labels >= _FEWEST_UNITS if named else s.labels > MOST_FACTOR_LEVELS
    if s.once and names_persons(labels.name):
        return "number"
    if s.once and s.numbered and not (names_objects(labels.name) and many):
        return "number" if named or many or s.sizes_differ else None
    if named and is_reused(labels.name, s):
        return "reused"
    if many and (named or text or labels.registered):
        return "crossed" if s.cells >= _CROSSED * s.labels else "inner"
    return "code" if named and not text and 2 < s.labels <= MOST_FACTOR_LEVELS else None


def is_reused(name: str, s: Spread) -> bool:
    """Return whether labels, such as class 1, 2, 3, are used again for other units in each group."""
    if names_objects(name) or s.rows < _ROWS_PER_CELL * s.cells or s.cells <= s.labels:
        return False
    few = s.labels <= _MOST_REUSED and 2 * s.labels <= s.groups
    return s.numbered or (few and s.cells >= _NEARLY_FULL * s.labels * s.groups)
