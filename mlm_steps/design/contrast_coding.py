"""Contrasts as a spec or a formula names them, before they become columns.

The module loads no numpy, since the session of every step knows the declared contrasts.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.records.data_profile import ContrastDetail

__all__ = ["ContrastCoding", "coded"]


@dataclass(frozen=True, slots=True)
class ContrastCoding:
    """The contrasts that code the levels of a factor.

    Attributes
    ----------
    kind : str
        A key of ``CONTRASTS``.
    base : int
        Position of the reference level; treatment contrasts only.
    numbered : bool
        Whether columns are named by the level's number rather than its label.
    omitted : str or None
        The level that sum contrasts omit; None for the last.
    columns : tuple of str
        Names of the columns of a matrix.
    rows : tuple of (str, tuple of float)
        Level and row of a matrix.
    """

    kind: str
    base: int = 0
    numbered: bool = False
    omitted: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[float, ...]], ...] = ()


def coded(kind: str, detail: ContrastDetail | None) -> str | ContrastCoding:
    """Return contrasts by name, or with what they need besides their name."""
    if detail is None:
        return kind
    rows = tuple((level, tuple(row)) for level, row in detail.rows.items())
    return ContrastCoding(kind, omitted=detail.omitted, columns=detail.columns, rows=rows)
