"""What a way to derive a column is, and the rows that it works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.types import Kind as ColumnKind
from mlm_steps.data.types import TypedColumn
from mlm_steps.records.base import Notice
from mlm_steps.spec import DeriveSpec

__all__ = [
    "Made",
    "Need",
    "NotDerived",
    "Rows",
    "Way",
    "group_codes",
    "grouped_by",
    "number",
    "number_needed",
    "order_in_groups",
]

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class NotDerived(Exception):  # noqa: N818 - the caller turns it into a DataError
    """A column cannot be derived.

    Attributes
    ----------
    what : str
    hint : str or None
    keys : tuple of str
        The keys of the column's entry that lead to the fault; empty for the entry.
    offset : int or None
        Position of the fault in an expression.
    excerpt : str or None
    """

    def __init__(
        self,
        what: str,
        hint: str | None = None,
        *,
        keys: tuple[str, ...] = (),
        offset: int | None = None,
        excerpt: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.keys = keys
        self.offset = offset
        self.excerpt = excerpt


@dataclass(frozen=True, slots=True)
class Need:
    """A column that a derived one is made from.

    Attributes
    ----------
    key : str
        The key of the entry that names it.
    name : str
    kinds : tuple of str
        Kinds of columns that serve; empty if all do.
    offset : int or None
        Where an expression names it.
    """

    key: str
    name: str
    kinds: tuple[ColumnKind, ...] = ()
    offset: int | None = None


def number_needed(spec: DeriveSpec) -> tuple[Need, ...]:
    """Return the need of a way that is made from one column of numbers."""
    return (Need(spec.kind, spec.source, ("number",)),)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows on which one column is derived.

    Attributes
    ----------
    name : str
        The new column.
    columns : mapping of str to TypedColumn
        Columns of the file and earlier derived ones, all of length n.
    within : tuple of str
        Columns of the grouping factor.
    basis : ndarray of bool, shape (n,)
        Rows from which means, standard deviations, ranks and counts are computed.
    na : frozenset of str
        Texts that mean a missing value.
    file : mapping of str to TypedColumn
        Columns of the file with the rows that filters have dropped.
    """

    name: str
    columns: Mapping[str, TypedColumn]
    within: tuple[str, ...]
    basis: NDArray[np.bool_]
    na: frozenset[str] = frozenset()
    file: Mapping[str, TypedColumn] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.basis)

    def groups(self) -> Codes:
        """Return the group of each row, -1 where missing; 0 for all rows without a grouping factor."""
        return group_codes([self.columns[part] for part in self.within], self.n)

    def label(self, codes: Codes, group: int) -> str:
        """Return the label of a group in a message, for example ``school 12``."""
        row = int(np.argmax(codes == group))
        parts = []
        for name in self.within:
            values = self.columns[name].values
            parts.append(f"{values[row]:g}" if isinstance(values[row], float) else str(values[row]))
        return f"{':'.join(self.within)} {':'.join(parts)}"


@dataclass(frozen=True, slots=True)
class Made:
    """A derived column, and notices on it."""

    column: TypedColumn
    notices: tuple[Notice, ...] = field(default=())


Words: TypeAlias = Callable[[DeriveSpec], str]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to derive a column.

    To add one, write it in a module of ``data.derive.kinds``, list it in ``WAYS`` and give it a key in
    ``spec.derive``.

    Attributes
    ----------
    words : callable
        Returns how the column was made, for example ``ses centred within school``.
    needs : callable
        Returns the columns that it is made from, without the grouping factor.
    make : callable
        Returns the column; raises NotDerived.
    from_basis : bool
        Whether its values depend on ``Rows.basis``.
    inherits : bool
        Whether it is missing exactly where a column is missing that it is made from.
    """

    words: Words
    needs: Callable[[DeriveSpec], tuple[Need, ...]]
    make: Callable[[DeriveSpec, Rows], Made]
    from_basis: bool = False
    inherits: bool = False


def number(name: str, values: Floats) -> TypedColumn:
    """Return a derived number."""
    return TypedColumn(name, "number", values)


def grouped_by(within: str | None) -> str:
    """Return the words for a grouping factor, with a space before them; empty without one."""
    return f" within {within}" if within else ""


def group_codes(parts: Sequence[TypedColumn | None], n: int) -> Codes:
    """Return the group number of each row, -1 where a part is missing; 0 for all rows without parts.

    A number may belong to no row, such as that of a level that does not occur.
    """
    codes = np.zeros(n, dtype=np.intp)
    for part in parts:
        values = part.values if part is not None else None
        if isinstance(values, pd.Categorical):
            found = np.asarray(values.codes).astype(np.intp)
        else:
            found = np.asarray(pd.factorize(np.asarray(values))[0], dtype=np.intp)
        if len(parts) == 1:
            return found
        size = int(found.max(initial=-1)) + 1
        joined = codes * max(size, 1) + found
        missing = (found < 0) | (codes < 0)
        codes = np.asarray(pd.factorize(joined)[0], dtype=np.intp)
        codes[missing] = -1
    return codes


def order_in_groups(codes: Codes, values: Floats) -> Codes:
    """Return the order that sorts rows by group and, within a group, by value.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Group of each row; none is missing.
    values : ndarray, shape (n,)
        Without NaN. Equal values keep the order of the rows.

    Notes
    -----
    NumPy sorts 16-bit integers in linear time, so groups are sorted by the lower and then the upper half.
    """
    order = np.arange(len(codes)) if _ascends(values) else np.argsort(values, kind="stable")
    for shift in range(0, int(codes.max(initial=0)).bit_length(), 16):
        half = ((codes[order] >> shift) & 0xFFFF).astype(np.uint16)
        order = order[np.argsort(half, kind="stable")]
    return order


def _ascends(values: Floats) -> bool:
    return bool((values[:-1] <= values[1:]).all())
