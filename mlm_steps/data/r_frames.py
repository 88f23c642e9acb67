"""Convert a data frame of R, as the package rdata parses it, to raw columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.levels import number_label
from mlm_steps.data.naming import check_names
from mlm_steps.data.raw import (
    NumberColumn,
    RawColumn,
    RawTable,
    TextColumn,
    UnreadableFile,
    about_dates,
    about_declared_missing,
    text_column,
)
from mlm_steps.records.base import Notice

__all__ = ["attributes_of", "classes_of", "from_data_frame", "strings_of"]

_EXACT = 2**53
"""From this size on, float64 cannot represent all whole numbers; such columns become text."""
_NO_INTEGER64 = np.iinfo(np.int64).min
"""The missing value of the package bit64."""
_TRUTH = ("FALSE", "TRUE")
_LATIN1, _UTF8 = 1 << 2, 1 << 3
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def attributes_of(found: Any) -> dict[str, Any]:
    """Return the attributes of an object by name."""
    attributes: dict[str, Any] = {}
    cell = found.attributes
    while cell is not None and cell.info.type.name == "LIST":
        tag = cell.tag.referenced_object if cell.tag.info.type.name == "REF" else cell.tag
        attributes[tag.value.value.decode()] = cell.value[0]
        cell = cell.value[1]
    return attributes


def classes_of(found: Any) -> list[str]:
    """Return the classes of an object; empty if it has no attribute ``class``."""
    return [word or "" for word in strings_of(attributes_of(found).get("class"), None)]


def strings_of(found: Any, encoding: str | None) -> list[str | None]:
    """Return a character vector, None for NA; empty for anything else."""
    if found is None or found.info.type.name != "STR":
        return []
    return [_decoded(each, encoding) for each in found.value]


def _decoded(char: Any, encoding: str | None) -> str | None:
    content = char.value
    if content is None:
        return None
    if char.info.gp & _LATIN1:
        return str(content.decode("latin-1"))
    native = "utf-8" if char.info.gp & _UTF8 else encoding or "utf-8"
    try:
        return str(content.decode(native))
    except (UnicodeDecodeError, LookupError):
        return str(content.decode("latin-1"))


def from_data_frame(frame: Any, encoding: str | None) -> RawTable:
    """Return the columns of a data frame or tibble.

    Factors keep their levels and their order, numbers the value labels of haven, and logical values become
    TRUE and FALSE. Dates and times become ISO text. The columns of a matrix are named as ``write.csv`` does.

    Raises
    ------
    UnreadableFile
        It has no columns or no rows, or two columns have the same name.
    """
    names = [name or "" for name in strings_of(attributes_of(frame).get("names"), encoding)]
    check_names(names)
    if not names:
        raise UnreadableFile("holds a data frame without columns")
    labels = _variable_labels(frame, encoding)
    columns: list[RawColumn] = []
    notices: list[Notice] = list(_about_row_names(frame, encoding))
    for name, cells in zip(names, frame.value, strict=True):
        made = _columns(name, cells, encoding, labels.get(name))
        if not made:
            notices.append(_left_out(name, cells))
        if made and {"Date", "POSIXct"} & set(classes_of(cells)):
            notices.append(about_dates(name))
        notices += _about_missing(name, cells, encoding)
        columns += made
    check_names([column.name for column in columns])
    rows = len(columns[0].values) if columns else 0
    if not rows:
        raise UnreadableFile("holds a data frame without rows" if columns else "has no column of values")
    return RawTable(tuple(columns), rows, tuple(notices))


def _left_out(name: str, cells: Any) -> Notice:
    what = " ".join(classes_of(cells)[:1]) or {"VEC": "lists", "CPLX": "complex numbers", "RAW": "bytes"}.get(
        cells.info.type.name, "values of another kind"
    )
    text = f"Column {name} holds {what}, which no analysis here can use; it is left out."
    return Notice(code="column_left_out", severity="info", text=text, subject=name)


def _about_row_names(frame: Any, encoding: str | None) -> Iterator[Notice]:
    """Yield a notice if the rows have names, which are not a column."""
    names = strings_of(attributes_of(frame).get("row.names"), encoding)
    if names and names != [str(i + 1) for i in range(len(names))]:
        text = (
            f"The data frame has row names, such as {names[0]}; they are not read. In R, make them a column "
            "if they are needed."
        )
        yield Notice(code="row_names", severity="info", text=text)


def _variable_labels(frame: Any, encoding: str | None) -> dict[str, str]:
    """Return the labels of columns that the package foreign keeps as an attribute of the frame."""
    found = attributes_of(frame).get("variable.labels")
    if found is None:
        return {}
    names = strings_of(attributes_of(found).get("names"), encoding)
    words = strings_of(found, encoding)
    return {name: word for name, word in zip(names, words, strict=False) if name and word}


def _columns(name: str, cells: Any, encoding: str | None, label: str | None) -> list[RawColumn]:
    """Return the column of a vector, or the columns of a matrix; empty for lists and the like."""
    attributes, kind = attributes_of(cells), cells.info.type.name
    own = " ".join(word for word in strings_of(attributes.get("label"), encoding) if word).split()
    label = " ".join(own) or label
    shape = attributes.get("dim")
    if kind in ("INT", "REAL", "LGL") and shape is not None and np.size(shape.value) == 2:
        return _matrix(name, cells, [int(side) for side in shape.value], encoding, label)
    if kind == "STR":
        return [_words(name, cells, attributes, encoding, label)]
    if kind not in ("INT", "REAL", "LGL"):
        return []
    return [_vector(name, cells, attributes, encoding, label)]


def _words(
    name: str, cells: Any, attributes: Mapping[str, Any], encoding: str | None, label: str | None
) -> TextColumn:
    """Return a character vector; haven's labels replace its values."""
    labelled = {
        value: word for word, value in _named(attributes.get("labels"), encoding) if isinstance(value, str)
    }
    words = strings_of(cells, encoding)
    return text_column(name, [labelled.get(word, word) if word else word for word in words], label=label)


def _vector(
    name: str, cells: Any, attributes: Mapping[str, Any], encoding: str | None, label: str | None
) -> RawColumn:
    """Return a column of numbers, logical values, a factor, or dates."""
    import pyarrow as pa

    classes, kind = classes_of(cells), cells.info.type.name
    values = _floats(cells)
    if "factor" in classes:
        levels = [word or "NA" for word in strings_of(attributes.get("levels"), encoding)]
        codes = [None if np.isnan(code) else levels[int(code) - 1] for code in values.tolist()]
        words = pa.array(codes, pa.string())
        return TextColumn(name, words, levels=tuple(levels), ordered="ordered" in classes, label=label)
    if kind == "LGL":
        truth = [None if np.isnan(value) else _TRUTH[int(value)] for value in values.tolist()]
        return TextColumn(name, pa.array(truth, pa.string()), levels=_TRUTH, label=label)
    if "Date" in classes:
        return text_column(name, _dates(values), label=label)
    if "POSIXct" in classes:
        zone = next(iter(strings_of(attributes.get("tzone"), encoding)), None)
        return text_column(name, _times(values, zone), label=label)
    if "integer64" in classes:
        return _integers64(name, np.asarray(cells.value).view(np.int64), label)
    numbers = np.where(_declared_missing(values, attributes), np.nan, values)
    labels = {
        value: word
        for key in ("labels", "value.labels")
        for word, value in _named(attributes.get(key), encoding)
        if isinstance(value, float)
    }
    return NumberColumn(name, numbers, dict(sorted(labels.items())), label)


def _floats(cells: Any) -> NDArray[np.float64]:
    """Return numbers, logical values or codes as floats, NaN for NA.

    R's NA is a signalling NaN, with which arithmetic warns; the NaN here is quiet.
    """
    values: Any = np.ma.filled(np.ma.asarray(cells.value).astype(np.float64), np.nan)
    return np.where(np.isnan(values), np.nan, np.asarray(values, dtype=np.float64))


def _named(found: Any, encoding: str | None) -> Iterator[tuple[str, float | str]]:
    """Yield name and value of the elements of a named vector that have both."""
    if found is None or found.info.type.name not in ("INT", "REAL", "STR"):
        return
    names = strings_of(attributes_of(found).get("names"), encoding)
    values: list[Any] = (
        strings_of(found, encoding) if found.info.type.name == "STR" else _floats(found).tolist()
    )
    for name, value in zip(names, values, strict=False):
        if name and value is not None and value == value:
            yield name, value


def _about_missing(name: str, cells: Any, encoding: str | None) -> tuple[Notice, ...]:
    """Return a notice on the values of a column that haven's attributes of SPSS declare missing."""
    attributes = attributes_of(cells)
    if cells.info.type.name not in ("INT", "REAL") or not {"na_values", "na_range"} & attributes.keys():
        return ()
    values = _floats(cells)
    found, counts = np.unique(values[_declared_missing(values, attributes)], return_counts=True)
    labels = {value: word for word, value in _named(attributes.get("labels"), encoding)}
    return about_declared_missing(name, dict(zip(found.tolist(), counts.tolist(), strict=True)), labels)


def _declared_missing(values: NDArray[np.float64], attributes: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return which values haven's attributes of SPSS declare missing."""
    missing = np.zeros(len(values), dtype=bool)
    if "na_values" in attributes and attributes["na_values"].info.type.name in ("INT", "REAL"):
        missing |= np.isin(values, _floats(attributes["na_values"]))
    if "na_range" in attributes and attributes["na_range"].info.type.name in ("INT", "REAL"):
        low, high = _floats(attributes["na_range"])
        missing |= (values >= low) & (values <= high)
    return missing


def _dates(days: NDArray[np.float64]) -> list[str | None]:
    start = _EPOCH.date()
    return [
        (start + dt.timedelta(days=int(np.floor(day)))).isoformat() if np.isfinite(day) else None
        for day in days.tolist()
    ]


def _times(seconds: NDArray[np.float64], zone: str | None) -> list[str | None]:
    """Return times in the column's time zone as ISO text; UTC if it names none that is known."""
    try:
        at = ZoneInfo(zone) if zone else dt.UTC
    except (KeyError, ValueError, OSError):
        at = dt.UTC
    return [
        (_EPOCH + dt.timedelta(seconds=s)).astimezone(at).replace(tzinfo=None).isoformat(sep=" ")
        if np.isfinite(s)
        else None
        for s in seconds.tolist()
    ]


def _integers64(name: str, values: NDArray[np.int64], label: str | None) -> RawColumn:
    """Return 64-bit integers as numbers, or as text where float64 would make some of them equal."""
    present = values != _NO_INTEGER64
    if (np.abs(values[present]) >= _EXACT).any():
        words = [str(value) if there else None for value, there in zip(values.tolist(), present, strict=True)]
        return text_column(name, words, label=label)
    return NumberColumn(name, np.where(present, values.astype(np.float64), np.nan), label=label)


def _matrix(
    name: str, cells: Any, shape: list[int], encoding: str | None, label: str | None
) -> list[RawColumn]:
    """Return the columns of a matrix; one column keeps the name, several have their own added to it."""
    values = _floats(cells).reshape(shape, order="F")
    dimnames = attributes_of(cells).get("dimnames")
    found = (
        strings_of(dimnames.value[1], encoding) if dimnames is not None and len(dimnames.value) == 2 else []
    )
    words = [word or "" for word in found] or [number_label(float(i + 1)) for i in range(shape[1])]
    names = [name] if shape[1] == 1 and not found else [f"{name}.{word}" for word in words]
    return [NumberColumn(each, values[:, i], label=label) for i, each in enumerate(names)]
