"""Write the tables as CSV."""

from __future__ import annotations

from mlm_steps.records import write_whole
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.session import Session
from mlm_steps.tables import ON_REQUEST, PLANNED, TABLES

__all__ = ["tables"]


def tables(session: Session) -> None:
    """Write every table of a run."""
    with session.recorded("tables") as recorder:
        run = collect(session)
        for name, build in TABLES.items():
            if run.alone and name not in PLANNED:
                continue
            if name in ON_REQUEST and ON_REQUEST[name] not in run.results:
                continue
            path = session.layout.tables / f"{name}.csv"
            write_whole(path, build(run).to_csv().encode())
            recorder.add(path)
