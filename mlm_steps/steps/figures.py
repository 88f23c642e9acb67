"""Draw the figures of a run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

import pandas as pd

from mlm_steps.figures import FIGURES, FigureInput
from mlm_steps.records import FigureRecord, FiguresRecord, write_whole
from mlm_steps.records.csv_text import WRITTEN_END, CsvText
from mlm_steps.steps.parts.at_record import analysis_frame
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.session import Session

__all__ = ["figures"]


def figures(session: Session) -> None:
    """Write the SVG and the CSV of the data of every figure that applies, and the record of all.

    One step draws all of them: drawing takes less time than the start of a step for each.
    """
    with session.recorded("figures") as recorder:
        run = collect(session)
        frame = pd.DataFrame() if session.spec.planned_alone else analysis_frame(session)
        records = []
        for name in session.plan.inputs.figures:
            kind, _, of = name.partition("-")
            drawn = FIGURES[kind](FigureInput(run, frame, session.formulas, of))
            if drawn is None:
                continue
            svg, table = session.layout.figure(name, "svg"), session.layout.figure(name, "csv")
            write_whole(svg, drawn.svg)
            write_whole(table, _csv(*drawn.data))
            recorder.add(svg, table)
            records.append(FigureRecord(name=name, title=drawn.title, reading=drawn.reading, alt=drawn.alt))
        recorder.write(FiguresRecord(figures=tuple(records)), session.layout.output("figures"))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    stream = CsvText()
    writer = csv.writer(stream, lineterminator=WRITTEN_END)
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode()
