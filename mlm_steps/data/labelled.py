"""Files of statistics programs: what pyreadstat hands over, as raw columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable, Unreadable, text_column

__all__ = ["read_labelled"]


def read_labelled(path: Path, read: Callable[..., tuple[Any, Any]], **options: Any) -> RawTable:
    """Return the columns of a file that one of pyreadstat's functions reads.

    Numbers stay numbers with their value labels beside them; what the file declares missing (SPSS user
    missing values, Stata's and SAS's ``.a`` to ``.z``) is missing; dates become ISO text.
    """
    values, meta = read(str(path), output_format="dict", **options)
    rows = len(next(iter(values.values()))) if values else 0
    if not rows:
        raise Unreadable("has no rows" if values else "has no columns")
    labels = getattr(meta, "variable_value_labels", None) or {}
    return RawTable(tuple(_column(name, cells, labels.get(name, {})) for name, cells in values.items()), rows)


def _column(name: str, cells: Any, labels: Mapping[Any, str]) -> RawColumn:
    array = np.asarray(cells)
    if array.dtype.kind in "iufb":
        return NumberColumn(name, array.astype(np.float64), _number_labels(labels))
    present = [cell for cell in array.tolist() if not _absent(cell)]
    if all(isinstance(cell, (int, float)) for cell in present):
        numbers = np.array([np.nan if _absent(cell) else float(cell) for cell in array.tolist()])
        return NumberColumn(name, numbers, _number_labels(labels))
    words = {str(value): label for value, label in labels.items()}
    texts = [None if _absent(cell) else _text(cell) for cell in array.tolist()]
    return text_column(name, [words.get(text, text) if text is not None else None for text in texts])


def _number_labels(labels: Mapping[Any, str]) -> dict[float, str]:
    """Return the labels of numbers in the order of the numbers; a Stata ``.a`` is text and no value."""
    numbers = {float(value): str(label) for value, label in labels.items() if isinstance(value, (int, float))}
    return dict(sorted(numbers.items()))


def _absent(cell: Any) -> bool:
    return cell is None or cell != cell


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
