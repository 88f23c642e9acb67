"""What is done, stale, missing and failed in an output folder, from the ledger and the spec alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlm_steps.errors import listing, printable
from mlm_steps.records.failure import is_failure, read_absence
from mlm_steps.runner.display import duration
from mlm_steps.runner.events import rung_of
from mlm_steps.runner.lock import HELD
from mlm_steps.steps.explain.explain import explained
from mlm_steps.steps.run.ledger import Ledger
from mlm_steps.steps.run.plan import Plan, Step
from mlm_steps.steps.run.session import open_plan
from mlm_steps.steps.run.tabular import text_table

__all__ = ["RunStatus", "StepStatus", "in_use", "status_json", "status_of", "status_text"]

State = Literal["done", "stale", "missing", "failed"]
STATES: tuple[State, ...] = ("done", "stale", "missing", "failed")
"""The states from the best to the worst."""
MOST_LISTED = 4
"""Largest number of steps that are named in the line of a common reason, so that one line holds them."""
LOCKS = Path("/proc/locks")
"""Linux lists the locks of all processes in this file; other systems have none."""


@dataclass(frozen=True, slots=True)
class StepStatus:
    """The state of one step.

    Attributes
    ----------
    step : str
    rung : str or None
        The model on which it works; of a comparison, the larger one.
    state : str
        ``done``; ``stale``, if it was made from another spec, data or code; ``missing``; ``failed``.
    why : str or None
        Why it is not done.
    started, seconds, peak_bytes
        As in the ledger; None if it has no entry.
    """

    step: str
    rung: str | None
    state: State
    why: str | None
    started: str | None
    seconds: float | None
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The states of all steps of a spec in an output folder.

    Attributes
    ----------
    spec, out : Path
    running : bool
        Whether a run is using the folder; False where the system cannot tell.
    steps : tuple of StepStatus
    former : tuple of str
        Steps with files in the folder for which the spec no longer asks.
    """

    spec: Path
    out: Path
    running: bool
    steps: tuple[StepStatus, ...]
    former: tuple[str, ...]


def status_of(spec: Path, out: Path | None, *, allow_outside: bool = False) -> RunStatus:
    """Return the states of all steps; raise SpecError with all faults of the spec. Nothing is written."""
    plan = open_plan(spec, out, allow_outside=allow_outside)
    steps = tuple(_status(plan, step) for step in explained(plan))
    former = tuple(name for name in plan.ledger.steps if name not in plan.keys)
    return RunStatus(spec, plan.layout.out, in_use(plan.layout.out), steps, former)


def _status(plan: Plan, step: Step) -> StepStatus:
    entry = plan.ledger.steps.get(step.name)
    state = _state(plan.ledger, step)
    why = step.why
    if state == "failed":
        why = read_absence(step.head).reason
    return StepStatus(
        step.name,
        rung_of(step.name),
        state,
        why,
        entry.started if entry else None,
        entry.seconds if entry else None,
        entry.peak_bytes if entry else None,
    )


def _state(ledger: Ledger, step: Step) -> State:
    if step.current:
        return "done"
    if is_failure(step.head):
        return "failed"
    entry = ledger.steps.get(step.name)
    files = [ledger.layout.out / name for name in entry.outputs] if entry else [step.head]
    return "stale" if files and all(path.exists() for path in files) else "missing"


def in_use(out: Path) -> bool:
    """Return whether a process has locked a folder, as a run does; False where the system cannot tell."""
    try:
        status, lines = (out / HELD).stat(), LOCKS.read_text().splitlines()
    except OSError:
        return False
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    return any("FLOCK" in line and device in line.split() for line in lines)


def status_json(status: RunStatus) -> dict[str, object]:
    """Return the states as values of JSON."""
    return {
        "spec": str(status.spec),
        "out": str(status.out),
        "running": status.running,
        "counts": dict(_counts(status.steps)),
        "steps": [
            {name: getattr(step, name) for name in StepStatus.__dataclass_fields__} for step in status.steps
        ],
        "no_longer_in_spec": list(status.former),
    }


def _counts(steps: Sequence[StepStatus]) -> list[tuple[State, int]]:
    counted = Counter(step.state for step in steps)
    return [(state, counted[state]) for state in STATES]


def status_text(status: RunStatus) -> str:
    """Return the states as text: a table of models by steps, the other steps, and why steps are not done."""
    counts = ", ".join(f"{number} {state}" for state, number in _counts(status.steps) if number)
    lines = [f"{status.out}: {len(status.steps)} steps: {counts}"]
    lines += ["a run is using this folder"] if status.running else []
    lines += _of_models(status.steps)
    common = [step for step in status.steps if step.rung is None]
    lines += ["", *text_table(("step of all models", "state"), [(step.step, step.state) for step in common])]
    lines += ["", *_reasons(status.steps)] if any(step.why for step in status.steps) else []
    if status.former:
        lines += ["", f"no longer in the spec: {', '.join(status.former)} (mlm clean removes their files)"]
    lines += _costs(status.steps)
    return "\n".join(map(printable, lines)) + "\n"


def _of_models(steps: Sequence[StepStatus]) -> list[str]:
    """Return a table of models by kinds of steps; of several steps, a cell has the worst state."""
    kinds = list(dict.fromkeys(step.step.partition("/")[0] for step in steps if step.rung))
    models = dict.fromkeys(step.rung for step in steps if step.rung)
    cells: dict[tuple[str | None, str], State] = {}
    for step in steps:
        place = (step.rung, step.step.partition("/")[0])
        cells[place] = max(cells.get(place, "done"), step.state, key=STATES.index)
    rows = [(str(model), *(cells.get((model, kind), "") for kind in kinds)) for model in models]
    return ["", *text_table(("model", *kinds), rows)] if rows else []


def _reasons(steps: Sequence[StepStatus]) -> list[str]:
    """Return a line for each reason with the steps that have it."""
    alike: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        if step.why:
            alike.setdefault((step.state, step.why), []).append(step.step)
    return [f"{listing(names, MOST_LISTED)}: {state}: {why}" for (state, why), names in alike.items()]


def _costs(steps: Sequence[StepStatus]) -> list[str]:
    """Return the time of all steps and the largest memory of one."""
    timed = [step for step in steps if step.seconds is not None]
    if not timed:
        return []
    slowest = max(timed, key=lambda step: step.seconds or 0.0)
    largest = max(timed, key=lambda step: step.peak_bytes or 0)
    line = f"time of the steps: {duration(sum(step.seconds or 0.0 for step in timed))}"
    line += f", most in {slowest.step} ({slowest.seconds:.2f} s)"
    if largest.peak_bytes:
        line += f"; largest memory: {largest.peak_bytes / 2**20:.0f} MiB in {largest.step}"
    return ["", line]
