"""Keep the parts of a record whose inputs are the same as when its step was made last.

The record of a step that serves a whole ladder has one part per model. After an edit of one rung, the parts
of the others would be computed again with the same result. The ledger therefore has a key for each part: a
hash of everything that the part was made from. A part is kept if its key is the same and if the file still
has the bytes that the ledger has recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from mlm_steps.records.base import Part, as_fields
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.identity import made_from
from mlm_steps.steps.run.ledger import Recorder
from mlm_steps.steps.run.plan import Plan, Step
from mlm_steps.steps.run.session import Session

__all__ = ["Parts", "kept_at_most"]

PartT = TypeVar("PartT", bound=Part)


class Parts(Generic[PartT]):
    """The parts of the record of a step, by the model that each is about.

    Parameters
    ----------
    session : Session
    recorder : Recorder
        It takes the keys of the parts.
    step : str
        A step that reads all rungs.
    kind : type
        The class of a part, which has a field ``model``, or of the whole record.
    """

    def __init__(self, session: Session, recorder: Recorder, step: str, kind: type[PartT]) -> None:
        self._session, self._recorder, self._step, self._kind = session, recorder, step, kind
        entry = session.plan.ledger.steps.get(step)
        # After --force no entry of the ledger has a key, and nothing is kept.
        self._keys = entry.parts if entry is not None and entry.key else {}
        self._fields: dict[str, object] | None = None
        self._formulas = session.formulas
        recorder.settings = _settings(session.plan, step)
        self._shared = [recorder.settings, [column.model_dump(mode="json") for column in session.derived]]

    def of_rung(self, model: str, make: Callable[[], PartT], *options: object) -> PartT:
        """Return the part of a fitted rung, kept or made.

        ``options`` are plain values on which ``make`` depends besides the estimates of the rung, the columns
        that remedies have derived, and the settings of the step.
        """
        return self._part(model, [self._rung(model)], make, options)

    def of_prelude(self, model: str, make: Callable[[], PartT], *options: object) -> PartT:
        """Return the part of a single-level model, kept or made."""
        return self._part(model, [self._prelude(model)], make, options)

    def whole(self, rung: str, prelude: Sequence[str], make: Callable[[], PartT], *options: object) -> PartT:
        """Return a record about one fitted rung and some single-level models as a whole, kept or made.

        It is a part with the name of the rung.
        """
        content = [self._rung(rung), *map(self._prelude, prelude)]
        return self._part(rung, content, make, options, whole=True)

    def _rung(self, model: str) -> list[str | None]:
        return [model, self._session.plan.estimates_key(model), self._formula(model)]

    def _prelude(self, model: str) -> list[str | None]:
        return [model, self._session.plan.inputs.prelude_key(model), self._formula(model)]

    def _formula(self, model: str) -> str:
        return repr([self._session.plan.formulas[model], self._formulas[model]])  # declared and fitted

    def _part(
        self,
        name: str,
        content: Sequence[object],
        make: Callable[[], PartT],
        options: tuple[object, ...],
        *,
        whole: bool = False,
    ) -> PartT:
        key = made_from(self._step, name, content, self._shared, options)
        self._recorder.parts[name] = key
        if self._keys.get(name) != key:
            return make()
        former = self._former if whole else _by_model(self._former).get(name)
        return self._kind.model_validate(former) if former else make()

    @property
    def _former(self) -> dict[str, object]:
        """The fields of the former record; none if it is missing or not as the step wrote it."""
        if self._fields is None:
            path = self._session.layout.output(self._step)
            content = self._session.plan.ledger.content(self._step, path)
            self._fields = {} if content is None else as_fields(content)
        return self._fields


def _by_model(record: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of the parts of a record, by model."""
    listed = (part for value in record.values() if isinstance(value, list) for part in value)
    return {part["model"]: part for part in listed if isinstance(part, dict) and "model" in part}


def kept_at_most(plan: Plan, step: Step) -> int:
    """Return how many parts of a step that has to be made can be kept: those with the same estimates.

    Fewer are kept if an edit changes their options, for example if another rung becomes the headline, or a
    column of the data that no rung uses.
    """
    entry = plan.ledger.steps.get(step.name)
    if entry is None or not entry.key or plan.profile is None:
        return 0
    if not entry.parts or entry.settings != _settings(plan, step.name):
        return 0
    return sum(_has_same_estimates(plan, model) for model in entry.parts)


def _has_same_estimates(plan: Plan, model: str) -> bool:
    """Return whether a model of a former run has the estimates that it has now; its tests may differ."""
    keys, steps = plan.inputs.estimates_keys, plan.ledger.steps
    if f"fit/{model}" in steps:
        return model in keys and steps[f"fit/{model}"].estimates == keys[model]
    single = steps.get(f"prelude/{model}")
    return single is not None and model in keys and single.key == plan.inputs.prelude_key(model)


def _settings(plan: Plan, step: str) -> str:
    """Return a hash of the settings on which all parts of a step depend."""
    kind, *of = step.split("/")
    return made_from(step, STEPS[kind].depends_on(plan.inputs, tuple(of)))
