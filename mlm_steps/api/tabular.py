"""Results of the API that are a table with lines of text around it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape

import pandas as pd

__all__ = ["Tabular"]


SMALL, LARGE = 1e-3, 1e6
"""Numbers below and above these are printed with an exponent where four decimals do not suit them."""


class Tabular(ABC):
    """A result that prints as text and shows as HTML in notebooks: a title, a table and notes."""

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
    return (
        f"{value:.4g}" if abs(value) < 1e-3 or abs(value) >= 1e6 else f"{value:.4f}".rstrip("0").rstrip(".")
    )
