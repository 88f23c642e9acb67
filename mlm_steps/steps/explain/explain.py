"""Say in words why each step of a plan has to be made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mlm_steps.errors import printable
from mlm_steps.records.failure import is_failure
from mlm_steps.steps import STEPS
from mlm_steps.steps.explain.changes import Change
from mlm_steps.steps.explain.variants import Cause, data_causes, spec_causes
from mlm_steps.steps.run.basis import input_facts
from mlm_steps.steps.run.dates import report_date
from mlm_steps.steps.run.identity import code_identity
from mlm_steps.steps.run.plan import Plan, Step
from mlm_steps.steps.run.reasons import ANOTHER_KEY, CODE_CHANGED

__all__ = ["explained", "explained_since"]

MOST_NAMED = 4
"""Largest number of steps that are named as the source of a change; the others are counted."""


def explained(plan: Plan) -> tuple[Step, ...]:
    """Return the steps of a plan; those to be made have the reason in detail.

    The details come from the facts that the ledger keeps. A step whose entry has none, for example one made
    by an earlier version, keeps its short reason.
    """
    found = _Causes(plan)
    return tuple(step if step.current else replace(step, why=found.words(step)) for step in plan.steps)


def explained_since(opening: Plan, plan: Plan, waiting: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps with their reasons in detail, where the check of a run has made some since the opening.

    The files of these steps are no longer those of the former ledger, so only their keys are compared. If no
    entry of the former ledger counted, that is the reason of every step.
    """
    if opening.ledger.fault:
        return tuple(replace(step, why=opening.ledger.fault) for step in waiting)
    details = {step.name: step for step in explained(plan)}
    former = _Causes(Plan(plan.loaded, plan.layout.out, profile=plan.profile, ledger=opening.ledger))
    for step in waiting:
        why = opening.step(step.name).why or ""
        if details[step.name].current:
            details[step.name] = replace(
                step, why=former.difference(step, why) if _differs(step, why) else why
            )
    return tuple(details[step.name] for step in waiting)


def _differs(step: Step, why: str) -> bool:
    """Return whether a short reason says that the key of a step differs, and its files were in order."""
    return why in (CODE_CHANGED, ANOTHER_KEY, STEPS[step.name.partition("/")[0]].changed)


class _Causes:
    """The causes of the changes of keys; each set of former facts is compared once for all its steps."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._now = input_facts(plan.loaded, plan.inputs.content)
        self._found: dict[tuple[str, ...], list[Cause]] = {}

    def words(self, step: Step) -> str:
        """Return the reason of a step that has to be made."""
        entry = self._plan.ledger.steps.get(step.name)
        short = step.why or ""
        if entry is None or not entry.key:
            return short
        if self._plan.ledger.damage(step.name) and (step.key is None or is_failure(step.head)):
            return short
        if step.key is None:
            return next(self._code(step), short) if entry.made_from else short
        return short if entry.key == step.key else self.difference(step, short)

    def difference(self, step: Step, short: str) -> str:
        """Return why the key of a step differs from the key in the ledger."""
        if not self._plan.ledger.steps[step.name].made_from:
            return short
        reasons = [*self._code(step), *self._own(step), *self._followed(step)]
        return printable("; ".join(reasons or self._rest(step, short)))

    def _facts(self, step: str) -> Iterator[Mapping[str, object]]:
        ledger = self._plan.ledger
        yield from (ledger.blocks.get(name, {}) for name in ledger.steps[step].made_from)

    def _fact(self, step: str, name: str) -> object:
        return next((block[name] for block in self._facts(step) if name in block), None)

    def _of(self, step: str) -> list[Cause]:
        """Return the changes since a step was made, each with the steps whose keys it changes."""
        entry = self._plan.ledger.steps.get(step)
        blocks = entry.made_from if entry else ()
        if blocks and blocks not in self._found:
            text = self._fact(step, "spec")
            causes = spec_causes(self._plan, text) if isinstance(text, str) else []
            causes += [cause for block in self._facts(step) for cause in data_causes(self._plan, block)]
            self._found[blocks] = causes
        return self._found.get(blocks, [])

    def _own(self, step: Step) -> Iterator[str]:
        """Yield the changes on which a step depends, but none of the steps that it reads."""
        if step.name == "data":
            yield from self._files()
        for change, steps in self._of(step.name):
            if step.name in steps and not steps.intersection(step.needs):
                yield change.words(step.name) if isinstance(change, Change) else change

    def _followed(self, step: Step) -> Iterator[str]:
        plan = self._plan
        entries = {need: plan.ledger.steps.get(need) for need in step.needs}
        changed = [need for need, entry in entries.items() if entry is None or entry.key != plan.keys[need]]
        for _, steps in self._of(step.name):
            changed += [need for need in step.needs if step.name in steps and need in steps]
        names = list(dict.fromkeys(changed))
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            yield f"it follows from {', '.join(names[:MOST_NAMED])}{more}"

    def _code(self, step: Step) -> Iterator[str]:
        entry = self._plan.ledger.steps[step.name]
        if entry.code == code_identity():
            return
        now = self._now
        former, present = self._fact(step.name, "versions"), now["versions"]
        if isinstance(former, dict) and isinstance(present, dict):
            different = [
                f"{name} changed from {former.get(name, 'none')} to {version}"
                for name, version in present.items()
                if former.get(name) != version
            ]
        else:
            different = ["mlm or a library that it uses has changed"]
        kernel = self._fact(step.name, "kernel")
        if kernel is not None and kernel != now["kernel"]:
            different.append(f"the kernel changed from {kernel} to {now['kernel']}")
        yield "; ".join(different or ["the code of mlm-steps has changed, not its version"])

    def _files(self) -> Iterator[str]:
        """Yield the data files whose content has changed, and how their sample differs."""
        former = self._fact("data", "files")
        files = former if isinstance(former, dict) else {}
        content = self._plan.inputs.content
        changed = [name for name, found in content.items() if files.get(name, found) != found]
        if changed:
            yield f"the content of {', '.join(changed)} has changed{self._sample()}"

    def _sample(self) -> str:
        """Return how the sample differs from that of the fits, after a colon."""
        latest = {block for entry in self._plan.ledger.steps.values() for block in entry.made_from}
        blocks = (self._plan.ledger.blocks.get(name, {}) for name in sorted(latest))
        before = next((block for block in blocks if "columns" in block), None)
        if before is None or self._plan.profile is None:
            return ""
        words = [str(change) for change, _ in data_causes(self._plan, before)]
        return f": {', '.join(words)}" if words else ", but not the columns that models use"

    def _rest(self, step: Step, short: str) -> Sequence[str]:
        """Return the reason if neither the spec nor the sample explains it."""
        optional = self._fact(step.name, "optional")
        if isinstance(optional, dict) and optional != self._now["optional"]:
            return [f"{short}; other optional libraries are installed"]
        if step.name == "report":
            return [self._report(short)]
        read = self._read_alone(step.name)
        return [f"the content of {' or '.join(read)} has changed" if read else short]

    def _read_alone(self, step: str) -> list[str]:
        """Return the files that a step reads and the data step does not, if the spec is as it was."""
        plan, told = self._plan, self._plan.ledger.run.get("spec")
        same_name = isinstance(told, Mapping) and told.get("file") == plan.loaded.path.name
        if self._fact(step, "spec") != plan.loaded.source.text or not same_name:
            return []
        kind, _, of = step.partition("/")
        if kind == "checks":
            return sorted({each.baseline for each in plan.spec.expect if each.baseline is not None})
        if kind == "changes":
            return sorted(plan.loaded.beside.keys() - {each.baseline for each in plan.spec.expect})
        if kind == "variants":
            return sorted({choice.file.file for choice in plan.inputs.varied.of(of) if choice.file})
        return []

    def _report(self, short: str) -> str:
        date = self._plan.ledger.run.get("date")
        now = report_date(self._plan.loaded.path).get("date")
        if date != now:
            return f"the date of the report changed from {date or 'none'} to {now or 'none'}"
        if self._fact("report", "spec") != self._plan.loaded.source.text:
            return "the text of the spec has changed (comments, spaces or quotes), not what it asks for"
        return short
