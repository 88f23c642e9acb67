"""Compare the run with an earlier one, for the report."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.errors import UsageError
from mlm_steps.expectations.differences import differences
from mlm_steps.records.changes import ChangesRecord
from mlm_steps.spec.expect import DEFAULT_RTOL
from mlm_steps.steps.report import facts
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.finished import finished_of, read_finished
from mlm_steps.steps.run.session import Session

__all__ = ["changes"]


def changes(session: Session) -> None:
    """Write what differs between the run that the spec names and this run."""
    with session.recorded("changes") as recorder:
        record = _compared(session, session.spec.report.compare_with or "")
        recorder.write(record, session.layout.output("changes"))
        session.say(*([record.missing] if record.missing else []))


def _compared(session: Session, other: str) -> ChangesRecord:
    folder = session.loaded.run_beside
    if folder is None or _same(folder, session.layout.out):
        return ChangesRecord(other=other, missing=f"{other} is the folder of this run itself")
    try:
        before = read_finished(folder)
    except UsageError as error:
        return ChangesRecord(other=other, missing=f"{other}: {error.faults[0].what}")
    told = facts(session) | {"spec_text": session.loaded.source.text}
    rungs = tuple(rung.name for rung in session.spec.rungs)
    after = finished_of(collect(session), rungs, told)
    return differences(before, after, other, rtol=DEFAULT_RTOL)


def _same(first: Path, second: Path) -> bool:
    return first.resolve() == second.resolve()
