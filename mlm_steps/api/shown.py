"""How results print, and how a notebook shows them: the base of all results of the API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape

import pandas as pd

__all__ = ["Shown", "Tabular"]

SMALL, LARGE = 1e-3, 1e6
"""Numbers below and above these are printed with an exponent where four decimals do not suit them."""


class Shown:
    """A result with a printed form, which a notebook shows as it stands.

    Its class defines ``__repr__``, and ``table``, a frame of its numbers, unrounded.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return the printed form for a notebook, columns aligned."""
        return f"<pre>{escape(repr(self))}</pre>"


class Tabular(Shown, ABC):
    """A result that is printed as a title, its table and notes; a notebook shows the table as HTML."""

    __slots__ = ()

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """The numbers, unrounded."""

    @abstractmethod
    def _title(self) -> str:
        """Return the line above the table."""

    def _notes(self) -> tuple[str, ...]:
        """Return the lines below the table."""
        return ()

    def __repr__(self) -> str:
        text = self.table.to_string(float_format=_number, na_rep="-")
        return "\n".join([self._title(), text, *self._notes()])

    def _repr_html_(self) -> str:
        table = self.table.to_html(float_format=_number, na_rep="–")
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        return f"<p>{escape(self._title())}</p>{table}{notes}"


def _number(value: float) -> str:
    if abs(value) < SMALL or abs(value) >= LARGE:
        return f"{value:.4g}"
    return f"{value:.4f}".rstrip("0").rstrip(".")
