"""Convert what pyreadstat returns for SPSS, Stata and SAS files to raw columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.raw import (
    NumberColumn,
    RawColumn,
    RawTable,
    UnreadableFile,
    about_dates,
    about_declared_missing,
    text_column,
)
from mlm_steps.records.base import Notice

__all__ = ["read_labelled"]

_FIRST_LOOK = 1000
"""Cells in which a date is looked for; the columns of these formats hold one kind of values."""


def read_labelled(path: Path, read: Callable[..., tuple[Any, Any]], **options: Any) -> RawTable:
    """Return the columns of a file that one of pyreadstat's functions reads.

    Columns keep the file's labels, unless two columns have the same label. Numbers stay numbers and keep
    their value labels. Values that the file declares missing (SPSS user-missing values, ``.a`` to ``.z`` of
    Stata and SAS) are missing; a notice gives their labels and rows. Dates become ISO text.
    """
    values, meta = read(str(path), output_format="dict", user_missing=True, **options)
    rows = len(next(iter(values.values()))) if values else 0
    if not rows:
        raise UnreadableFile("has no rows" if values else "has no columns")
    words = getattr(meta, "variable_value_labels", None) or {}
    labels = _column_labels(getattr(meta, "column_names_to_labels", None) or {})
    columns: list[RawColumn] = []
    notices: list[Notice] = []
    for name, cells in values.items():
        kept, reasons = _without_missing(
            cells, meta.missing_ranges.get(name, ()), meta.missing_user_values.get(name, ())
        )
        columns.append(_column(name, kept, words.get(name, {}), labels.get(name)))
        notices += about_declared_missing(name, reasons, words.get(name, {}))
        notices += [about_dates(name)] if _is_date(kept) else []
    return RawTable(tuple(columns), rows, tuple(notices))


def _without_missing(
    cells: Any, ranges: Sequence[Mapping[str, Any]], tags: Sequence[str]
) -> tuple[Any, dict[float | str, int]]:
    """Return a column without the values that the file declares missing, and the rows of each such value.

    Parameters
    ----------
    cells : list
    ranges : sequence of mapping
        The ranges of SPSS: ``lo`` and ``hi`` of each, numbers or text.
    tags : sequence of str
        The letters of ``.a`` to ``.z`` in Stata and SAS; a number that is missing in this way is a letter.
    """
    if tags:
        tagged = Counter(cell for cell in cells if isinstance(cell, str) and cell in tags)
        kept = [None if isinstance(cell, str) and cell in tags else cell for cell in cells]
        return kept, {f".{tag}": tagged[tag] for tag in sorted(tagged)}
    if not ranges:
        return cells, {}
    if any(isinstance(each["lo"], str) for each in ranges):
        declared = {str(each["lo"]).rstrip() for each in ranges}
        words = Counter(
            cell.rstrip() for cell in cells if isinstance(cell, str) and cell.rstrip() in declared
        )
        kept = [None if isinstance(cell, str) and cell.rstrip() in declared else cell for cell in cells]
        return kept, dict(sorted(words.items()))
    try:
        numbers = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError):  # dates: SPSS stores them as numbers, and no range can be compared
        return cells, {}
    missing = np.zeros(len(numbers), dtype=bool)
    for each in ranges:
        missing |= (numbers >= each["lo"]) & (numbers <= each["hi"])
    found, counts = np.unique(numbers[missing], return_counts=True)
    return np.where(missing, np.nan, numbers), dict(zip(found.tolist(), counts.tolist(), strict=True))


def _column_labels(labels: Mapping[str, str | None]) -> dict[str, str]:
    """Return the labels of columns, each on one line, without labels that several columns share."""
    plain = {name: " ".join(label.split()) for name, label in labels.items() if label}
    times = Counter(plain.values())
    return {name: label for name, label in plain.items() if label and times[label] == 1}


def _column(name: str, cells: Any, labels: Mapping[Any, str], label: str | None) -> RawColumn:
    array = np.asarray(cells)
    if array.dtype.kind in "iufb":
        return NumberColumn(name, array.astype(np.float64), _number_labels(labels), label)
    present = [cell for cell in array.tolist() if not _absent(cell)]
    if all(isinstance(cell, (int, float)) for cell in present):
        numbers = np.array([np.nan if _absent(cell) else float(cell) for cell in array.tolist()])
        return NumberColumn(name, numbers, _number_labels(labels), label)
    words = {str(value): word for value, word in labels.items()}
    texts = [None if _absent(cell) else _text(cell) for cell in array.tolist()]
    return text_column(
        name, [words.get(text, text) if text is not None else None for text in texts], label=label
    )


def _number_labels(labels: Mapping[Any, str]) -> dict[float, str]:
    """Return the labels of numbers in ascending order; Stata's ``.a`` is text and left out."""
    numbers = {float(value): str(label) for value, label in labels.items() if isinstance(value, (int, float))}
    return dict(sorted(numbers.items()))


def _is_date(cells: Any) -> bool:
    return any(isinstance(cell, (date, time)) for cell in cells[:_FIRST_LOOK])


def _absent(cell: Any) -> bool:
    return cell is None or cell != cell


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
