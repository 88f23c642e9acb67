"""Printed names of columns where R gives one name to several: ``a[bc]`` and ``ab[c]`` for two ``abc``.

R joins a variable and a level without a mark between them, so that level ``bc`` of ``a``, level ``c`` of
``ab`` and a number called ``abc`` make columns of one name. A column keeps R's name where no other column of
the model has it. Where one has, it is written with its level in brackets, and a number in backticks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlm_steps.design.coding import INTERCEPT, ModelMatrix, Origin
from mlm_steps.records.spelling import is_syntactic

__all__ = ["ColumnNames", "column_names", "full_name"]


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """The names of the columns of a model.

    Attributes
    ----------
    printed : mapping of Origin to str
        Per column; no two have the same name.
    shared : mapping of str to str
        R's name of each column that is not printed under it, by the printed name.
    full : mapping of str to str
        Where any column is not, the full name of every column by its printed name.
    """

    printed: Mapping[Origin, str]
    shared: Mapping[str, str] = field(default_factory=dict)
    full: Mapping[str, str] = field(default_factory=dict)

    def of(self, matrix: ModelMatrix) -> tuple[str, ...]:
        """Return the names of a matrix's columns."""
        return tuple(self.printed[origin] for origin in matrix.origins)


def column_names(matrices: Iterable[ModelMatrix]) -> ColumnNames:
    """Return the names of the columns of a model's fixed and random effects.

    A column that stands in several matrices has one name.
    """
    plain: dict[Origin, str] = {}
    for matrix in matrices:
        plain.update(zip(matrix.origins, matrix.names, strict=True))
    if len(set(plain.values())) == len(plain):
        return ColumnNames(plain)
    printed = _distinct(plain)
    shared = {printed[origin]: name for origin, name in plain.items() if printed[origin] != name}
    return ColumnNames(printed, shared, {printed[origin]: full_name(origin) for origin in plain})


def full_name(origin: Origin) -> str:
    """Return a column's name with levels in brackets and numbers in backticks, the same in every model.

    >>> full_name((("a", "bc"), ("x", "")))
    'a[bc]:`x`'
    """
    return _joined(origin, quoted=True) if origin else INTERCEPT


def _distinct(plain: Mapping[Origin, str]) -> dict[Origin, str]:
    """Return for each column the first of its spellings that no other column has.

    R's name is left where several columns share it, even to the one of them that has no other spelling.
    """
    columns = list(plain)
    spellings = {origin: _spellings(origin, plain[origin], i + 1) for i, origin in enumerate(columns)}
    ambiguous = _repeated(plain.values())
    rank = dict.fromkeys(columns, 0)
    while True:
        printed = {origin: spellings[origin][rank[origin]] for origin in columns}
        wrong = ambiguous | _repeated(printed.values())
        clashing = [o for o in columns if printed[o] in wrong and rank[o] + 1 < len(spellings[o])]
        if not clashing:
            return printed
        plainest: dict[str, int] = {}
        for origin in clashing:
            plainest[printed[origin]] = min(rank[origin], plainest.get(printed[origin], rank[origin]))
        for origin in clashing:
            rank[origin] += rank[origin] == plainest[printed[origin]]


def _spellings(origin: Origin, plain: str, number: int) -> tuple[str, ...]:
    """Return the names that a column may have, the plainest first.

    They are R's; with levels in brackets; with backticks too; and numbered, for labels of levels that hold
    brackets and colons themselves.
    """
    if not origin:
        return (plain,)
    brackets, full = _joined(origin, quoted=False), full_name(origin)
    return plain, brackets, full, f"{full} #{number}"


def _joined(origin: Origin, *, quoted: bool) -> str:
    return ":".join([_part(name, suffix, quoted=quoted) for name, suffix in origin])


def _part(name: str, suffix: str, *, quoted: bool) -> str:
    if suffix:
        return f"{name}[{suffix}]"
    return f"`{name}`" if quoted and is_syntactic(name) else name


def _repeated(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name, count in Counter(names).items() if count > 1)
