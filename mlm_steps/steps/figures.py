"""Draw the figures of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain

import pandas as pd

from mlm_steps.figures import FIGURES, FigureInput
from mlm_steps.records import FigureRecord, FiguresRecord, write_whole
from mlm_steps.records.csv_text import csv_text
from mlm_steps.steps.parts.at_record import analysis_frame
from mlm_steps.steps.parts.kept_figures import KeptFigures
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.session import Session

__all__ = ["figures"]

STEP = "figures"


def figures(session: Session) -> None:
    """Write the SVG and the CSV of the data of every figure that applies, and the record of all.

    One step draws all of them: drawing takes less time than the start of a step for each. A figure of which
    nothing differs that it reads is kept.
    """
    with session.recorded(STEP) as recorder:
        frame = pd.DataFrame() if session.spec.planned_alone else analysis_frame(session)
        kept = KeptFigures(session, recorder, FigureInput(collect(session), frame, session.formulas))
        records = []
        for name in session.plan.inputs.figures:
            record = kept.take(name, partial(_draw, session, name))
            if record is not None:
                recorder.add(session.layout.figure(name, "svg"), session.layout.figure(name, "csv"))
                records.append(record)
        recorder.write(FiguresRecord(figures=tuple(records)), session.layout.output(STEP))


def _draw(session: Session, name: str, given: FigureInput) -> FigureRecord | None:
    """Draw a figure and write its files; None if it does not apply."""
    drawn = FIGURES[name.partition("-")[0]](given)
    if drawn is None:
        return None
    write_whole(session.layout.figure(name, "svg"), drawn.svg)
    write_whole(session.layout.figure(name, "csv"), _csv(*drawn.data))
    return FigureRecord(name=name, title=drawn.title, reading=drawn.reading, alt=drawn.alt)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    return csv_text(chain([columns], rows)).encode()
