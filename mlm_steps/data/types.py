"""Give raw columns the types that the spec declares or that their values imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data import cells
from mlm_steps.data.codings import Misfit, with_coding
from mlm_steps.data.levels import Unmatched, categorical, encode_numbers, encode_words, number_label
from mlm_steps.data.raw import NumberColumn, RawColumn, TextColumn
from mlm_steps.data.strays import (
    Strays,
    about_commas,
    about_spaces,
    first_stray,
    rows_of_first,
    strays_among_numbers,
    strays_of_signs,
)
from mlm_steps.errors import MOST_LISTED, listing
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import ContrastDetail
from mlm_steps.spec import ColumnSpec, DataSpec

__all__ = ["Kind", "Misfit", "TypedColumn", "type_column"]

Kind = Literal["group", "category", "ordered", "number", "text"]


@dataclass(frozen=True, slots=True, eq=False)
class TypedColumn:
    """One column of the file, all rows.

    Attributes
    ----------
    name : str
    kind : str
        ``group``, ``category``, ``ordered``, ``number`` or ``text``.
    values : ndarray of float64, Categorical, or ndarray of object, length n
        Floats for a number, Categorical for group, category and ordered, objects for text. Missing values are
        NaN, code -1 or None.
    contrast : str or None
        Contrasts of a category.
    declared : bool
        Whether the spec gives the column's type.
    notices : tuple of Notice
        Notices to show if the column is used.
    strays : Strays or None
        The non-numeric cells of a text column that is mostly numbers.
    coded : bool
        Whether the levels of a category stand for numbers, which ``type: number`` would use.
    label : str or None
        The file's label of the column.
    contrast_detail : ContrastDetail or None
        What the contrasts need besides their name.
    """

    name: str
    kind: Kind
    values: NDArray[np.float64] | pd.Categorical | NDArray[np.object_]
    contrast: str | None = None
    declared: bool = False
    notices: tuple[Notice, ...] = ()
    strays: Strays | None = None
    coded: bool = False
    label: str | None = None
    contrast_detail: ContrastDetail | None = None

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which rows have no value."""
        if isinstance(self.values, pd.Categorical):
            return np.asarray(self.values.codes) < 0
        return np.asarray(pd.isna(self.values))

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The values of a number column; TypeError for other kinds."""
        if self.kind != "number":
            raise TypeError(f"{self.name} is {self.kind}")
        return np.asarray(self.values, dtype=np.float64)


def type_column(raw: RawColumn, spec: ColumnSpec | None, data: DataSpec) -> TypedColumn:
    """Return one column with its type.

    Parameters
    ----------
    raw : RawColumn
    spec : ColumnSpec or None
        The column's entry in the spec.
    data : DataSpec
        Provides missing-value markers and the decimal mark. A declared level is never a marker.

    Raises
    ------
    Misfit
        A column declared a number contains text, or a value is not among the declared levels.
    """
    declared = _declared_kind(spec)
    levels = spec.declared_levels if spec else None
    markers = [marker for marker in data.na if marker not in (levels or ())]
    if isinstance(raw, NumberColumn):
        column = _from_numbers(raw, declared, levels, markers)
    else:
        column = _from_text(raw, declared, levels, markers, data.decimal)
    contrast = spec.contrast_kind if spec else None
    if spec and not levels and (column.kind == "ordered" or contrast in ("poly", "sdif")):
        _refuse_alphabetical(raw, column, key="type" if spec.type == "ordered" else "contrast")
    if column.kind in ("category", "ordered"):
        contrast = contrast or ("poly" if column.kind == "ordered" else "treatment")
    if spec and isinstance(column.values, pd.Categorical):
        column = replace(column, values=with_coding(column.values, spec, contrast))
    return TypedColumn(
        column.name,
        column.kind,
        column.values,
        contrast,
        bool(spec and spec.type),
        column.notices,
        column.strays,
        coded=bool(raw.labels) if isinstance(raw, NumberColumn) else _is_logical(column.values),
        label=raw.label,
        contrast_detail=spec.contrast_detail if spec else None,
    )


def _refuse_alphabetical(raw: RawColumn, column: TypedColumn, *, key: str) -> None:
    """Refuse ordered text without declared levels; the order would be alphabetical."""
    if isinstance(raw, NumberColumn) or raw.levels or not isinstance(column.values, pd.Categorical):
        return
    words = [str(word) for word in column.values.categories]
    if len(words) < 2 or _is_logical(column.values) or all(word.isdigit() for word in words):
        return
    shown = " < ".join(words[:MOST_LISTED]) + (" < …" if len(words) > MOST_LISTED else "")
    raise Misfit(
        f"is text without declared levels, so its order would be alphabetical: {shown}",
        "list them from the lowest to the highest, levels: [low, middle, high]",
        key=key,
    )


def _is_logical(values: object) -> bool:
    return isinstance(values, pd.Categorical) and set(values.categories) <= {"FALSE", "TRUE"}


def _declared_kind(spec: ColumnSpec | None) -> Kind | None:
    if spec is None:
        return None
    if spec.type is None and (spec.levels or spec.contrast or spec.reference):
        return "category"
    return spec.type


def _from_numbers(
    raw: NumberColumn, kind: Kind | None, levels: tuple[str, ...] | None, markers: Sequence[str]
) -> TypedColumn:
    """Return a column of numbers; a category if every value has a label. A marker may be such a label."""
    numbers, strays = raw.values, np.isinf(raw.values)
    missing = cells.marker_numbers(markers)
    missing += [value for value, word in raw.labels.items() if word in markers]
    if missing:
        numbers = np.where(np.isin(numbers, missing), np.nan, numbers)
    has_words = bool(raw.labels) or kind not in (None, "number")
    present = _distinct(numbers) if has_words else np.empty(0)
    labelled = [value in raw.labels for value in present.tolist()] if raw.labels else []
    if kind is None and labelled and all(labelled):
        kind = "category"
    if kind in (None, "number"):
        found = first_stray(strays, [str(value) for value in numbers[strays][:1]], markers=markers)
        if found and kind == "number":
            raise Misfit(f"holds {found}, which is not a finite number", found.hint, key="type")
        return TypedColumn(
            raw.name, "number", numbers, notices=_partial_labels(raw, kind, labelled), strays=found
        )
    words = {value: raw.labels.get(value, number_label(value)) for value in present.tolist()}
    words = {value: word for value, word in words.items() if word not in markers}
    if kind == "text":
        texts = np.array([words.get(value) for value in numbers.tolist()], dtype=object)
        return TypedColumn(raw.name, "text", texts)
    return _finish(raw.name, kind or "category", *encode_numbers(numbers, words, levels))


def _distinct(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distinct numbers in ascending order, without NaN."""
    found = np.sort(pd.unique(numbers))
    return found[~np.isnan(found)]


def _partial_labels(raw: NumberColumn, kind: Kind | None, labelled: Sequence[bool]) -> tuple[Notice, ...]:
    if kind == "number" or not any(labelled):
        return ()
    text = (
        f"{raw.name} has labels for {sum(labelled)} of its {len(labelled)} values in the file, so it stays a "
        "number; declare type: category to use the labels."
    )
    return (Notice(code="partial_labels", severity="info", text=text, subject=raw.name),)


def _from_text(
    raw: TextColumn,
    kind: Kind | None,
    levels: tuple[str, ...] | None,
    markers: Sequence[str],
    decimal: str,
) -> TypedColumn:
    """Return a column of text with its declared type, or as numbers or logical values if cells are such."""
    values = cells.mark_missing(raw.values, markers)
    if kind == "number":
        return _declared_number(raw, values, markers, decimal)
    if kind == "text":
        return TypedColumn(raw.name, "text", values.to_numpy(zero_copy_only=False))
    strays: Strays | None = None
    notices: tuple[Notice, ...] = ()
    if raw.cells:
        numbers, misread = cells.as_numbers(values, decimal)
        notices = _kept_as_text(raw.name, values, numbers) if not misread.any() else ()
        if not misread.any() and not notices:
            column = _from_numbers(NumberColumn(raw.name, numbers), kind, levels, markers)
            return replace(column, notices=(*column.notices, *about_commas(raw.name, values, decimal)))
        strays = strays_among_numbers(values, misread, decimal, markers)
    elif kind is None:
        strays = strays_of_signs(values, decimal)
    encoded = encode_words(values, levels, raw.levels, logical=raw.cells)
    column = _finish(raw.name, kind or ("ordered" if raw.ordered else "category"), *encoded)
    notices = notices if kind is None else about_spaces(raw.name, values, levels or ())
    return TypedColumn(column.name, column.kind, column.values, notices=notices, strays=strays)


def _declared_number(raw: TextColumn, values: Any, markers: Sequence[str], decimal: str) -> TypedColumn:
    words = values.unique().drop_null().to_pylist()
    if words and cells.is_logical(words):
        truth = np.array([np.nan if v is None else float(v[0] in "Tt") for v in values.to_pylist()])
        return TypedColumn(raw.name, "number", truth)
    numbers, misread = cells.as_numbers(values, decimal)
    misfits = values.filter(misread)
    signs = cells.signs_among_digits(misfits, decimal) if len(misfits) else ""
    found = first_stray(misread, misfits[:1].to_pylist(), signs, markers=markers, rows=rows_of_first(misfits))
    if found:
        raise Misfit(f"holds {found}, which is not a number", found.hint, key="type")
    return _from_numbers(NumberColumn(raw.name, numbers), "number", None, markers)


def _kept_as_text(name: str, values: Any, numbers: NDArray[np.float64]) -> tuple[Notice, ...]:
    """Return a notice if digits stay text, because different cells would become equal numbers."""
    if cells.has_leading_zeros(values):
        code, reason = "leading_zeros", "has codes with leading zeros"
    elif cells.has_long_integers(values, numbers):
        code, reason = "long_integers", "has whole numbers of sixteen digits or more"
    else:
        return ()
    text = f"{name} {reason}, so it is read as text; declare type: number if it is a quantity."
    return (Notice(code=code, severity="info", text=text, subject=name),)


def _finish(name: str, kind: Kind, codes: Any, levels: Sequence[str], unmatched: Unmatched) -> TypedColumn:
    """Return a category; raise Misfit for values that are not among the declared levels."""
    if unmatched:
        listed = ", ".join(f"{word!r} ({rows} row{'s' * (rows > 1)})" for word, rows in unmatched[:5])
        more = f" and {len(unmatched) - 5} more" if len(unmatched) > 5 else ""
        raise Misfit(
            f"holds {listed}{more}, not among the declared levels",
            f"the levels are {listing(levels)}; list values that mean missing under data.na",
            key="levels",
        )
    return TypedColumn(name, kind, categorical(codes, levels, ordered=kind == "ordered"))
