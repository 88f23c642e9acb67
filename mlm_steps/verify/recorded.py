"""Read what a run has recorded about itself, wherever its folder is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from mlm_steps.errors import Fault, SpecError, UsageError, listing, printable
from mlm_steps.spec import PipelineSpec
from mlm_steps.spec.load import spec_in
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.ledger import ANOTHER_VERSION, StepEntry, is_of_another_version
from mlm_steps.steps.run.sealed import unseal

__all__ = ["Input", "RecordedRun", "open_run"]

LARGEST = 50_000_000
"""Bytes of the largest provenance.json that is read; one of a thousand steps has a million."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a run: its role, its name in the spec, its place now, and its hash.

    The role is ``spec``, ``data``, ``baseline`` or ``run``, which is the provenance.json of the run that the
    report is compared with. ``path`` is None if there is no such file where the run
    found it.
    """

    role: str
    file: str
    path: Path | None
    sha256: str


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The folder of a run and its record of itself.

    Attributes
    ----------
    layout : Layout
    facts : mapping
        The part ``run`` of provenance.json; empty if no run of this folder has ended.
    steps : mapping of str to StepEntry
    damaged : tuple of str
        Steps whose entries cannot be read.
    inputs : tuple of Input
    spec : PipelineSpec or None
        As it was when the run ended; None if neither provenance.json nor a file has its text.
    edited : bool
        Whether provenance.json does not match its checksum.
    """

    layout: Layout
    facts: Mapping[str, object]
    steps: Mapping[str, StepEntry]
    damaged: tuple[str, ...]
    inputs: tuple[Input, ...]
    spec: PipelineSpec | None
    edited: bool = False

    @property
    def has_data(self) -> bool:
        """Whether the spec and all data files are where they were."""
        needed = [each for each in self.inputs if each.role in ("spec", "data")]
        return bool(needed) and all(each.path is not None for each in needed)

    @property
    def spec_path(self) -> Path | None:
        """The spec's file, if it is where it was."""
        return next((each.path for each in self.inputs if each.role == "spec"), None)

    def of(self, key: str) -> Mapping[str, object]:
        """Return a block of the facts; empty if there is none."""
        found = self.facts.get(key)
        return found if isinstance(found, Mapping) else {}


def open_run(run: Path, out: Path | None = None) -> RecordedRun:
    """Return the record of a run, given its output folder or its spec.

    Parameters
    ----------
    run : Path
    out : Path, optional
        The output folder, if ``run`` is a spec. Default: ``results/<name of the spec>``.

    Raises
    ------
    UsageError
        If there is no finished step of a run, or its record cannot be read.
    """
    if not run.exists():
        raise UsageError(
            Fault(str(run), "there is no such file or folder", "give an output folder or a spec")
        )
    folder, spec = (run, None) if run.is_dir() else (out or _folder_of(run), run)
    content = _content(Layout(folder))
    facts = content.get("run")
    facts = facts if isinstance(facts, Mapping) else {}
    steps, damaged = _steps(content.get("steps"))
    inputs = tuple(_inputs(folder, facts, spec))
    text = facts.get("spec_text")
    found = next((each.path for each in inputs if each.role == "spec"), None)
    if not isinstance(text, str):
        text = None if found is None else found.read_text("utf-8-sig", errors="replace")
    layout = Layout(folder, alone="power_closed" in steps and "data" not in steps)
    edited = not _matches(layout.provenance)
    return RecordedRun(layout, facts, steps, damaged, inputs, _spec(text, facts), edited)


def _matches(path: Path) -> bool:
    """Return whether provenance.json matches its checksum."""
    try:
        unseal(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _folder_of(spec: Path) -> Path:
    """Return the default output folder of a spec."""
    return Path("results") / spec_in(spec.read_text("utf-8-sig", errors="replace"), spec).name


def _content(layout: Layout) -> Mapping[str, object]:
    """Return the content of provenance.json."""
    path = layout.provenance
    if not path.is_file():
        beside = sorted(each.parent.name for each in layout.out.glob("*/provenance.json"))
        hint = f"it has runs in {listing(beside)}" if beside else "run the spec first, by mlm run"
        raise UsageError(
            Fault(str(layout.out), "is no output folder of a run: provenance.json is missing", hint)
        )
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        file = path.read_bytes()
        content = json.loads(file)
        if not isinstance(content, dict):
            raise ValueError("no object")
    except (OSError, ValueError, RecursionError):
        hint = "take the folder from its backup, or run the spec again"
        raise UsageError(Fault(str(path), "cannot be read: it is damaged", hint)) from None
    if is_of_another_version(file):
        hint = "verify them by that version, or run the spec again"
        raise UsageError(Fault(str(path), f"{ANOTHER_VERSION}{_version(content)}", hint))
    return content


def _version(content: Mapping[str, object]) -> str:
    """Return the version of mlm in the facts on a run, in parentheses; empty text if there is none."""
    facts = content.get("run")
    versions = facts.get("versions") if isinstance(facts, Mapping) else None
    found = versions.get("mlm-steps") if isinstance(versions, Mapping) else None
    return f" (mlm-steps {printable(str(found))})" if found else ""


def _steps(raw: object) -> tuple[dict[str, StepEntry], tuple[str, ...]]:
    """Return the entries that can be read, and the names of the others."""
    entries: dict[str, StepEntry] = {}
    damaged = []
    for name, each in (raw if isinstance(raw, Mapping) else {}).items():
        try:
            entry = StepEntry.model_validate(each)
        except ValidationError:
            damaged.append(str(name))
            continue
        if all(map(_inside, entry.outputs)):
            entries[str(name)] = entry
        else:
            damaged.append(str(name))
    return entries, tuple(damaged)


def _inside(name: str) -> bool:
    """Return whether a name is that of a file in the output folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _inputs(folder: Path, facts: Mapping[str, object], spec: Path | None) -> list[Input]:
    """Return the inputs with their places; ``spec`` replaces the place that the run knew."""
    listed = facts.get("inputs")
    found = []
    moved: Path | None = None
    for each in listed if isinstance(listed, list) else []:
        if not isinstance(each, Mapping) or "file" not in each:
            continue
        role, file = str(each.get("role")), str(each["file"])
        place = folder / str(each.get("place", ""))
        if role == "spec":
            place = moved = place if spec is None else spec
        elif moved is not None and spec is not None:
            place = moved.parent / file
        found.append(Input(role, file, place if _is_file(place) else None, str(each.get("sha256"))))
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _spec(text: str | None, facts: Mapping[str, object]) -> PipelineSpec | None:
    """Return the spec in a text; None if there is none, or it cannot be read by this version."""
    if text is None:
        return None
    named = facts.get("spec")
    name = str(named.get("file", "pipeline.yaml")) if isinstance(named, Mapping) else "pipeline.yaml"
    try:
        return spec_in(text, Path(printable(name)))
    except SpecError:
        return None
