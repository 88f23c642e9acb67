"""The measurements as Markdown."""

from __future__ import annotations

import math

from benchmarks.base import Case, Measurement
from benchmarks.cases import CASES
from benchmarks.peers import PEERS, peer

Numbers = dict[str, dict[str, dict[str, Measurement]]]
"""Per case, per program, per task."""

GROUPS = {
    "models": "Fits",
    "growth": "Growth with the number of rows, 100 rows a group, one correlated slope",
    "generalized": "Generalized models, from the formula to the standard errors",
    "inference": "Inference from a fit at hand",
}
WORDS = {"fit": "fit", "df": "with df"}
HOW = """\
Processor seconds, one thread, the best of several repetitions; long ones ran once. Every program starts from
the same table in memory. *With df*: Satterthwaite's degrees of freedom included (lmerTest for lme4; `glmm`
always computes them). A mark † means that the criterion where a program ended is higher than the lowest by
more than a millionth of its size."""
PYTHON = PEERS[3:]
CLOSE = 1e-6
"""A criterion this close to the lowest, relative to its size, is the same."""


def as_markdown(numbers: Numbers, machine: str) -> str:
    """Return the whole page."""
    parts = ["# Benchmarks", f"`make bench` made this page. {machine}.", HOW]
    for group, title in GROUPS.items():
        names = [name for name in numbers if CASES[name].group == group]
        if names:
            parts += [f"## {title}", _times({name: numbers[name] for name in names})]
    parts += ["## Targets", _targets(numbers), "![Times](benchmarks.svg)"]
    if any(CASES[name].group == "growth" for name in numbers):
        parts += ["## Memory", _memory(numbers)]
    return "\n\n".join(parts) + "\n"


def _times(numbers: Numbers) -> str:
    shown = [name for name in PEERS if any(name in programs for programs in numbers.values())]
    columns = [(name, task) for name in shown for task in _tasks(numbers, name)]
    heads = [
        f"{peer(name).title}, {WORDS[task]}" if task in WORDS else peer(name).title for name, task in columns
    ]
    rows = [
        [CASES[case].title, *(_time(programs, *column) for column in columns)]
        for case, programs in numbers.items()
    ]
    return _table(["case", *heads], rows)


def _tasks(numbers: Numbers, name: str) -> list[str]:
    tasks = {task for programs in numbers.values() for task in programs.get(name, {})}
    listed = [task for task in ("fit", "df") if task in tasks]
    return listed or ["*"]


def _time(programs: dict[str, dict[str, Measurement]], name: str, task: str) -> str:
    of_program = programs.get(name, {})
    taken = next(iter(of_program.values()), None) if task == "*" else of_program.get(task)
    if taken is None:
        return "–"
    if taken.note:
        return taken.note
    lowest = min(
        other.criterion
        for tasks in programs.values()
        for other in tasks.values()
        if not math.isnan(other.criterion)
    )
    high = taken.criterion - lowest > CLOSE * max(1.0, abs(lowest))
    return f"{_seconds(taken.seconds)}{' †' if high else ''}"


def _targets(numbers: Numbers) -> str:
    rows = [row for name, programs in numbers.items() for row in _ratios(CASES[name], programs)]
    return _table(["case", "task", "ours over that of", "ratio", "target", "reached"], rows)


def _ratios(case: Case, programs: dict[str, dict[str, Measurement]]) -> list[list[str]]:
    """Return a row for each target, and one for the fastest Python package."""
    ratios = {rival: _ratio(case, programs, rival) for rival in PEERS[1:]}
    measured = {rival: ratios[rival] for rival in PYTHON if not math.isnan(ratios[rival])}
    fastest = [max(measured, key=measured.__getitem__)] if measured else []
    return [
        _ratio_row(case, rival, ratios[rival], case.targets.get(rival))
        for rival in dict.fromkeys([*case.targets, *fastest])
    ]


def _ratio_row(case: Case, rival: str, ratio: float, target: float | None) -> list[str]:
    words = "not measured" if math.isnan(ratio) else f"{ratio:.4f}" if ratio < 0.1 else f"{ratio:.2f}"
    verdict = "" if math.isnan(ratio) or target is None else "yes" if ratio <= target else "no"
    aim = "" if target is None else f"≤ {target:.4g}"
    return [case.title, WORDS.get(case.task, case.task), peer(rival).title, words, aim, verdict]


def _ratio(case: Case, programs: dict[str, dict[str, Measurement]], rival: str) -> float:
    """Return our time over a rival's for the case's task, or for the nearest that the rival has."""
    ours = programs.get("ours", {}).get(case.task, Measurement()).seconds
    tasks = programs.get(rival, {})
    theirs = tasks.get(case.task) or next(iter(tasks.values()), Measurement())
    return ours / theirs.seconds


def _memory(numbers: Numbers) -> str:
    growth = {name: programs for name, programs in numbers.items() if CASES[name].group == "growth"}
    shown = [name for name in PEERS if any(name in programs for programs in growth.values())]
    rows = [
        [CASES[case].title, *(_peak(programs.get(name, {})) for name in shown)]
        for case, programs in growth.items()
    ]
    head = "Largest memory of the process beyond the data it held before, in megabytes.\n\n"
    return head + _table(["case", *(peer(name).title for name in shown)], rows)


def _peak(tasks: dict[str, Measurement]) -> str:
    peaks = [taken.megabytes for taken in tasks.values() if not taken.note]
    return f"{max(peaks):.0f}" if peaks else "–"


def _seconds(seconds: float) -> str:
    return f"{seconds:.4f}" if seconds < 0.1 else f"{seconds:.3f}" if seconds < 10 else f"{seconds:.1f}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
