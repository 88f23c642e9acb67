"""Tables in plain text, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text_table"]


def text_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] | range = ()
) -> list[str]:
    r"""Return the lines of a table in plain text.

    Examples
    --------
    >>> print("\n".join(text_table(("model", "n"), [("null", "5"), ("l1", "12")], right=[1])))
    model   n
    null    5
    l1     12
    """
    widths = [max(len(str(row[i])) for row in (header, *rows)) for i in range(len(header))]
    lines = []
    for row in (header, *rows):
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
