"""Read the files of a spec and make one table of them: stack, join, reshape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlm_steps.data.combine.join import Joining, join_table
from mlm_steps.data.combine.long_to_wide import long_to_wide
from mlm_steps.data.combine.sources import Source, read_source, sources_of
from mlm_steps.data.combine.stack import Unstackable, file_stem, stack_tables
from mlm_steps.data.combine.wide_to_long import wide_to_long
from mlm_steps.data.places import Places
from mlm_steps.data.raw import RawTable
from mlm_steps.errors import DataError, Fault
from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.spec import DataSpec, LoadedSpec

__all__ = ["Combined", "combine"]


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """One table that was made from the files of a spec.

    Attributes
    ----------
    table : RawTable
    steps : tuple of PreparationStep
        What was done, in order, the reading of the first file included.
    """

    table: RawTable
    steps: tuple[PreparationStep, ...]


def combine(loaded: LoadedSpec, places: Places) -> Combined:
    """Return the table on which columns get types.

    Raises
    ------
    DataError
        With all faults of the files, or else all faults of stacking and joining them.
    """
    data = loaded.spec.data
    stacked, joined = sources_of(data)
    tables = [read_source(source, loaded, places) for source in (*stacked, *joined)]
    faults = [table for table in tables if isinstance(table, Fault)]
    if faults:
        raise DataError(*faults)
    read = [table for table in tables if isinstance(table, RawTable)]
    rows = _stacked(stacked, read[: len(stacked)], data, places)
    files = list(zip(joined, read[len(stacked) :], strict=True))
    return _reshaped(_joined(rows, files, data, places), data, places)


def _stacked(
    sources: Sequence[Source], tables: Sequence[RawTable], data: DataSpec, places: Places
) -> Combined:
    """Return the rows of all stacked files; the table of the main file if there is only one."""
    first = _read_step(sources[0], tables[0])
    if not data.stack:
        return Combined(tables[0], (first,))
    files = [source.file for source in sources]
    try:
        table, steps = stack_tables(files, tables, _marks(sources, data, places), data)
    except Unstackable as found:
        at = ("source_as",) if found.index is None else (*sources[found.index].at, "file")
        raise DataError(Fault(places.data(*at), found.what, found.hint)) from None
    titled = (_with_titles(step, source) for step, source in zip(steps, sources[1:], strict=True))
    return Combined(table, (first, *titled))


def _read_step(source: Source, table: RawTable) -> PreparationStep:
    step = PreparationStep(
        kind="read", words=f"read {source.file}", rows_after=table.rows, columns_after=len(table.columns)
    )
    return _with_titles(step, source)


def _with_titles(step: PreparationStep, source: Source) -> PreparationStep:
    """Return a step that also counts the title rows of its file."""
    if not source.skip:
        return step
    words = f"title row{'s' * (source.skip > 1)} of {source.file} skipped"
    return step.with_values(counts={words: source.skip, **step.counts})


def _marks(sources: Sequence[Source], data: DataSpec, places: Places) -> list[str]:
    """Return the value of ``source_as`` for each file; two files may not have the same."""
    given = [None] * (len(sources) - len(data.stack)) + [file.as_ for file in data.stack]
    marks = [mark or file_stem(source.file) for mark, source in zip(given, sources, strict=True)]
    if data.source_as is not None:
        faults = [
            Fault(
                places.data(*sources[i].at),
                f"'{mark}' names two files in the column '{data.source_as}'",
                f"write {{file: {sources[i].file}, as: VALUE}}",
            )
            for i, mark in enumerate(marks)
            if mark in marks[:i]
        ]
        if faults:
            raise DataError(*faults)
    return marks


def _joined(
    combined: Combined, files: Sequence[tuple[Source, RawTable]], data: DataSpec, places: Places
) -> Combined:
    """Return the rows with the columns of all joined files."""
    table, steps = combined.table, list(combined.steps)
    rows_of = data.files[0] if len(data.stack) + bool(data.file) == 1 else "the stacked files"
    faults: list[Fault] = []
    lost: frozenset[str] = frozenset()
    for index, (spec, (source, right)) in enumerate(zip(data.join, files, strict=True)):
        found = join_table(table, right, Joining(spec, index, rows_of, data, places, lost))
        if isinstance(found, list):
            faults += found
            lost |= {column.name for column in right.columns}
        else:
            table, step = found
            steps.append(_with_titles(step, source))
    if faults:
        raise DataError(*faults)
    return Combined(table, tuple(steps))


def _reshaped(combined: Combined, data: DataSpec, places: Places) -> Combined:
    """Return the rows as the spec reshapes them."""
    if data.reshape is None:
        return combined
    if data.reshape.wide_to_long is not None:
        found = wide_to_long(combined.table, data.reshape.wide_to_long, data, places)
    else:
        assert data.reshape.long_to_wide is not None  # noqa: S101 - the spec has one of the two
        found = long_to_wide(combined.table, data.reshape.long_to_wide, data, places)
    if isinstance(found, list):
        raise DataError(*found)
    table, step = found
    return Combined(table, (*combined.steps, step))
