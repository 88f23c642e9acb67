"""Find out how to read an undescribed file: title rows, encoding, signs in numbers, missing-value markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mlm_steps.data import cells
from mlm_steps.data.raw import RawTable, TextColumn, UnreadableFile
from mlm_steps.data.read import format_of, read_table
from mlm_steps.data.strays import strays_among_numbers
from mlm_steps.data.survey.titles import title_rows
from mlm_steps.data.thousands import grouped_cells, without_thousands
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
    given = _declared(path, manner)
    options, table = _decoded(path, _checked(given))
    na = _checked(given).na
    texts = _texts(table)
    decimal = manner.decimal or _decimal(texts, na)
    thousands = _thousands(texts, na, decimal)
    if thousands is not None:
        table = without_thousands(table, thousands, decimal)
    markers = _unknown_markers(_texts(table), na, decimal)
    found: dict[str, object] = {"decimal": decimal, "thousands": thousands, "na": (*na, *markers)}
    found |= {"encoding": options.encoding, "skip": options.skip}
    usual = DataSpec.model_fields
    return _checked(given | {key: word for key, word in found.items() if word != usual[key].default}), table


def _texts(table: RawTable) -> list[TextColumn]:
    """Return the columns of text that may spell numbers."""
    return [raw for raw in table.columns if isinstance(raw, TextColumn) and raw.cells]


def _declared(path: Path, manner: Manner) -> dict[str, object]:
    """Return what the user says about a file, by the keys of ``data``."""
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
    return given


def _checked(given: Mapping[str, object]) -> DataSpec:
    """Return keys as the block ``data``; raise UsageError for an option that does not suit the file."""
    try:
        return DataSpec.model_validate(dict(given))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise UsageError(*(fault for detail in details for fault in _faults(detail))) from None


@dataclass(frozen=True, slots=True)
class _Options:
    """The options of one attempt to read a file."""

    encoding: str | None
    delimiter: str | None
    sheet: str | None
    skip: int
    object: str | None
    plain_numbers: None = None


def _faults(detail: ErrorDetails) -> Iterator[Fault]:
    """Yield what is wrong with an option, in the words of the key that it stands for."""
    option = f"--{detail['loc'][0]}" if detail["loc"] else ""
    for _, what, hint in detail.get("ctx", {}).get("objections", (((), detail["msg"], None),)):
        yield Fault(option, what, hint)


def _decoded(path: Path, data: DataSpec) -> tuple[_Options, RawTable]:
    """Return the columns of a file; text that is not UTF-8 is tried with the usual other encoding."""
    try:
        return _untitled(path, data, None)
    except UnreadableFile as found:
        option = f"--{found.key}" if found.key in ("sheet", "object") else str(path)
        refusal = DataError(Fault(option, found.what, found.hint))
    if format_of(path) not in _TEXT:
        raise refusal
    try:
        return _untitled(path, data, _FALLBACK)
    except UnreadableFile:
        raise refusal from None


def _untitled(path: Path, data: DataSpec, encoding: str | None) -> tuple[_Options, RawTable]:
    """Return the columns of a file without the title rows above their names."""
    options = _Options(encoding, data.delimiter, data.sheet, 0, data.object)
    skip = title_rows(path, options)
    if skip:
        options = replace(options, skip=skip)
    return options, read_table(path, options)


def _decimal(texts: Sequence[TextColumn], na: Sequence[str]) -> str:
    """Return the comma if a column has decimal commas and no column has decimal points, else the point."""
    spelt = {".": 0, ",": 0}
    for raw in texts:
        values = cells.mark_missing(raw.values, na)
        point, comma = (not cells.as_numbers(values, mark)[1].any() for mark in ".,")
        if not point and cells.signs_among_digits(values.filter(cells.as_numbers(values)[1])):
            continue  # 51,940 has a separator of thousands
        if point and not comma and grouped_cells(values, ".", ",").consistent:
            continue  # so may 51.940 have, if other columns have decimal commas
        spelt["."] += point and not comma
        spelt[","] += comma and not point
    return "," if spelt[","] and not spelt["."] else "."


def _thousands(texts: Sequence[TextColumn], na: Sequence[str], decimal: str) -> str | None:
    """Return the separator of thousands of columns of numbers; None if there is none, or if it is unclear."""
    possible: set[str] = set()
    unclear: set[str] = set()
    for raw in texts:
        values = cells.mark_missing(raw.values, na)
        misread = cells.as_numbers(values, decimal)[1]
        for mark in (mark for mark in cells.THOUSANDS if mark != decimal and misread.any()):
            found = grouped_cells(values.filter(misread), mark, decimal)
            if found.count:
                (possible if found.consistent else unclear).add(mark)
    return possible.pop() if len(possible) == 1 and not possible & unclear else None


def _unknown_markers(texts: Sequence[TextColumn], na: Sequence[str], decimal: str) -> list[str]:
    """Return words without digits in columns of numbers, such as ``n/a`` or ``.``."""
    found: dict[str, None] = {}
    for raw in texts:
        values = cells.mark_missing(raw.values, na)
        misread = cells.as_numbers(values, decimal)[1]
        if not misread.any() or strays_among_numbers(values, misread, decimal) is None:
            continue
        words = values.filter(misread).unique().to_pylist()
        plain = [word.strip() for word in words if not any(sign.isdigit() for sign in word)]
        if len(plain) == len(words) <= 3:
            found |= dict.fromkeys(plain)
    return list(found)
