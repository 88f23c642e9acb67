"""Keep the parts of a record whose inputs are the same as when its step was made last.

The record of a step that serves a whole ladder has one part per model. After an edit of one rung, the parts
of the others would be computed again with the same result. The ledger therefore has a key for each part: a
hash of everything that the part was made from. A part is kept if its key is the same and if the file still
has the bytes that the ledger has recorded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Generic, TypeVar

from mlm_steps.records.base import Part
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.files import file_hash
from mlm_steps.steps.run.identity import made_from
from mlm_steps.steps.run.ledger import Recorder
from mlm_steps.steps.run.session import Session

__all__ = ["Parts"]

PartT = TypeVar("PartT", bound=Part)


class Parts(Generic[PartT]):
    """The parts of the record of a step, by the model that each is about.

    Parameters
    ----------
    session : Session
    recorder : Recorder
        It takes the keys of the parts.
    step : str
        A step that is made once per run.
    kind : type
        The class of a part. It has a field ``model``.
    """

    def __init__(self, session: Session, recorder: Recorder, step: str, kind: type[PartT]) -> None:
        self._session, self._recorder, self._step, self._kind = session, recorder, step, kind
        entry = session.plan.ledger.steps.get(step)
        # After --force no entry of the ledger has a key, and nothing is kept.
        self._keys = entry.parts if entry is not None and entry.key else {}
        self._fields: dict[str, object] | None = None
        self._formulas = session.formulas
        self._shared = [
            STEPS[step].depends_on(session.plan.inputs, ()),
            session.plan.ledger.recorded_hash("data", session.layout.analysis),  # the plan has compared it
            [column.model_dump(mode="json") for column in session.derived],
            repr(session.contrasts),
        ]

    def of_rung(self, model: str, make: Callable[[], PartT], *options: object) -> PartT:
        """Return the part of a fitted rung, kept or made.

        ``options`` are plain values on which ``make`` depends besides the record of the rung, the sample and
        the settings of the step.
        """
        return self._part(model, file_hash(self._session.layout.output(f"fit/{model}")), make, options)

    def of_prelude(self, model: str, make: Callable[[], PartT], *options: object) -> PartT:
        """Return the part of a single-level model, kept or made."""
        # Its own step may not have made its record yet.
        return self._part(model, self._session.plan.inputs.prelude_key(model), make, options)

    def _part(
        self, model: str, content: str | None, make: Callable[[], PartT], options: tuple[object, ...]
    ) -> PartT:
        formulas = repr([self._session.plan.formulas[model], self._formulas[model]])  # declared and fitted
        key = made_from(self._step, model, content, formulas, self._shared, options)
        self._recorder.parts[model] = key
        former = self._former.get(model) if self._keys.get(model) == key else None
        return make() if former is None else self._kind.model_validate(former)

    @property
    def _former(self) -> dict[str, object]:
        """The fields of the parts of the record that the ledger describes, by model."""
        if self._fields is None:
            path = self._session.layout.output(self._step)
            content = self._session.plan.ledger.content(self._step, path)
            record = {} if content is None else json.loads(content)
            listed = (part for value in record.values() if isinstance(value, list) for part in value)
            self._fields = {part["model"]: part for part in listed}
        return self._fields
