"""Damage files of a finished run at random, run again, and compare with a run that nothing has disturbed.

``python -m benchmarks.damage [--number 100] [--seed 1] [--spec pipeline.yaml] [--cores 2]``. A damage is
noticed if the next run names the file, either as the reason for making a step again or in a refusal. After a
refusal, the damage is removed by hand, as the message says. Damages of notes of Snakemake and of mlm outside
the results need not be noticed: without them, the next run has to make a deleted table all the same. The
exit code is 1 if a damage was not noticed, if bytes differ afterwards, or if a run failed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.disturbed import ROOT, Analysis, contents, differences, entries

DONE, REFUSED = 0, 2
NOTES = 5
"""There is one damage of a note for so many damages of results."""
TEN_YEARS = 315_360_000 * 10**9
"""Nanoseconds by which a clock is ahead."""


def _truncated(path: Path, rng: random.Random) -> None:
    os.truncate(path, rng.randrange(path.stat().st_size))


def _emptied(path: Path, _: random.Random) -> None:
    os.truncate(path, 0)


def _one_bit_changed(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _one_digit_changed(path: Path, rng: random.Random) -> None:
    """Change a digit as somebody who edits a result would; of a file without digits, the last byte."""
    content = bytearray(path.read_bytes())
    digits = [i for i, byte in enumerate(content) if chr(byte).isdigit()]
    place = rng.choice(digits) if digits else len(content) - 1
    content[place] = ord("1") if content[place] != ord("1") else ord("2")
    path.write_bytes(content)


def _a_line_added(path: Path, _: random.Random) -> None:
    with path.open("ab") as stream:
        stream.write(b"another line\n")


def _deleted(path: Path, _: random.Random) -> None:
    path.unlink()


def _another_file(path: Path, rng: random.Random) -> None:
    """Give a file the content of another file of the run."""
    path.write_bytes(_other(path, rng).read_bytes())


def _a_link_to_another_file(path: Path, rng: random.Random) -> None:
    other = _other(path, rng).resolve()
    path.unlink()
    path.symlink_to(other)


def _a_link_to_nothing(path: Path, _: random.Random) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _a_folder(path: Path, _: random.Random) -> None:
    path.unlink()
    path.mkdir()
    (path / "file").write_text("of somebody\n")


def _other(path: Path, rng: random.Random) -> Path:
    """Return another file with other bytes."""
    whole = path.read_bytes()
    files = [file for file in sorted(path.parent.rglob("*")) if file.is_file() and file.read_bytes() != whole]
    if files:
        return rng.choice(files)
    return next(spec for folder in path.parents for spec in (folder / "spec").glob("*.yaml"))


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "truncated": _truncated,
    "emptied": _emptied,
    "one bit changed": _one_bit_changed,
    "one digit changed": _one_digit_changed,
    "a line added": _a_line_added,
    "deleted": _deleted,
    "another file's content": _another_file,
    "a link to another file": _a_link_to_another_file,
    "a link to nothing": _a_link_to_nothing,
    "a folder": _a_folder,
}
TIMES = ("as it was", "now", "in ten years", "1970")
"""The modification times of a damaged file."""


@dataclass
class Count:
    """What has been found."""

    damages: Counter[str] = field(default_factory=Counter)
    notes: int = 0
    made_again: int = 0
    refused: int = 0
    faults: dict[str, list[str]] = field(
        default_factory=lambda: {"not noticed": [], "runs that failed": [], "files with other bytes": []}
    )

    def add(self, kind: str, *found: str) -> None:
        """Count faults, and print them at once."""
        self.faults[kind] += found
        for line in found:
            print(f"FAULT: {kind}: {line}", flush=True)


class Trial:
    """One finished run whose files are damaged."""

    def __init__(self, analysis: Analysis, count: Count, rng: random.Random) -> None:
        self.analysis, self.count, self.rng = analysis, count, rng
        self.folder = analysis.copy("finished")
        self.out = self.folder / "out"
        run = analysis.start(self.folder)
        if run.wait() != DONE:
            sys.exit(f"the undisturbed run failed: {run.errors}")
        self.wanted = contents(self.out)
        self._kept = shutil.copytree(self.folder, analysis.work / "kept", symlinks=True)

    def damage_result(self) -> None:
        """Damage a file of the results, run again, and count what happened."""
        names = [*(name for name, content in self.wanted.items() if content), "provenance.json"]
        name, kind, moment = self.rng.choice(names), self.rng.choice(list(DAMAGES)), self.rng.choice(TIMES)
        path, what = self.out / name, f"{name}: {kind}, its time {moment}"
        _damage(path, kind, moment, self.rng)
        self.count.damages[kind] += 1
        run = self.analysis.start(self.folder)
        code, said = run.wait(), run.errors
        if code == DONE and not said.startswith("nothing to do") and name in said:
            self.count.made_again += 1
        elif code == REFUSED and name in said and "Traceback" not in said:
            self.count.refused += 1
            _remove(path)
            run = self.analysis.start(self.folder)
            code, said = run.wait(), run.errors
        else:
            self.count.add("not noticed" if code == DONE else "runs that failed", f"{what}: {code}: {said}")
        self._check(what, code, said)

    def damage_note(self) -> None:
        """Damage a note outside the results and delete a table; the next run has to make the table."""
        notes = [path for path in (self.folder / ".snakemake").rglob("*") if path.is_file()]
        path = self.rng.choice(sorted(path for path in notes if path.stat().st_size))
        kind, moment = self.rng.choice(list(DAMAGES)), self.rng.choice(TIMES)
        what = f"{path.relative_to(self.folder)}: {kind}, its time {moment}"
        tables = sorted((self.out / "tables").iterdir())
        _damage(path, kind, moment, self.rng)
        self.rng.choice(tables).unlink()
        self.count.notes += 1
        run = self.analysis.start(self.folder)
        code, said = run.wait(), run.errors
        if code == REFUSED and path.name in said and "Traceback" not in said:
            _remove(path)
            run = self.analysis.start(self.folder)
            code, said = run.wait(), run.errors
        self._check(what, code, said)

    def change_times(self) -> None:
        """Give all files random times: nothing is to be made, and after a deletion one step."""
        for path in [*self.out.rglob("*"), *(self.folder / ".snakemake" / "mlm").rglob("*")]:
            _set_time(path, self.rng.choice(TIMES), path.stat().st_mtime_ns)
        run = self.analysis.start(self.folder)
        code, said = run.wait(), run.errors
        if code != DONE or not said.startswith("nothing to do"):
            self.count.add("runs that failed", f"other times alone: {code}: {said}")
        started = {step: entry["started"] for step, entry in entries(self.out).items()}
        (self.out / "tables" / "fixed.csv").unlink()
        run = self.analysis.start(self.folder)
        code, said = run.wait(), run.errors
        made = [step for step, entry in entries(self.out).items() if entry["started"] != started.get(step)]
        if made != ["./tables"]:
            self.count.add("runs that failed", f"with other times, {made} were made, not only tables: {said}")
        self._check("other times and a deleted table", code, said)

    def _check(self, what: str, code: int, said: str) -> None:
        """Compare the bytes; begin anew from the kept copy if they differ."""
        differ = differences(contents(self.out), self.wanted)
        self.count.add("files with other bytes", *(f"{what}: {name}" for name in differ))
        links = [str(path) for path in self.out.rglob("*") if path.is_symlink()]
        self.count.add("files with other bytes", *(f"{what}: {name} is a link" for name in links))
        if code != DONE:
            self.count.add("runs that failed", f"{what}: {code}: {said}")
        if code != DONE or differ or links:
            shutil.rmtree(self.folder)
            shutil.copytree(self._kept, self.folder, symlinks=True)


def _damage(path: Path, kind: str, moment: str, rng: random.Random) -> None:
    before = path.stat().st_mtime_ns
    DAMAGES[kind](path, rng)
    if path.is_file() and not path.is_symlink():
        _set_time(path, moment, before)


def _set_time(path: Path, moment: str, before: int) -> None:
    at = {"as it was": before, "in ten years": before + TEN_YEARS, "1970": 0}.get(moment)
    if at is not None:
        os.utime(path, ns=(at, at))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def main() -> int:
    """Print the counts; return 1 if there is any fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=100, help="number of damages of results")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spec", type=Path, default=ROOT / "pipeline.yaml")
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    count = Count()
    with tempfile.TemporaryDirectory(prefix="damage-") as work:
        trial = Trial(Analysis((asked.spec,), Path(work), asked.cores), count, random.Random(asked.seed))
        for number in range(asked.number):
            trial.damage_result()
            if number % NOTES == 0:
                trial.damage_note()
            if number % 20 == 19:
                print(f"{number + 1} damages", flush=True)
        trial.change_times()
    print(f"\n{asked.number} damages to results of {asked.spec.name}, seed {asked.seed}")
    for kind, number in sorted(count.damages.items()):
        print(f"  {number:4d} {kind}")
    print(f"noticed: {count.made_again + count.refused}; made again: {count.made_again};", end=" ")
    print(f"refused in words: {count.refused}")
    print(f"{count.notes} damages to notes of Snakemake and mlm, each with a deleted table")
    for kind, found in count.faults.items():
        print(f"  {len(found):4d} {kind}")
    return int(any(count.faults.values()))


if __name__ == "__main__":
    sys.exit(main())
