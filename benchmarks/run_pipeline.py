"""Time whole runs beside the same ladders by hand in R: ``python -m benchmarks.run_pipeline [OPTION …]``.

Each analysis is copied to a folder of its own. ``mlm`` runs it there cold, again with nothing changed, then
with one label edited, and with one rung edited. ``mlm serve --watch`` meets the same edits; there, time is
that from the save to the message that reloads the browser. The R Markdown of ``benchmarks/ladders`` fits the
same rungs with lme4 and lmerTest, tests and compares them, prints what performance knows of them, with
intervals and plots; it runs after each repetition, so that both meet the same machine. R has no run that
repeats only what follows from an edit. Without rmarkdown or pandoc, the code runs without a report, and the
page says so.

A first round, which is not timed, measures the memory. Then the best and the median of the repetitions are
printed with a verdict for each target, and a line per analysis is added to ``history.jsonl``.

``--check`` leaves R out, adds no line, and exits with 1 if a run takes more processor seconds than the least
of the last lines of the same machine by more than 15 % (``--most``). Use it on a machine that does nothing
else: other programs lengthen even the processor time, by up to a half.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.analyses import ANALYSES, Analysis
from benchmarks.history import best, earlier, machine, note, rises
from benchmarks.saves import Served
from benchmarks.taken import Taken, take

MLM = [sys.executable, "-P", "-m", "mlm_steps"]
REPEATS = 3
QUIET = 0.5
"""The load of the machine above which its other programs lengthen the times."""
RISE = 15.0
"""Per cent by which processor seconds of the same program differ on a quiet machine, and more."""

COLD, NOTHING, LABEL, FORMULA = "cold", "nothing changed", "one label edited", "one rung edited"
SAVED_LABEL, SAVED_FORMULA = "one label saved, served", "one rung saved, served"
VALIDATE, HELP, BY_HAND = "validate", "help", "R"
SHARES = {COLD: 5, LABEL: 10, FORMULA: 10, NOTHING: 60}
"""For each run, how many times as fast as R it should be, by the clock."""
SECONDS = {COLD: 3.5, NOTHING: 0.3, SAVED_LABEL: 1.0, SAVED_FORMULA: 1.3, VALIDATE: 0.7, HELP: 0.1}
"""Seconds by the clock within which a command should end."""
PROCESSOR = {COLD: 7.0}
"""Processor seconds that a run should take."""

Runs = dict[str, list[Taken]]
"""For each run, its repetitions."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured.

    Attributes
    ----------
    repeats : int
    with_r : bool
    report : bool
        Whether R can render its report.
    """

    repeats: int
    with_r: bool
    report: bool


def main() -> int:
    """Measure, print, and add to the history or compare with it."""
    given = _parse()
    names = given.analyses or [*ANALYSES]
    new = [name for name in names if not earlier(name)]
    if given.check and new:
        print(f"benchmarks/history.jsonl has no line of this machine on {', '.join(new)}", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    if load > QUIET:
        print(f"The machine is busy (load {load:.1f}): all times will be too long.", file=sys.stderr)
    with_r = not (given.without_r or given.check) and shutil.which("Rscript") is not None
    options = Options(given.repeats, with_r, with_r and _has_rmarkdown())
    risen = []
    for name in names:
        runs, memory = measure(ANALYSES[name], options)
        print("\n\n".join(["", f"{name}: {machine()}, load {load:.1f}", *tables(runs, memory, options)]))
        if given.check:
            risen += rises(name, runs, given.most / 100.0)
        elif not given.show:
            note(name, runs, memory, load=load, report=options.report)
    for words in risen:
        print(words, file=sys.stderr)
    return 1 if risen else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_pipeline")
    parser.add_argument("analyses", nargs="*", choices=[*ANALYSES, []], help=", ".join(ANALYSES))
    parser.add_argument("--repeats", type=int, default=REPEATS, help="timed rounds (%(default)s)")
    parser.add_argument("--without-r", action="store_true", help="run the pipeline alone")
    parser.add_argument("--show", action="store_true", help="add no line to the history")
    parser.add_argument("--check", action="store_true", help="compare with the history of this machine")
    parser.add_argument("--most", type=float, default=RISE, help="per cent that may be more (%(default)s)")
    return parser.parse_args()


def measure(analysis: Analysis, options: Options) -> tuple[Runs, dict[str, float]]:
    """Return the times of all repetitions, and of each run the largest memory of all its processes."""
    memory = {what: taken.tree for what, taken in _round(analysis, options, tree=True)}
    runs: Runs = {}
    for _ in range(options.repeats):
        for what, taken in _round(analysis, options, tree=False):
            runs.setdefault(what, []).append(taken)
    return runs, memory


def _round(analysis: Analysis, options: Options, *, tree: bool) -> Iterator[tuple[str, Taken]]:
    """Yield what each run of an analysis took, R's last."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = analysis.lay_out(folder)
        yield HELP, take([*MLM, "--help"], folder, tree=tree)
        yield VALIDATE, take([*MLM, "validate"], folder, tree=tree)
        yield COLD, take([*MLM, "run"], folder, tree=tree)
        yield NOTHING, take([*MLM, "run"], folder, tree=tree)
        analysis.edit(spec, "label")
        yield LABEL, take([*MLM, "run"], folder, tree=tree)
        analysis.edit(spec, "formula")
        yield FORMULA, take([*MLM, "run"], folder, tree=tree)
        shutil.copy(analysis.spec, spec)
        with Served(folder) as served:
            yield SAVED_LABEL, served.take(lambda: analysis.edit(spec, "label"), tree=tree)
            yield SAVED_FORMULA, served.take(lambda: analysis.edit(spec, "formula"), tree=tree)
        if options.with_r:
            program = _program(analysis.by_hand, report=options.report)
            yield BY_HAND, take(["Rscript", "-e", program], folder, tree=tree)


def _has_rmarkdown() -> bool:
    program = 'q(status = !(requireNamespace("rmarkdown", quietly = TRUE) && rmarkdown::pandoc_available()))'
    return subprocess.run(["Rscript", "-e", program], capture_output=True, check=False).returncode == 0


def _program(name: str, *, report: bool) -> str:
    """Return R code that renders a document, or runs its code with the plots in a file."""
    if report:
        return f'rmarkdown::render("{name}.Rmd", quiet = TRUE)'
    code = f'for (f in c("common", "{name}")) knitr::purl(paste0(f, ".Rmd"), quiet = TRUE)'
    return f'{code}; pdf("plots.pdf"); source("{name}.R", echo = TRUE); source("common.R", echo = TRUE)'


def tables(runs: Runs, memory: Mapping[str, float], options: Options) -> Iterator[str]:
    """Yield the times and the targets as Markdown."""
    yield f"The least and, in brackets, the median of {options.repeats} repetitions; memory of all processes."
    lines = [
        [what, _two([each.cpu for each in taken]), _two([each.wall for each in taken]), f"{memory[what]:.0f}"]
        for what, taken in runs.items()
    ]
    yield _table(["run", "processor s", "s", "MB"], lines)
    if BY_HAND in runs and not options.report:
        yield "R ran without a report: rmarkdown or pandoc is not installed."
    yield _table(["target", "measured", "reached"], [*_targets(runs)])


def _two(numbers: Sequence[float]) -> str:
    return f"{min(numbers):.2f} ({median(numbers):.2f})"


def _targets(runs: Runs) -> Iterator[list[str]]:
    """Yield a row for each target; the medians decide."""
    walls = {what: median(each.wall for each in taken) for what, taken in runs.items()}
    for what, most in SECONDS.items():
        yield [f"{what}: ≤ {most} s", f"{walls[what]:.2f} s", _verdict(walls[what] <= most)]
    for what, most in PROCESSOR.items():
        cpu = median(each.cpu for each in runs[what])
        yield [f"{what}: ≤ {most} processor s", f"{cpu:.2f} s", _verdict(cpu <= most)]
    if BY_HAND in runs:
        by_hand = best(runs[BY_HAND]).cpu
        for what, share in SHARES.items():
            times = walls[BY_HAND] / walls[what]
            words = f"1/{times:.1f}; of the processor seconds 1/{by_hand / best(runs[what]).cpu:.1f}"
            yield [f"{what}: ≤ 1/{share} of R's time", words, _verdict(times >= share)]


def _verdict(reached: bool) -> str:
    return "yes" if reached else "no"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *lines))


if __name__ == "__main__":
    sys.exit(main())
