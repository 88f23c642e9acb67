"""Make the analysis sample again from the data files, and compare it with that of the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from mlm_steps.errors import MlmError, printable
from mlm_steps.records import DataProfile, read_record
from mlm_steps.steps.run.parquet import read_parquet
from mlm_steps.steps.validate import check
from mlm_steps.verify.findings import Finding
from mlm_steps.verify.recorded import RecordedRun

__all__ = ["Sample", "sample_of"]

NAMED = 5
"""Largest number of columns that a message names; of more, the rest is counted."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows to compute with.

    Attributes
    ----------
    frame : DataFrame or None
        None if neither the data nor the sample in the folder can be read.
    source : str
        Where it comes from, in words.
    findings : tuple of Finding
    """

    frame: pd.DataFrame | None
    source: str
    findings: tuple[Finding, ...]


def sample_of(run: RecordedRun, *, with_inputs: bool, allow_outside: bool) -> Sample:
    """Return the sample made from the data files if they are there, else the sample in the output folder."""
    if with_inputs and run.has_data:
        return _made_again(run, allow_outside=allow_outside)
    kept = run.layout.analysis
    try:
        return Sample(read_parquet(kept), "the analysis sample in the folder", ())
    except (MlmError, OSError):
        what = "the analysis sample cannot be read, so that no fit can be computed again"
        return Sample(None, "", (Finding("sample_unreadable", "data/analysis.parquet", "differs", what),))


def _made_again(run: RecordedRun, *, allow_outside: bool) -> Sample:
    """Return the sample that the spec makes of the data files as they are now."""
    path = run.spec_path
    assert path is not None  # noqa: S101 - the caller has looked
    try:
        _, analysis = check(path, allow_outside=allow_outside)
    except MlmError as error:
        what = f"spec and data make no sample now: {printable(str(error.faults[0]))}"
        return Sample(None, "", (Finding("sample_differs", "analysis sample", "differs", what),))
    if analysis is None:
        return Sample(None, "", ())
    files = [printable(each.file) for each in run.inputs if each.role == "data"]
    made = f"the sample that {path.name} makes of {', '.join(files)}"
    return Sample(analysis.frame, made, tuple(_differences(run, analysis.profile)))


def _differences(run: RecordedRun, made: DataProfile) -> Iterator[Finding]:
    """Yield how the sample differs from that of the run."""
    try:
        found = read_record(DataProfile, run.layout.output("data"))
    except (MlmError, OSError):
        what = "the profile of the data cannot be read"
        yield Finding("sample_unreadable", "data/profile.json", "differs", what)
        return
    name = "analysis sample"
    if made.rows != found.rows:
        what = f"spec and data give {made.rows} rows now, the run had {found.rows}"
        yield Finding("sample_differs", name, "differs", what)
    elif made.sample_hash != found.sample_hash:
        what = f"it holds {made.rows} rows as before, but not the same ones"
        yield Finding("sample_differs", name, "differs", what)
    now = {column.name: column.content_hash for column in made.columns if column.used}
    then = {column.name: column.content_hash for column in found.columns if column.used}
    changed = [printable(column) for column in then if now.get(column) != then[column]]
    if changed:
        more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
        what = f"its columns differ from those of the run: {', '.join(changed[:NAMED])}{more}"
        yield Finding("sample_differs", name, "differs", what)
    if not changed and made.sample_hash == found.sample_hash:
        yield Finding("sample", name, "agrees", details={"rows": made.rows})
