"""Convert what pyreadstat returns for SPSS, Stata and SAS files to raw columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable, UnreadableFile, text_column

__all__ = ["read_labelled"]


def read_labelled(path: Path, read: Callable[..., tuple[Any, Any]], **options: Any) -> RawTable:
    """Return the columns of a file that one of pyreadstat's functions reads.

    Columns keep the file's labels, unless two columns have the same label. Numbers stay numbers and keep
    their value labels. Values that the file declares missing (SPSS user-missing values, ``.a`` to ``.z`` of
    Stata and SAS) are missing. Dates become ISO text.
    """
    values, meta = read(str(path), output_format="dict", **options)
    rows = len(next(iter(values.values()))) if values else 0
    if not rows:
        raise UnreadableFile("has no rows" if values else "has no columns")
    words = getattr(meta, "variable_value_labels", None) or {}
    labels = _column_labels(getattr(meta, "column_names_to_labels", None) or {})
    found = [_column(name, cells, words.get(name, {}), labels.get(name)) for name, cells in values.items()]
    return RawTable(tuple(found), rows)


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


def _absent(cell: Any) -> bool:
    return cell is None or cell != cell


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
