"""Stack tables: the rows of one below those of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from mlm_steps.data.combine.rows import Union, unite
from mlm_steps.data.raw import RawColumn, RawTable, text_column
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.spec import DataSpec

__all__ = ["Unstackable", "file_stem", "stack_tables"]


class Unstackable(Exception):  # noqa: N818 - the caller turns it into a fault with its place
    """Files cannot be stacked; ``index`` is the position of the file at fault, None for ``source_as``."""

    def __init__(self, what: str, hint: str | None, index: int | None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.index = index


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    file: str
    table: RawTable
    names: dict[str, RawColumn]


def file_stem(file: str) -> str:
    """Return the name of a file without folder and endings.

    >>> file_stem("raw/wave1.csv"), file_stem("wave.2.csv.gz")
    ('wave1', 'wave.2')
    """
    path = PurePath(file)
    if path.suffix.lower() in (".gz", ".zst"):
        path = path.with_suffix("")
    return path.stem


def stack_tables(
    files: Sequence[str], tables: Sequence[RawTable], marks: Sequence[str], data: DataSpec
) -> tuple[RawTable, tuple[PreparationStep, ...]]:
    """Return the rows of several tables as one table, and a step for each table after the first.

    Parameters
    ----------
    files : sequence of str
        Names of the files as the spec writes them.
    tables : sequence of RawTable
    marks : sequence of str
        Value of the column ``source_as`` in the rows of each file; not used without such a column.
    data : DataSpec

    Raises
    ------
    Unstackable
        A file has no column in common with the files above it, or the column ``source_as`` exists already.
    """
    parts = [
        _Part(file, table, {column.name: column for column in table.columns})
        for file, table in zip(files, tables, strict=True)
    ]
    names = _names(parts, data.source_as)
    lengths = [table.rows for table in tables]
    found = {
        name: unite(name, [part.names.get(name) for part in parts], lengths, data.na, data.decimal)
        for name in names
    }
    columns = [union.column for union in found.values()]
    if data.source_as is not None:
        source = [mark for mark, rows in zip(marks, lengths, strict=True) for _ in range(rows)]
        columns.append(text_column(data.source_as, source, cells=True))
    notices = (*(n for t in tables for n in t.notices), *_absences(parts, names), *_contradictions(found))
    return RawTable(tuple(columns), sum(lengths), notices), _steps(parts, data.source_as)


def _names(parts: Sequence[_Part], source_as: str | None) -> list[str]:
    """Return the names of all columns in order of appearance."""
    names = dict.fromkeys(parts[0].names)
    for index, part in enumerate(parts[1:], start=1):
        if not names.keys() & part.names.keys():
            what = f"{part.file} has no column in common with {parts[0].file}"
            raise Unstackable(what, f"its columns are {listing(part.names)}", index)
        names |= dict.fromkeys(part.names)
    if source_as in names:
        raise Unstackable(f"the files have a column '{source_as}' already", "give it another name", None)
    return list(names)


def _absences(parts: Sequence[_Part], names: Sequence[str]) -> Iterator[Notice]:
    """Yield a notice for each column that some file does not have."""
    for name in names:
        without = [part for part in parts if name not in part.names]
        if without:
            text = f"{name} is missing in all rows of {listing(p.file for p in without)}: no such column."
            near = did_you_mean(name, [n for n in without[0].names if n not in parts[0].names], cutoff=0.8)
            text += f" Its column {near.split(chr(39))[1]} has a similar name." if near else ""
            yield Notice(code="stack_column_absent", severity="warning", text=text, subject=name)


def _contradictions(found: dict[str, Union]) -> Iterator[Notice]:
    for name, union in found.items():
        if union.objection:
            text = f"In the stacked files, {name} {union.objection}."
            yield Notice(code="stack_contradiction", severity="warning", text=text, subject=name)


def _steps(parts: Sequence[_Part], source_as: str | None) -> tuple[PreparationStep, ...]:
    steps: list[PreparationStep] = []
    known, rows = set(parts[0].names), parts[0].table.rows
    for part in parts[1:]:
        wider = known | set(part.names)
        absent = [name for name in known if name not in part.names]
        added = len(wider) - len(known)
        steps.append(
            PreparationStep(
                kind="stack",
                words=f"stack {part.file}" + (f", {source_as} says the file" if source_as else ""),
                rows_before=rows,
                rows_after=rows + part.table.rows,
                columns_before=len(known),
                columns_after=len(wider),
                counts=_counted({"new": added, "absent": len(absent)}),
            )
        )
        known, rows = wider, rows + part.table.rows
    return tuple(steps)


def _counted(counts: dict[str, int]) -> dict[str, int]:
    words = {"new": "new column", "absent": "column absent"}
    return {
        words[key].replace("column", "column" if n == 1 else "columns"): n for key, n in counts.items() if n
    }
