"""Edit an analysis at random, run after each edit, and compare with a run of the same spec in a new folder.

``python -m benchmarks.edits [--number 60] [--seed 1] [--spec pipeline.yaml] [--cores 2]``. One folder is
edited again and again: formulas, rungs, settings, columns, cells and rows of the data; some edits are taken
back. All bytes must be those of a new folder, as must the keys and what the ledger notes of the parts. The
steps that were made must be those that the plan has told, and no more parts may be kept than it has told. The
exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from benchmarks.disturbed import ROOT, Analysis, Run, contents, differences, entries
from benchmarks.edited import DATA_EDITS, SPEC_EDITS, Draft
from mlm_steps.spec import load_spec
from mlm_steps.steps.run.parts import kept_at_most
from mlm_steps.steps.run.plan import Plan

REFUSED = 2
BACK = 0.12
"""Share of edits that take the spec back to an earlier state."""
OF_DATA = 0.2
"""Share of edits of the data; they leave little to keep."""
NOTED = ("key", "parts", "settings", "read", "estimates")
"""What the ledger notes of a step that follows from the spec and the data.

The steps that were not current when it was made, ``without``, do not: a step that is kept after another has
failed was made before that.
"""


@dataclass
class Count:
    """What has been found."""

    edits: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, *found: str) -> None:
        """Count faults, and print them at once."""
        self.faults += found
        for line in found:
            print(f"FAULT: {line}", flush=True)


@dataclass(frozen=True, slots=True)
class Told:
    """What the plan tells before a run.

    Attributes
    ----------
    whole : bool
        Whether the data are current, so that all keys are known.
    made : set of str
        The steps that are to be made.
    kept : dict
        For each of them that has parts, how many can be kept at most.
    """

    whole: bool
    made: set[str]
    kept: Mapping[str, int]

    @classmethod
    def of(cls, plan: Plan) -> Told:
        """Return what a plan tells."""
        to_make = [step for step in plan.steps if not step.current]
        whole = all(step.key is not None for step in plan.steps)
        return cls(
            whole, {step.name for step in to_make}, {step.name: kept_at_most(plan, step) for step in to_make}
        )


class Trial:
    """One folder whose spec and data are edited again and again."""

    def __init__(self, analysis: Analysis, count: Count, rng: random.Random) -> None:
        self.analysis, self.count, self.rng = analysis, count, rng
        self.folder = analysis.copy("edited")
        self.spec = self.folder / "spec" / analysis.specs[0].name
        self.past = [self._state()]
        self.number = 0
        self._run(self.folder)

    def edit(self) -> None:
        """Edit the spec or the data until they are valid, run, and compare."""
        before = self._state()
        while True:
            what = self._change()
            if self._state() != before and self._is_valid():
                break
            self._restore(before)
        self.number += 1
        told, old = Told.of(Plan(load_spec(self.spec), self.folder / "out")), entries(self.folder / "out")
        code = self._run(self.folder).wait()
        self._compare(f"edit {self.number}: {what}", code, told, old)
        self.past.append(self._state())
        print(
            f"{self.number}: {what}: code {code}; {len(told.made)} steps of which the plan told", flush=True
        )

    def _change(self) -> str:
        """Make one edit or several at once; return them in words."""
        if self.rng.random() < BACK:
            self._restore(self.rng.choice(self.past))
            return "back to an earlier state"
        text = self.spec.read_text(encoding="utf-8")
        draft = Draft(yaml.safe_load(text), self.spec.parent, self.rng)
        kinds = DATA_EDITS if self.rng.random() < OF_DATA else SPEC_EDITS
        names = self.rng.sample(list(kinds), self.rng.choice([1, 1, 1, 1, 2, 3]))
        made = [f"{name} ({kinds[name](draft)})" for name in names]
        self.spec.write_text(
            yaml.safe_dump(draft.spec, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
        self.count.edits.update(word.partition(" (")[0] for word in made)
        return "; ".join(made)

    def _is_valid(self) -> bool:
        run = Run(self.folder, ["validate", f"spec/{self.spec.name}"], self.analysis.temporary)
        valid = run.wait() != REFUSED
        self.count.refused += not valid
        return valid

    def _state(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.spec.parent.rglob("*") if path.is_file()}

    def _restore(self, state: Mapping[Path, bytes]) -> None:
        for path in self._state():
            path.unlink()
        for path, content in state.items():
            path.write_bytes(content)

    def _run(self, folder: Path) -> Run:
        run = self.analysis.start(folder)
        run.wait()
        return run

    def _compare(self, what: str, code: int, told: Told, old: Mapping[str, Mapping[str, object]]) -> None:
        new = self.folder.with_name("new")
        shutil.copytree(self.spec.parent, new / "spec")
        wanted = self._run(new).wait()
        # The record of a failure stays when its rung has left the spec; mlm clean removes it.
        words = ["clean", f"spec/{self.spec.name}", "--out", "out", "--yes"]
        Run(self.folder, words, self.analysis.temporary).wait()
        out, count = self.folder / "out", self.count
        count.codes[code] += 1
        differ = differences(contents(out), contents(new / "out"))
        count.add(*(f"{what}: {name} has other bytes" for name in differ))
        if code != wanted:
            count.add(f"{what}: code {code} instead of {wanted}")
        found, fresh = entries(out), entries(new / "out")
        count.add(*(f"{what}: the ledger differs in {each}" for each in _noted(found, fresh)))
        count.add(*(f"{what}: {each}" for each in self._untold(told, old, found)))
        shutil.rmtree(new)

    def _untold(
        self, told: Told, old: Mapping[str, Mapping[str, object]], found: Mapping[str, Mapping[str, object]]
    ) -> list[str]:
        """Return in which steps the run did something other than the plan had told."""
        names = {name.removeprefix("./"): entry for name, entry in found.items()}
        before = {name.removeprefix("./"): entry for name, entry in old.items()}
        made = {name for name, entry in names.items() if _started(entry) != _started(before.get(name))}
        self.count.steps.update({"made": len(made), "kept": len(names) - len(made)})
        lines = [f"the plan told nothing of {name}" for name in sorted(made - told.made)]
        if told.whole:
            lines += [f"{name} was told, but not made" for name in sorted((told.made & names.keys()) - made)]
        for name in sorted(made):
            now, then = (_parts(each.get(name)) for each in (names, before))
            kept = sum(then.get(part) == key for part, key in now.items())
            if now:
                self.count.parts.update({"kept": kept, "made": len(now) - kept})
            if told.whole and name != "figures" and now and kept > told.kept.get(name, 0):
                lines.append(f"{kept} parts of {name} were kept, {told.kept.get(name, 0)} told")
        return lines


def _started(entry: Mapping[str, object] | None) -> object:
    return None if entry is None else entry["started"]


def _parts(entry: Mapping[str, object] | None) -> Mapping[str, str]:
    found = {} if entry is None else entry.get("parts", {})
    return found if isinstance(found, dict) else {}


def _noted(
    found: Mapping[str, Mapping[str, object]], wanted: Mapping[str, Mapping[str, object]]
) -> Sequence[str]:
    names = sorted({*found, *wanted})
    return [
        f"{name}: {what}"
        for name in names
        for what in NOTED
        if json.dumps(found.get(name, {}).get(what)) != json.dumps(wanted.get(name, {}).get(what))
    ]


def main() -> int:
    """Print the counts; return 1 if there is any fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=60, help="number of edits")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spec", type=Path, default=ROOT / "pipeline.yaml")
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    count = Count()
    with tempfile.TemporaryDirectory(prefix="edits-") as work:
        analysis = Analysis((asked.spec,), Path(work), asked.cores)
        trial = Trial(analysis, count, random.Random(asked.seed))
        for _ in range(asked.number):
            trial.edit()
    print(
        f"\n{asked.number} edits of {asked.spec.name}, seed {asked.seed}; {count.refused} drafts were refused"
    )
    for name, number in sorted(count.edits.items()):
        print(f"  {number:4d} {name}")
    print(f"exit codes: {dict(count.codes)}; steps: {dict(count.steps)}; parts: {dict(count.parts)}")
    print(f"{len(count.faults)} faults")
    return int(bool(count.faults))


if __name__ == "__main__":
    sys.exit(main())
