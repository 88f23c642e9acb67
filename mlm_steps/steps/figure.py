"""Draw one figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import pandas as pd

from mlm_steps.errors import Fault, UsageError
from mlm_steps.figures import FIGURES, FigureInput
from mlm_steps.records import FigureRecord, write_whole
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import analysis_frame
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.session import Session

__all__ = ["figure"]


def figure(session: Session, name: str) -> None:
    """Write a figure's SVG, the CSV of its data and its record; write an Absence if it does not apply."""
    kind, _, of = name.partition("-")
    if kind not in FIGURES:
        raise UsageError(Fault("--name", f"no figure '{name}'", f"one of {', '.join(FIGURES)}"))
    step = f"figure/{name}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        frame = pd.DataFrame() if session.spec.planned_alone else analysis_frame(session)
        given = FigureInput(collect(session), frame, session.formulas, of)
        drawn = FIGURES[kind](given)
        if drawn is None:
            reason = "the models have nothing for it to show"
            recorder.write(Absence(absent="not_applicable", step=step, reason=reason), path)
            return
        svg, table = session.layout.figure(name, "svg"), session.layout.figure(name, "csv")
        write_whole(svg, drawn.svg)
        write_whole(table, _csv(*drawn.data))
        recorder.add(svg, table)
        record = FigureRecord(name=name, title=drawn.title, reading=drawn.reading, alt=drawn.alt)
        recorder.write(record, path)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode()
