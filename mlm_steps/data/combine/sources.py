"""Read each file of a spec by its own options."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mlm_steps.data import cells
from mlm_steps.data.combine.rows import as_number_column
from mlm_steps.data.places import Places
from mlm_steps.data.raw import NumberColumn, PlainNumbers, RawColumn, RawTable, UnreadableFile
from mlm_steps.data.read import read_table
from mlm_steps.data.thousands import without_thousands
from mlm_steps.errors import Fault
from mlm_steps.spec import DataSpec, LoadedSpec
from mlm_steps.spec.files import ReadSpec, StackedFile

__all__ = ["Source", "read_source", "sources_of"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read, and the options to read it by.

    Attributes
    ----------
    file : str
        As the spec writes it.
    at : tuple of str or int
        The keys below ``data`` that lead to its block.
    encoding, delimiter, sheet, object, skip
        As in the spec.
    na : tuple of str
        Missing-value markers of this file only.
    decimal : str
    thousands : str or None
        Separator of thousands, a key of ``THOUSANDS`` in `mlm_steps.data.cells`.
    plain_numbers : PlainNumbers or None
        Which columns may be read as numbers at once; None where the decimal mark is a comma.
    """

    file: str
    at: tuple[str | int, ...]
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    object: str | None
    skip: int
    na: tuple[str, ...]
    decimal: str
    thousands: str | None
    plain_numbers: PlainNumbers | None


def sources_of(data: DataSpec) -> tuple[list[Source], list[Source]]:
    """Return the files whose rows are stacked, the main file first, and the files that are joined."""
    rows = [_source(data, data, ())] if data.file is not None else []
    rows += [_source(_as_main(file, data), data, ("stack", i)) for i, file in enumerate(data.stack)]
    return rows, [_source(join, data, ("join", i)) for i, join in enumerate(data.join)]


def _as_main(file: StackedFile, data: DataSpec) -> StackedFile:
    """Return a stacked file with the options of ``data`` where it has none of its own."""
    options = {
        key: getattr(data, key)
        for key in ("encoding", "delimiter", "sheet", "object", "skip")
        if getattr(file, key) is None
    }
    return file.model_copy(update=options)


def _source(spec: ReadSpec, data: DataSpec, at: tuple[str | int, ...]) -> Source:
    na, decimal = () if spec is data else spec.na or (), spec.decimal or data.decimal
    thousands = spec.thousands or data.thousands
    plain = PlainNumbers(_texts(data), (*data.na, *na)) if decimal == data.decimal == "." else None
    return Source(
        file=spec.file or "",
        at=at,
        encoding=spec.encoding,
        delimiter=spec.delimiter,
        sheet=spec.sheet,
        object=spec.object,
        skip=spec.skip,
        na=na,
        decimal=decimal,
        thousands=thousands if thousands != decimal else None,
        plain_numbers=plain,
    )


def _texts(data: DataSpec) -> frozenset[str]:
    """Return the columns whose type or levels depend on how cells are written."""
    return frozenset(
        name
        for name, column in data.columns.items()
        if column.levels or column.type in ("text", "ordered") or column.contrast is not None
    )


def _labels(data: DataSpec) -> frozenset[str]:
    """Return the columns whose cells are labels, so that they keep their signs."""
    typed = (name for name, column in data.columns.items() if column.type not in (None, "number"))
    return _texts(data) | frozenset(typed)


def read_source(source: Source, loaded: LoadedSpec, places: Places) -> RawTable | Fault:
    """Return the columns of a file, or the fault at the key that caused it."""
    try:
        table = read_table(loaded.paths[source.file], source)
        if source.thousands:
            table = without_thousands(table, source.thousands, source.decimal, _labels(loaded.spec.data))
    except UnreadableFile as found:
        key = found.key if getattr(source, found.key) else "file"
        what = f"{source.file} {found.what}"
        return Fault(places.data(*source.at, key), what, found.hint)
    data = loaded.spec.data
    if not source.na and source.decimal == data.decimal:
        return table
    return replace(table, columns=tuple(_usual(column, source, data) for column in table.columns))


def _usual(column: RawColumn, source: Source, data: DataSpec) -> RawColumn:
    """Return a column with the markers of its file missing, and without its own decimal mark."""
    if isinstance(column, NumberColumn):
        gone = np.isin(column.values, cells.marker_numbers(source.na))
        return replace(column, values=np.where(gone, np.nan, column.values)) if gone.any() else column
    column = replace(column, values=cells.mark_missing(column.values, source.na))
    if column.cells and source.decimal != data.decimal:
        return as_number_column(column, data.na, source.decimal) or column
    return column
