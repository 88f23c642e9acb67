"""Kill runs at random moments by SIGKILL, run again, and compare with a run that nothing has disturbed.

``python -m benchmarks.kill [--number 200] [--seed 1] [--spec pipeline.yaml …] [--edit OLD NEW] [--serve]
[--interrupt] [--cores 2]``. The
run that follows a kill is killed as well, until one reaches its end before its moment; then a new folder
begins. So the moments cover the beginning of runs and their continuation. Several specs are run by one
command. With ``--serve``, the killed command is ``mlm serve --watch``, which does not end by itself: a folder
ends when all its steps are made or after some kills, by ``mlm run``. With ``--edit``, each folder begins with
a finished run in whose spec a text is replaced; the files at the end are those of a run from nothing. With
``--interrupt``, all signals are interrupts (Ctrl-C). The exit code is 1 if finished work was
lost, if bytes differ, if a run could not go on by itself, or if processes or temporary files were left. It
needs Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.disturbed import ROOT, Analysis, Run, contents, differences, entries

LATE = 0.6
"""Latest moment of a kill, as a share of the time of an undisturbed run.

A later kill comes from the runs that follow: each goes on where the one before was killed.
"""
GRACE = 10.0
"""Seconds within which all processes of a killed run have to end."""
DONE, STEP_FAILED, INTERRUPTED = 0, 3, 130
SERVED = 5
"""Kills of the server in one folder."""


def _the_run(run: Run, _: random.Random) -> None:
    os.kill(run.process.pid, signal.SIGKILL)


def _interrupt(run: Run, _: random.Random) -> None:
    """Interrupt the process group, as Ctrl-C at a terminal does."""
    os.killpg(run.process.pid, signal.SIGINT)


def _its_group(run: Run, _: random.Random) -> None:
    os.killpg(run.process.pid, signal.SIGKILL)


def _all_processes(run: Run, _: random.Random) -> None:
    for number in run.processes():
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def _one_process(run: Run, rng: random.Random) -> None:
    """Kill any other process of a run: the pool, a step, its client or its shell."""
    others = sorted(run.processes().keys() - {run.process.pid})
    if others:
        with suppress(ProcessLookupError):
            os.kill(rng.choice(others), signal.SIGKILL)


TARGETS: dict[str, Callable[[Run, random.Random], None]] = {
    "the run": _the_run,
    "its process group": _its_group,
    "all its processes": _all_processes,
    "one other process": _one_process,
}
INTERRUPTS: dict[str, Callable[[Run, random.Random], None]] = {
    "its process group, by an interrupt": _interrupt
}


@dataclass
class Count:
    """What has been found."""

    kills: Counter[str] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)
    chains: int = 0
    kept: int = 0
    faults: dict[str, list[str]] = field(
        default_factory=lambda: {
            "finished steps made again": [],
            "files with other bytes": [],
            "runs that could not go on by themselves": [],
            "processes left": [],
            "temporary files left": [],
            "interrupts with other messages": [],
        }
    )

    def add(self, kind: str, found: list[str]) -> None:
        """Count faults, and print them at once."""
        self.faults[kind] += found
        for line in found:
            print(f"FAULT: {kind}: {line}", flush=True)


class Chain:
    """One folder, in which runs are killed until one reaches its end."""

    def __init__(
        self,
        analysis: Analysis,
        name: str,
        reference: Path,
        count: Count,
        command: Sequence[str] = ("run",),
        begin: Callable[[str], Path] | None = None,
    ) -> None:
        self.analysis, self.count, self.name = analysis, count, name
        self.command, self.kills = command, 0
        self.folder = (begin or analysis.copy)(name)
        self.wanted, self.keys = contents(reference), _keys(reference)
        self.before: dict[str, object] = {}

    @property
    def out(self) -> Path:
        """The output folder."""
        return self.folder / "out"

    @property
    def serves(self) -> bool:
        """Whether the killed command is the server."""
        return self.command[0] == "serve"

    @property
    def is_over(self) -> bool:
        """Whether the server has made every step, or was killed often enough."""
        return self.serves and (self.kills >= SERVED or self.before.keys() == self.keys.keys())

    def kill_one(self, moment: float, target: str, rng: random.Random) -> bool:
        """Start a run and kill it after some seconds; return False if it ended before."""
        run = self.analysis.start(self.folder, self.command)
        deadline = time.monotonic() + moment
        while time.monotonic() < deadline:
            if run.process.poll() is not None:
                self._check_end(run, "a run without a kill")
                return False
            time.sleep(0.002)
        {**TARGETS, **INTERRUPTS}[target](run, rng)
        if self.serves and target == "one other process":
            time.sleep(rng.uniform(0, 1))
            _the_run(run, rng)  # the server goes on without any other process
        code = run.wait()
        self.kills += 1
        self.count.kills[target] += 1
        self._check_left(run)
        self._check_finished(run)
        if target in INTERRUPTS:
            self._check_interrupted(code, run)
        elif code not in (DONE, STEP_FAILED, -signal.SIGKILL):
            self._add_stuck(code, run)
        return True

    def _check_interrupted(self, code: int, run: Run) -> None:
        """Check what an interrupted run has said; one that had just begun or ended may have said nothing."""
        *others, last = run.errors.splitlines() or [""]
        wrong = [line for line in others if "failed" in line or "by hand" in line or "Traceback" in line]
        if code == INTERRUPTED and (wrong or not last.startswith("interrupted")):
            self.count.add("interrupts with other messages", [f"{self.name}: {run.errors}"])
        elif code not in (INTERRUPTED, DONE, -signal.SIGINT):
            self._add_stuck(code, run)

    def finish(self) -> None:
        """Run to the end without a kill."""
        run = self.analysis.start(self.folder)
        run.wait()
        self._check_end(run, "the last run")

    def _check_end(self, run: Run, what: str) -> None:
        code = run.wait()
        if code != DONE:
            line = f"{self.name}: {what} ended with {code}: {run.errors[-2000:]}"
            self.count.add("runs that could not go on by themselves", [line])
        self._check_finished(run)
        self._check_left(run)
        differ = [f"{self.name}: {name}" for name in differences(contents(self.out), self.wanted)]
        self.count.add("files with other bytes", differ)
        left = [f"{self.name}: {path}" for path in self.analysis.leftovers(self.folder)]
        self.count.add("temporary files left", left)
        self.count.chains += 1
        shutil.rmtree(self.folder)

    def _check_left(self, run: Run) -> None:
        left = run.ended(GRACE)
        self.count.add("processes left", [f"{self.name}: {number} {words}" for number, words in left.items()])

    def _check_finished(self, run: Run) -> None:
        """Compare the finished steps with those of before: none may have been made again."""
        found = {
            step: entry["started"]
            for step, entry in entries(self.out).items()
            if entry["key"] == self.keys.get(step) and not entry["without"]
        }
        lost = [step for step, started in self.before.items() if found.get(step) != started]
        said = "; ".join(line for line in run.errors.splitlines() if "[" not in line)[:1000]
        self.count.add("finished steps made again", [f"{self.name}: {step} ({said})" for step in lost])
        self.count.kept += len(self.before) - len(lost)
        self.before = found
        self.count.finished[f"{len(found) // 10 * 10}-{len(found) // 10 * 10 + 9}"] += 1


def _keys(out: Path) -> dict[str, object]:
    return {step: entry["key"] for step, entry in entries(out).items()}


def main() -> int:
    """Print the counts; return 1 if there is any fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200, help="number of kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spec", type=Path, nargs="+", default=[ROOT / "pipeline.yaml"])
    parser.add_argument("--edit", nargs=2, metavar=("OLD", "NEW"), help="begin with a finished run, and edit")
    parser.add_argument("--interrupt", action="store_true", help="interrupt instead of killing")
    parser.add_argument("--serve", action="store_true", help="kill mlm serve --watch instead of mlm run")
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-") as work:
        analysis = Analysis(tuple(asked.spec), Path(work), asked.cores)
        command = ("serve", "--watch") if asked.serve else ("run",)
        targets = INTERRUPTS if asked.interrupt else TARGETS
        count = _kill(analysis, asked.number, random.Random(asked.seed), command, [*targets], asked.edit)
    names = " ".join(["mlm", *command, *(spec.name for spec in asked.spec)])
    print(f"\n{sum(count.kills.values())} kills of {names}, {asked.cores} cores, seed {asked.seed}")
    for target, number in count.kills.items():
        print(f"  {number:4d} of {target}")
    print(f"{count.chains} runs to the end; {count.kept} times a finished step was kept over a run")
    by = ", ".join(f"{steps}: {number}" for steps, number in sorted(count.finished.items()))
    print(f"finished steps when a run ended, and number of runs: {by}")
    for kind, found in count.faults.items():
        print(f"  {len(found):4d} {kind}")
    return int(any(count.faults.values()))


def _edited(analysis: Analysis, edit: tuple[str, str], name: str, finished: Path | None = None) -> Path:
    """Return a new folder, a copy of a finished one if there is one, with a text of the specs replaced."""
    folder = analysis.copy(name) if finished is None else analysis.work / name
    if finished is not None:
        shutil.copytree(finished, folder)
    for spec in (folder / "spec").glob("*.yaml"):
        spec.write_text(spec.read_text(encoding="utf-8").replace(*edit), encoding="utf-8")
    return folder


def _timed(analysis: Analysis, folder: Path) -> float:
    """Run without a disturbance and return the seconds."""
    started = time.monotonic()
    run = analysis.start(folder)
    if run.wait() != DONE:
        sys.exit(f"the undisturbed run failed: {run.errors}")
    return time.monotonic() - started


def _kill(
    analysis: Analysis,
    number: int,
    rng: random.Random,
    command: Sequence[str],
    targets: Sequence[str],
    edit: tuple[str, str] | None,
) -> Count:
    """Kill so many runs."""
    count, begin = Count(), None
    reference = analysis.copy("reference") if edit is None else _edited(analysis, edit, "reference")
    whole = _timed(analysis, reference)
    if edit is not None:
        finished = analysis.copy("finished")
        _timed(analysis, finished)
        begin = partial(_edited, analysis, edit, finished=finished)
        whole = _timed(analysis, begin("edited"))
    chain = None
    while sum(count.kills.values()) < number:
        if chain is None:
            chain = Chain(analysis, f"folder-{count.chains}", reference / "out", count, command, begin)
        moment, target = rng.uniform(0, LATE * whole), rng.choice(targets)
        if not chain.kill_one(moment, target, rng):
            chain = None
        elif chain.is_over:
            chain.finish()
            chain = None
        done = sum(count.kills.values())
        if done % 20 == 0:
            print(f"{done} kills, {count.chains} runs to the end", flush=True)
    if chain is not None:
        chain.finish()
    return count


if __name__ == "__main__":
    sys.exit(main())
