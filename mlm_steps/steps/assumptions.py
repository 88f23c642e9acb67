"""Check the assumptions of all models of a run, each at the parameters of its record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pandas as pd

from mlm_steps.diagnose.assumptions import check_assumptions
from mlm_steps.diagnose.parts.subject import Model, any_fit
from mlm_steps.diagnose.parts.variables import variables_of
from mlm_steps.engine import MixedFit
from mlm_steps.engine.fit.ols import OlsFit
from mlm_steps.errors import MlmError
from mlm_steps.records import FitRecord
from mlm_steps.records.diagnostics import AssumptionsRecord, DiagnosticsRecord
from mlm_steps.remedies.columns import with_columns
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.steps.parts.at_record import analysis_frame, estimates_at_record
from mlm_steps.steps.parts.single_level import single_level_fit
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session

__all__ = ["assumptions"]

STEP = "assumptions"


def assumptions(session: Session) -> None:
    """Write the record of all models that were fitted.

    One step serves all of them, since the checks take little time compared with starting a process. The
    points of figures and the predictive checks are those of the headline rung, or with ``diagnostics: all``
    of all models.
    """
    with session.recorded(STEP) as recorder:
        parts = Parts(session, recorder, STEP, DiagnosticsRecord)
        models = tuple(_checked(session, parts))
        for each in models:
            session.say(*_lines(each))
        recorder.write(AssumptionsRecord(models=models), session.layout.output(STEP))


def _checked(session: Session, parts: Parts[DiagnosticsRecord]) -> Iterator[DiagnosticsRecord]:
    frame, everything = analysis_frame(session), session.spec.diagnostics == "all"
    for entry in session.spec.prelude:
        make = partial(_of_prelude, session, entry.name, frame, drawn=everything)
        with suppress(MlmError):  # the prelude's own step reports why it has no fit
            yield parts.of_prelude(entry.name, make, everything)
    fits = [session.usable(rung.name) for rung in session.spec.rungs]
    found = [record for record in fits if isinstance(record, FitRecord)]
    headline = session.headline(found)
    for record in found:
        drawn = everything or record is headline
        yield parts.of_rung(record.model, partial(_of_rung, session, record, frame, drawn=drawn), drawn)


def _of_prelude(session: Session, name: str, frame: pd.DataFrame, *, drawn: bool) -> DiagnosticsRecord:
    single = single_level_fit(session, name, frame, {})
    return check_assumptions(_model(session, name, single, frame, drawn=drawn))


def _of_rung(session: Session, record: FitRecord, frame: pd.DataFrame, *, drawn: bool) -> DiagnosticsRecord:
    fit = estimates_at_record(session, record, methods=(record.method,)).under(record.method)
    data = with_columns(frame, record.derived)
    return check_assumptions(_model(session, record.model, fit, data, drawn=drawn))


def _model(session: Session, name: str, fit: OlsFit | MixedFit, frame: pd.DataFrame, *, drawn: bool) -> Model:
    formula = session.formulas[name]
    used = [column for column in formula.variables if column not in formula.outcomes]
    groups = {column for columns in formula.groups for column in columns}
    own = {*formula.variables, *formula.outcomes, *groups, *({session.model(name).weights} - {None})}
    rows = fit.design.rows
    return Model(
        name,
        any_fit(fit),
        variables_of(frame, rows, [column for column in used if column not in groups]),
        variables_of(frame, rows, [str(column) for column in frame.columns if str(column) not in own]),
        seed=session.spec.seed,
        drawn=drawn,
        time=_time(session),
    )


def _time(session: Session) -> str | None:
    ladder = session.spec.ladder
    return getattr(ladder, "time", None) if isinstance(ladder, PresetLadder) else None


def _lines(record: DiagnosticsRecord) -> list[str]:
    found = [check for check in record.checks if check.flagged]
    head = f"{record.model}: {len(record.checks)} results, {len(found)} to look at"
    return [head, *(f"  {check.flag}: {check.text}" for check in found)]
