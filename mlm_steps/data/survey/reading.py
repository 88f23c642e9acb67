"""Find out how to read an undescribed file: title rows, encoding, decimal mark, missing-value markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mlm_steps.data import cells
from mlm_steps.data.raw import RawTable, TextColumn, UnreadableFile
from mlm_steps.data.read import format_of, read_table
from mlm_steps.data.survey.titles import title_rows
from mlm_steps.data.types import type_column
from mlm_steps.errors import DataError, Fault, UsageError
from mlm_steps.spec import DataSpec

__all__ = ["Manner", "readable"]

_TEXT = ("csv", "tsv", "txt")
"""Formats that have an encoding."""
_FALLBACK = "cp1252"
"""Encoding of files that are not UTF-8; with it, the usual characters of western Europe are read right."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What the user says about reading a file; None where it has to be found out.

    Attributes
    ----------
    sheet : str or None
        Sheet of a workbook.
    na : tuple of str or None
        Words that mean a missing value, besides the default ones.
    decimal : str or None
    delimiter : str or None
    object : str or None
        Data frame in a file of R.
    """

    sheet: str | None = None
    na: tuple[str, ...] | None = None
    decimal: Literal[".", ","] | None = None
    delimiter: str | None = None
    object: str | None = None


def readable(path: Path, manner: Manner) -> tuple[DataSpec, RawTable]:
    """Return how to read a file, and its columns.

    Raises
    ------
    DataError
        The file cannot be read.
    UsageError
        An option does not suit this kind of file.
    """
    data = _declared(path, manner)
    data, table = _decoded(path, data)
    texts = [raw for raw in table.columns if isinstance(raw, TextColumn) and raw.cells]
    if manner.decimal is None:
        data = data.model_copy(update={"decimal": _decimal(texts, data)})
    markers = _unknown_markers(texts, data)
    return data.model_copy(update={"na": (*data.na, *markers)}), table


def _declared(path: Path, manner: Manner) -> DataSpec:
    """Return what the user says about a file as the key ``data``."""
    given: dict[str, object] = {"file": path.name}
    given |= {
        key: value
        for key, value in (
            ("sheet", manner.sheet),
            ("object", manner.object),
            ("decimal", manner.decimal),
            ("delimiter", manner.delimiter),
        )
        if value is not None
    }
    if manner.na:
        given["na"] = tuple(dict.fromkeys((*DataSpec.model_fields["na"].default, *manner.na)))
    try:
        return DataSpec.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise UsageError(*(fault for detail in details for fault in _faults(detail))) from None


def _faults(detail: ErrorDetails) -> Iterator[Fault]:
    """Yield what is wrong with an option, in the words of the key that it stands for."""
    option = f"--{detail['loc'][0]}" if detail["loc"] else ""
    for _, what, hint in detail.get("ctx", {}).get("objections", (((), detail["msg"], None),)):
        yield Fault(option, what, hint)


def _decoded(path: Path, data: DataSpec) -> tuple[DataSpec, RawTable]:
    """Return the columns of a file; text that is not UTF-8 is tried with the usual other encoding."""
    try:
        return _untitled(path, data)
    except UnreadableFile as found:
        option = f"--{found.key}" if found.key in ("sheet", "object") else str(path)
        refusal = DataError(Fault(option, found.what, found.hint))
    if format_of(path) not in _TEXT:
        raise refusal
    try:
        return _untitled(path, data.model_copy(update={"encoding": _FALLBACK}))
    except UnreadableFile:
        raise refusal from None


def _untitled(path: Path, data: DataSpec) -> tuple[DataSpec, RawTable]:
    """Return the columns of a file without the title rows above their names."""
    skip = title_rows(path, data)
    if skip:
        titled = data.model_copy(update={"skip": skip})
        return titled, read_table(path, titled)
    return data, read_table(path, data)


def _decimal(texts: Sequence[TextColumn], data: DataSpec) -> str:
    """Return the comma if a column has decimal commas and no column has decimal points, else the point."""
    spelt = {".": 0, ",": 0}
    for raw in texts:
        values = cells.mark_missing(raw.values, data.na)
        point, comma = (not cells.as_numbers(values, mark)[1].any() for mark in ".,")
        if not point and cells.signs_among_digits(values.filter(cells.as_numbers(values)[1])):
            continue  # 51,940 has a separator of thousands
        spelt["."] += point and not comma
        spelt[","] += comma and not point
    return "," if spelt[","] and not spelt["."] else "."


def _unknown_markers(texts: Sequence[TextColumn], data: DataSpec) -> list[str]:
    """Return words without digits in columns of numbers, such as ``n/a`` or ``.``."""
    found: dict[str, None] = {}
    for raw in texts:
        if type_column(raw, None, data).strays is None:
            continue
        values = cells.mark_missing(raw.values, data.na)
        words = values.filter(cells.as_numbers(values, data.decimal)[1]).unique().to_pylist()
        plain = [word.strip() for word in words if not any(sign.isdigit() for sign in word)]
        if len(plain) == len(words) <= 3:
            found |= dict.fromkeys(plain)
    return list(found)
