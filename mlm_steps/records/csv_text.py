"""Text of CSV files whose rows end in a line feed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

__all__ = ["WRITTEN_END", "CsvText", "csv_text"]

WRITTEN_END = "\r\n"
"""The line end that a writer of CSV is given together with a CsvText, which replaces it."""


class CsvText(io.StringIO):
    r"""Text to which ``csv.writer`` or pandas writes rows ending in WRITTEN_END; the rows end in a line feed.

    Before Python 3.13, ``csv.writer`` quotes a carriage return within a cell only if it is part of its own
    line end. A reader would take it, without quotes, for the end of the row.

    >>> import csv
    >>> text = CsvText()
    >>> _ = csv.writer(text, lineterminator=WRITTEN_END).writerow(["a\rb", 1.5])
    >>> text.getvalue()
    '"a\rb",1.5\n'
    """

    def __init__(self) -> None:
        super().__init__(newline="")

    def write(self, text: str) -> int:
        """Add one row or more, the last line end replaced."""
        if text.endswith(WRITTEN_END):
            text = text[: -len(WRITTEN_END)] + "\n"
        return super().write(text)


class _Sink(NamedTuple):
    """An object with the one method that ``csv.writer`` calls, here for each row."""

    write: Callable[[str], object]


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    r"""Return rows as CSV in the form of CsvText, in a third of its time: no call of Python for each row.

    >>> csv_text([["a\rb", 1.5], [None, "c"]])
    '"a\rb",1.5\n,c\n'
    """
    written: list[str] = []
    csv.writer(_Sink(written.append), lineterminator=WRITTEN_END).writerows(rows)
    return "".join([row[: -len(WRITTEN_END)] + "\n" for row in written])
