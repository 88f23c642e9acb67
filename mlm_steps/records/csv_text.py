"""Text of CSV files whose rows end in a line feed."""

from __future__ import annotations

import io

__all__ = ["WRITTEN_END", "CsvText"]

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
