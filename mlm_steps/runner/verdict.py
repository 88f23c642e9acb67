"""Say the outcome of a run: the ladder, the report, and why steps have no result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from shutil import disk_usage

from mlm_steps.errors import Fault
from mlm_steps.records import ComparisonRecord, FitRecord
from mlm_steps.records.checks import ChecksRecord
from mlm_steps.records.failure import Absence, is_failure, read_absence
from mlm_steps.records.power import PowerRecord
from mlm_steps.records.whole import NO_ROOM
from mlm_steps.runner.cluster.failure import JobFailure
from mlm_steps.runner.progress import SHOWN, Progress
from mlm_steps.runner.unchanged import Verdict
from mlm_steps.steps.failed import exception_in, reason_in
from mlm_steps.steps.run.checked_lines import count_line, failure_lines
from mlm_steps.steps.run.plan import Step
from mlm_steps.steps.run.planned_lines import MOST_FAILED, describe_power
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.run.summaries import (
    as_expected,
    describe_blends,
    describe_ladder,
    describe_left_out,
    describe_singular,
)

__all__ = ["conclude"]

DONE, NOT_AS_EXPECTED, STEP_FAILED = 0, 1, 3
"""Exit codes of a run: all steps succeeded, the results are not as the spec expects, a step failed."""
SMALLEST_ROOM = 2**16
"""Free bytes of a disk below which logs of steps may be incomplete, since a log has a few kilobytes."""
NOT_RUN = "not run"
FOLLOWS = re.compile("CalledProcessError|Error in group|a job execution failed|job did not complete")
"""Messages of Snakemake that follow from a failed step; the reason of the failure is printed instead."""


def conclude(session: Session, progress: Progress | None = None, *, done: bool = True) -> Verdict:
    """Return the ladder, the path of the report and the exit code.

    The code is 3 if a step failed, and 1 if a fit is not allowed or an expectation fails. ``progress`` is
    that of the run that has just ended, or None if no step had to be made.
    """
    made = set(progress.finished) if progress else set()
    missing = [step for step in session.plan.steps if not step.current]
    failed = bool(missing) or not done
    fits, work = _fits(session, made), session.plan.work
    ladder = "" if session.spec.planned_alone else describe_ladder(fits, _comparisons(session, made))
    power = _power(session, made)
    ladder += "" if power is None else describe_power(power)
    checked = _checked(session, made)
    ladder += "" if checked is None else f"{count_line(checked)}\n"
    reports = _reports(session, announced=not failed or "report" in made)
    remarks = [
        *describe_singular(session.spec, fits, work),
        *describe_blends(session.plan),
        *describe_left_out(work),
        *([] if checked is None else failure_lines(checked, session.loaded.path)),
    ]
    remarks += _reasons(session, missing, progress) if failed else []
    expected = as_expected(session.spec, fits) and (power is None or power.failed_share <= MOST_FAILED)
    expected = expected and (checked is None or checked.acceptable)
    allowed = DONE if expected else NOT_AS_EXPECTED
    return Verdict(
        code=STEP_FAILED if failed else allowed,
        out=ladder + _lines(reports),
        err=_lines(remarks),
        steps=len(session.plan.steps),
        checks="" if checked is None else str(session.layout.output("checks")),
    )


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _fits(session: Session, made: set[str]) -> list[FitRecord | Absence]:
    """Return the records of the rungs; an Absence replaces a record that is out of date."""
    steps = [session.plan.step(f"fit/{rung.name}") for rung in session.spec.rungs]
    return [
        session.fit_record(step.name.partition("/")[2])
        if step.current or step.name in made
        else Absence(absent="failed", step=step.name, reason=NOT_RUN)
        for step in steps
    ]


def _power(session: Session, made: set[str]) -> PowerRecord | None:
    """Return the record of planned studies, if it is current."""
    if session.spec.power is None:
        return None
    step = session.plan.step("power_result")
    if not step.current and step.name not in made:
        return None
    found = session.outcome(PowerRecord, step.name)
    return found if isinstance(found, PowerRecord) else None


def _checked(session: Session, made: set[str]) -> ChecksRecord | None:
    """Return the record of the expectations, if it is current."""
    if not session.spec.expect:
        return None
    step = session.plan.step("checks")
    if not step.current and step.name not in made:
        return None
    found = session.outcome(ChecksRecord, step.name)
    return found if isinstance(found, ChecksRecord) else None


def _comparisons(session: Session, made: set[str]) -> list[ComparisonRecord | Absence]:
    names = [(pair.smaller, pair.larger) for pair in session.spec.pairs]
    steps = [session.plan.step(f"compare/{smaller}--{larger}") for smaller, larger in names]
    return [
        session.comparison(*pair)
        for pair, step in zip(names, steps, strict=True)
        if step.current or step.name in made
    ]


def _reports(session: Session, *, announced: bool) -> list[str]:
    """Return lines with the path of the report; a report of an earlier run is not announced."""
    found = [path for path in map(session.layout.report, session.spec.report.formats) if path.exists()]
    if announced:
        return [f"report: {path}" for path in found]
    left = f"; the report of an earlier run is kept: {', '.join(map(str, found))}" if found else ""
    return [f"no report was written{left}"]


def _reasons(session: Session, missing: Sequence[Step], progress: Progress | None) -> list[str]:
    """Return one line per step that has no result; if the disk is full, return one line for all."""
    stopped = progress.stopped if progress else {}
    found = [
        line for step in missing if step.name not in stopped for line in _reason(session, step, progress)
    ]
    found += _stopped(stopped)
    out = session.layout.out
    if any(NO_ROOM in line for line in found) or disk_usage(out).free < SMALLEST_ROOM:
        return [str(Fault(str(out), NO_ROOM, "free some space and run again; finished steps are kept"))]
    not_run = [step.name for step in missing if not _tried(step, progress)]
    if not_run:
        found.append(f"{NOT_RUN}: {', '.join(not_run)}{_blocked(progress)}")
    errors = progress.errors if progress else []
    told = bool(progress and progress.failed)
    found += [_line(error) for error in dict.fromkeys(errors) if not (told and FOLLOWS.search(error))]
    return found or ["Snakemake stopped and gave no reason"]


def _stopped(stopped: Mapping[str, JobFailure]) -> list[str]:
    """Return one line per reason for which a cluster has not done jobs."""
    steps: dict[str, list[str]] = {}
    for step, failure in stopped.items():
        steps.setdefault(failure.reason, []).append(step)
    return [f"{_some(names)}: {reason}" for reason, names in steps.items()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def _blocked(progress: Progress | None) -> str:
    return f" (because of {', '.join(progress.failed)})" if progress and progress.failed else ""


def _line(error: str) -> str:
    """Return a message of Snakemake as one line; for a traceback, return the line of the exception."""
    return f"Snakemake: {exception_in(error.splitlines()) or ' '.join(error.split())}"


def _tried(step: Step, progress: Progress | None) -> bool:
    return progress is not None and step.name in {*progress.finished, *progress.failed}


def _follows(session: Session, step: Step) -> bool:
    """Return whether a step has come to its end and only tells that a step before it has no result."""
    entry = session.plan.ledger.steps.get(step.name)
    missing = (name for name in entry.without if not session.plan.step(name).current) if entry else ()
    return entry is not None and entry.key == step.key and any(missing)


def _reason(session: Session, step: Step, progress: Progress | None) -> Iterator[str]:
    """Yield why a step has failed in this run; yield nothing if it was not run or has succeeded."""
    if not _tried(step, progress):
        return
    log = session.layout.log(step.name)
    if progress and step.name in progress.failed:
        yield f"{step.name}: failed: {reason_in(log)} (see {log})"
    elif is_failure(step.head):
        absence = read_absence(step.head)
        if absence.step == step.name and not _follows(session, step):
            yield f"{step.name}: failed: {absence.reason} (see {log})"
