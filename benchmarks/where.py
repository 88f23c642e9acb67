"""Print where the processor time of a run goes: ``python -m benchmarks.where [ANALYSIS] [OPTION …]``.

Each process of the run looks every two milliseconds at what it is doing (``sampler/sitecustomize.py``), and
each look carries the processor time since the last one. Looks are assigned by the modules on the stack, not
by functions, so that the tables stay comparable when functions get other names. The tables are Markdown.

``--after`` measures the run after an edit, or with nothing changed, instead of a run from nothing. The looks
themselves take some per cent; the first lines compare with a run without them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.analyses import ANALYSES, EDITS, Analysis
from benchmarks.looks import Look, Process, read
from benchmarks.taken import take
from mlm_steps.steps import STEPS

SAMPLER = Path(__file__).resolve().parent / "sampler"
MLM = [sys.executable, "-P", "-m", "mlm_steps"]
REPEATS = 3
LEAST = 0.01
"""Processor seconds below which a row is counted with the rest of its table."""
MAIN = {
    "end: verdict, summary": ("ours:runner/verdict", "ours:runner/unchanged"),
    "plans: spec, session, keys": ("ours:steps/", "ours:spec/", "ours:records/", "ours:language/"),
    "Snakemake's workflow, graph, scheduler": ("site:snakemake/api", "site:snakemake/workflow"),
    "Snakemake's command line and plugins": ("site:snakemake", "site:configargparse", "std:argparse"),
    "our runner": ("ours:runner/", "ours:cli/"),
}
POOL = {
    "templates": ("site:jinja2", "ours:report/"),
    "records' serializers": ("site:pydantic", "ours:records/"),
    "input and plan for the steps": ("ours:steps/", "ours:data/", "ours:spec/"),
    "forks and calls": ("ours:runner/",),
}
"""For each kind of process, its work apart from imports: a row and its modules.

A look belongs to the first row of which a module is on the stack.
"""
AGAIN = ("ours:steps/parts/at_record",)
BOOKS = ("ours:steps/run/", "ours:spec/", "ours:records/", "ours:language/")
"""Modules of plan, ledger and records; work that they call, such as the engine's, is not theirs."""
PARTS = ("imports", "estimates again", "plan, ledger, records", "work", "start, end")
KIND = re.compile(r"ours:steps/(\w+)\.py")
FIGURE = re.compile(r"ours:figures/(\w+)\.py")


@dataclass(frozen=True, slots=True)
class Run:
    """One run with the sampler.

    Attributes
    ----------
    processes : list of Process
    alone, sampled : float
        Processor seconds of the same run without the sampler, and with it.
    ledger : mapping of str to float
        The seconds of each step that the run has made.
    """

    processes: list[Process]
    alone: float
    sampled: float
    ledger: Mapping[str, float]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.where")
    parser.add_argument("analysis", nargs="?", default="example", choices=ANALYSES)
    parser.add_argument("--after", choices=(*EDITS, "nothing"), help="measure the run after this edit")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="runs to average (%(default)s)")
    options = parser.parse_args()
    runs = [measure(ANALYSES[options.analysis], options.after) for _ in range(options.repeats)]
    what = "from nothing" if options.after is None else f"after: {options.after}"
    print("\n\n".join([f"{options.analysis}, {what}", *page(runs)]))


def measure(analysis: Analysis, after: str | None) -> Run:
    """Run an analysis without the sampler and with it, each in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        samples = Path(name) / "samples"
        samples.mkdir()
        looking = ["env", f"PYTHONPATH={SAMPLER}", f"SAMPLES={samples}"]
        alone, _ = _run(analysis, after, Path(name) / "alone", [])
        sampled, ledger = _run(analysis, after, Path(name) / "sampled", looking)
        return Run(read(samples), alone, sampled, ledger)


def _run(
    analysis: Analysis, after: str | None, folder: Path, prefix: list[str]
) -> tuple[float, dict[str, float]]:
    """Return the processor seconds of a run, and the ledger's seconds of the steps that it has made."""
    folder.mkdir()
    spec = analysis.lay_out(folder)
    if after is not None:
        take([*MLM, "run"], folder)
        if after != "nothing":
            analysis.edit(spec, after)
    before = _ledger(folder)
    taken = take([*prefix, *MLM, "run"], folder)
    made = {name: entry["seconds"] for name, entry in _ledger(folder).items() if entry != before.get(name)}
    return taken.cpu, made


def _ledger(folder: Path) -> dict[str, dict]:
    """Return the entries of the steps that are made."""
    files = [*folder.glob("results/*/provenance.json")]
    return json.loads(files[0].read_text(encoding="utf-8"))["steps"] if files else {}


def page(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the paragraphs and tables."""
    processes = [process for run in runs for process in run.processes]
    n = len(runs)
    seen = sum(process.cpu for process in processes) / n
    alone, sampled = (sum(getattr(run, name) for run in runs) / n for name in ("alone", "sampled"))
    yield (
        f"{alone:.2f} processor seconds; {sampled:.2f} with the sampler, which has seen {seen:.2f}. "
        f"Mean of {n}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}."
    )
    groups = [[each for each in processes if min(each.depth, 2) == depth] for depth in range(3)]
    for title, group, rows in zip(("main process", "pool"), groups, (MAIN, POOL), strict=False):
        yield _process_table(title, group, rows, n)
    if groups[2]:
        yield _step_table(groups[2], runs)
        yield _figure_table(groups[2], n)


def _process_table(
    title: str, processes: Sequence[Process], rows: Mapping[str, Sequence[str]], n: int
) -> str:
    cpu: Counter[str] = Counter()
    first: dict[str, float] = {}
    for process in processes:
        for look in process.looks:
            package = look.imported()
            row = _row(look, rows, "all else") if package is None else f"import of {package}"
            cpu[row] += look.cpu / n
            first[row] = min(look.at, first.get(row, look.at))
    shown = [row for row in cpu if cpu[row] >= LEAST and row != "all else"]
    lines = [[row, f"{cpu[row]:.3f}", f"{first[row]:.2f}"] for row in sorted(shown, key=first.__getitem__)]
    rest = sum(cpu.values()) - sum(cpu[row] for row in shown)
    lines += [["all else", f"{rest:.3f}", ""], ["together", f"{sum(cpu.values()):.3f}", ""]]
    return _table([title, "CPU s", "first at s"], lines)


def _row(look: Look, rows: Mapping[str, Sequence[str]], other: str) -> str:
    return next((row for row, modules in rows.items() if look.has(modules)), other)


def _step_table(processes: Sequence[Process], runs: Sequence[Run]) -> str:
    """Return the table of the steps: a row for each kind, milliseconds of its parts for each step."""
    n = len(runs)
    parts: dict[str, Counter[str]] = {}
    first: dict[str, float] = {}
    for kind, look in (each for process in processes for each in _by_kind(process)):
        first[kind] = min(look.at, first.get(kind, look.at))
        parts.setdefault(kind, Counter())[_part(look)] += look.cpu
    jobs: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    for run in runs:
        for name, seconds in run.ledger.items():
            jobs[name.partition("/")[0]] += 1
            by_kind[name.partition("/")[0]] += seconds / n
    lines = [
        [kind, f"{first[kind]:.2f}", f"{jobs[kind] / n:g}", f"{counted.total() / n:.3f}"]
        + [f"{1e3 * counted[part] / max(jobs[kind], n):.1f}" for part in PARTS]
        + [f"{by_kind[kind]:.3f}" if kind in by_kind else ""]
        for kind, counted in sorted(parts.items(), key=lambda item: -item[1].total())
    ]
    whole = sum(parts.values(), Counter())
    number = jobs.total()
    lines.append(
        ["together", "", f"{number / n:g}", f"{whole.total() / n:.3f}"]
        + [f"{1e3 * whole[part] / max(number, n):.1f}" for part in PARTS]
        + [f"{by_kind.total():.3f}"]
    )
    heads = [f"{part}, ms each" for part in PARTS]
    return _table(["steps", "first at s", "steps made", "CPU s", *heads, "s in the ledger"], lines)


def _part(look: Look) -> str:
    """Return which of ``PARTS`` a step was at."""
    if look.imported():
        return PARTS[0]
    if look.has(AGAIN):
        return PARTS[1]
    own = [module for module in look.stack if module.startswith("ours:")]
    if own and own[-1].startswith(BOOKS):
        return PARTS[2]
    return PARTS[3] if look.has(["ours:steps/"]) else PARTS[4]


def _by_kind(process: Process) -> Iterator[tuple[str, Look]]:
    """Yield each look with the kind of its step: the one in which it is, or else the next of the process."""
    kind = "not seen"
    for look in reversed(process.looks):
        kind = _kind(look) or kind
        yield kind, look


def _kind(look: Look) -> str | None:
    """Return the kind of step in which a process is; None before and after its steps."""
    if look.has(("ours:runner/begin",)):
        return "check and data"
    found = (KIND.match(module) for module in look.stack)
    kinds = (match[1] for match in found if match)
    return next((kind for kind in kinds if kind in (*STEPS, "validate", "failed")), None)


def _figure_table(processes: Sequence[Process], n: int) -> str:
    cpu: Counter[str] = Counter()
    for look in (look for process in processes for look in process.looks):
        names = [found[1] for module in look.stack if (found := FIGURE.match(module))]
        if names and not look.imported():
            cpu[names[0]] += look.cpu / n
    lines = [[name, f"{seconds:.3f}"] for name, seconds in cpu.most_common()]
    return _table(["figures", "CPU s"], [*lines, ["together", f"{cpu.total():.3f}"]])


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["--:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, rule, *lines))


if __name__ == "__main__":
    main()
