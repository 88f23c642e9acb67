"""The measurements as Markdown."""

from __future__ import annotations

import math

from benchmarks.base import Case, Measurement
from benchmarks.cases import CASES
from benchmarks.measure import CALLS
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
Processor seconds of a call, one thread: the median of twenty calls in one process and, in brackets, the
least. A task that takes long is called until the calls have taken 20 s, and their number is given. Every
program starts from the same table in memory. *With df*: Satterthwaite's degrees of freedom included (lmerTest
for lme4; `glmm` always computes them). A mark † means that the criterion where a program ended is higher than
the lowest by more than a millionth of its size."""
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
    lowest = min(
        other.criterion
        for tasks in programs.values()
        for other in tasks.values()
        if not math.isnan(other.criterion)
    )
    high = taken.criterion - lowest > CLOSE * max(1.0, abs(lowest))
    return f"{words(taken)}{' †' if high else ''}"


def words(taken: Measurement) -> str:
    """Return the median and the least of the calls, and their number if it is not the usual one."""
    if taken.note:
        return taken.note
    if taken.calls == 1:
        return f"{_seconds(taken.median)}, 1 call"
    number = "" if taken.calls == CALLS else f", {taken.calls} calls"
    return f"{_seconds(taken.median)} ({_seconds(taken.least)}){number}"


def _targets(numbers: Numbers) -> str:
    rows = [row for name, programs in numbers.items() for row in _ratios(CASES[name], programs)]
    heads = ["case", "task", "ours over that of", "ratio of the medians", "of the least", "target", "reached"]
    return _table(heads, rows)


def _ratios(case: Case, programs: dict[str, dict[str, Measurement]]) -> list[list[str]]:
    """Return a row for each target, and one for the fastest Python package."""
    ratios = {rival: _ratios_to(case, programs, rival) for rival in PEERS[1:]}
    measured = {rival: ratios[rival][0] for rival in PYTHON if not math.isnan(ratios[rival][0])}
    fastest = [max(measured, key=measured.__getitem__)] if measured else []
    return [
        _ratio_row(case, rival, ratios[rival], case.targets.get(rival))
        for rival in dict.fromkeys([*case.targets, *fastest])
    ]


def _ratio_row(case: Case, rival: str, ratios: tuple[float, float], target: float | None) -> list[str]:
    of_medians, of_least = ratios
    verdict = "" if math.isnan(of_medians) or target is None else "yes" if of_medians <= target else "no"
    aim = "" if target is None else f"≤ {_ratio(target)}"
    task = WORDS.get(case.task, case.task)
    return [case.title, task, peer(rival).title, _ratio(of_medians), _ratio(of_least), aim, verdict]


def _ratio(ratio: float) -> str:
    """Return a ratio as R's users speak of it, 1/30, unless ours takes longer."""
    return "not measured" if math.isnan(ratio) else f"1/{1 / ratio:.3g}" if ratio < 1 else f"{ratio:.3g}"


def _ratios_to(case: Case, programs: dict[str, dict[str, Measurement]], rival: str) -> tuple[float, float]:
    """Return our median over a rival's, and the same of the least, for the case's task.

    If the rival does not have the task, its nearest one is taken.
    """
    ours = programs.get("ours", {}).get(case.task, Measurement())
    tasks = programs.get(rival, {})
    theirs = tasks.get(case.task) or next(iter(tasks.values()), Measurement())
    return ours.median / theirs.median, ours.least / theirs.least


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
    return (
        f"{seconds:.5f}"
        if seconds < 0.01
        else f"{seconds:.4f}"
        if seconds < 0.1
        else f"{seconds:.3f}"
        if seconds < 10
        else f"{seconds:.1f}"
    )


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
