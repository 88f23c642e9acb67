"""The verdict on each rung of a spec whose run has ended, for the summary page."""

from __future__ import annotations

import os
from pathlib import Path

from mlm_steps.errors import printable
from mlm_steps.records import FitRecord
from mlm_steps.records.checks import ChecksRecord
from mlm_steps.records.failure import is_failure
from mlm_steps.report.summary import Expectations, RungVerdict, RungWord, SpecVerdict
from mlm_steps.runner.request import RunRequest
from mlm_steps.steps.run.session import Session

__all__ = ["unread", "verdict_of"]


def unread(request: RunRequest, said: str) -> SpecVerdict:
    """Return the verdict on a spec that could not be read."""
    return SpecVerdict(
        spec=str(request.spec),
        name=request.spec.stem,
        title=str(request.spec),
        out=None,
        code=2,
        reports={},
        rungs=(),
        expectations=None,
        remarks=_lines(said),
    )


def verdict_of(request: RunRequest, code: int, said: str, root: Path) -> SpecVerdict:
    """Return the verdict on a spec whose run has ended.

    Parameters
    ----------
    request : RunRequest
    code : int
        The exit code of its run.
    said : str
        What the run printed as warnings or faults.
    root : Path
        The folder of the summary page, to which its links are relative.
    """
    session = Session(request.spec, request.out, allow_outside=request.allow_outside)
    spec, layout = session.spec, session.layout
    current = session.plan.step("report").current
    forms = [form for form in spec.report.formats if current and layout.report(form).exists()]
    return SpecVerdict(
        spec=str(request.spec),
        name=spec.name,
        title=spec.title_or_name,
        out=os.path.relpath(layout.out, root),
        code=code,
        reports={form: os.path.relpath(layout.report(form), root) for form in forms},
        rungs=tuple(_rung(session, rung.name, rung.label or rung.name) for rung in spec.rungs),
        expectations=_expectations(session),
        remarks=_lines(said),
    )


def _expectations(session: Session) -> Expectations | None:
    """Return how many expectations of a spec are met; None if it has none or they were not checked."""
    if not session.spec.expect or not session.plan.step("checks").current:
        return None
    record = session.outcome(ChecksRecord, "checks")
    if not isinstance(record, ChecksRecord):
        return None
    severe = sum(each.severity == "error" for each in record.failed)
    return Expectations(
        met=len(record.expectations) - len(record.failed), failed=severe, warned=len(record.failed) - severe
    )


def _rung(session: Session, name: str, label: str) -> RungVerdict:
    step = session.plan.step(f"fit/{name}")
    if not step.current and not is_failure(step.head):
        return RungVerdict(name, label, "not_run")
    fit = session.fit_record(name)
    if not isinstance(fit, FitRecord):
        return RungVerdict(name, label, "failed", fit.reason)
    verdict, reason = _of_fit(fit)
    return RungVerdict(name, label, verdict, reason)


def _of_fit(fit: FitRecord) -> tuple[RungWord, str | None]:
    if fit.unreliable is not None:
        return "not_converged", fit.unreliable
    if fit.deviation is not None:
        return "replaced", f"fitted as {fit.formula}"
    return ("singular", None) if fit.reported.singular else ("converged", None)


def _lines(said: str) -> tuple[str, ...]:
    return tuple(printable(line) for line in said.splitlines() if line.strip())
