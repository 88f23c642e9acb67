"""Keep the figures of which nothing differs that they have read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from mlm_steps.figures import FigureInput
from mlm_steps.records import FigureRecord
from mlm_steps.records.base import as_fields
from mlm_steps.steps.parts.watched import Reading, Watch
from mlm_steps.steps.run.identity import made_from
from mlm_steps.steps.run.ledger import Recorder
from mlm_steps.steps.run.session import Session

__all__ = ["KeptFigures"]

STEP = "figures"


class KeptFigures:
    """The figures of a run, as they were drawn before.

    Parameters
    ----------
    session : Session
    recorder : Recorder
        It takes the key of each figure and the names of what it has read.
    given : FigureInput
        The input of every figure, without the name of a model.
    """

    def __init__(self, session: Session, recorder: Recorder, given: FigureInput) -> None:
        self._session, self._recorder, self._watch = session, recorder, Watch(session, given)
        ledger = session.plan.ledger
        entry = ledger.steps.get(STEP)
        content = ledger.content(STEP, session.layout.output(STEP))
        # After --force no entry of the ledger has a key, and nothing is kept.
        usable = entry is not None and entry.key != "" and content is not None
        self._keys = entry.parts if entry is not None and usable else {}
        self._read = entry.read if entry is not None and usable else {}
        self._records = _by_name(content) if usable and content is not None else {}
        derived = [column.model_dump(mode="json") for column in session.derived]
        self._shared = [ledger.recorded_hash("data", session.layout.analysis), derived]

    def take(self, name: str, draw: Callable[[FigureInput], FigureRecord | None]) -> FigureRecord | None:
        """Return the record of a figure, kept or drawn; None if the figure does not apply."""
        former = self._read.get(name)
        readings = [] if former is None else [tuple(reading) for reading in json.loads(former)]
        if former is None or self._key(name, readings) != self._keys[name] or not self._is_there(name):
            given, seen = self._watch.input(name.partition("-")[2])
            record = draw(given)
            readings = sorted(seen, key=str)
        else:
            found = self._records.get(name)
            record = None if found is None else FigureRecord.model_validate(found)
        self._recorder.parts[name] = self._key(name, readings)
        self._recorder.read[name] = json.dumps(readings, separators=(",", ":"), ensure_ascii=False)
        return record

    def _key(self, name: str, readings: Sequence[Reading]) -> str:
        return made_from(STEP, name, self._shared, readings, self._watch.hashes(readings))

    def _is_there(self, name: str) -> bool:
        """Return whether the files of a figure, if it has any, are as they were written."""
        files = [self._session.layout.figure(name, suffix) for suffix in ("svg", "csv")]
        return name not in self._records or all(self._session.plan.ledger.holds(STEP, file) for file in files)


def _by_name(content: bytes) -> dict[str, object]:
    listed = as_fields(content).get("figures")
    return {each["name"]: each for each in listed} if isinstance(listed, list) else {}
