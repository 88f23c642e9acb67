"""Hash all inputs and outputs of a run again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from mlm_steps.errors import printable
from mlm_steps.steps.run.files import file_hash
from mlm_steps.steps.run.ledger import FileEntry
from mlm_steps.verify.findings import Finding
from mlm_steps.verify.recorded import RecordedRun

__all__ = ["check_inputs", "check_outputs", "check_steps", "fingerprint"]

UNHASHED = ("provenance.json",)
"""What is no output: the record itself."""
_ELSEWHERE = "mlm verify SPEC --out FOLDER says where it is, --without-inputs leaves it out"
_ROLES = {
    "spec": "the spec",
    "baseline": "the baseline",
    "run": "the record of the run to compare with",
}
HIDDEN_REMAINS = 10
"""Largest number of files that are no part of a run and are named; the others are counted."""


def fingerprint(run: RecordedRun) -> str:
    """Return a hash of the names and hashes of all outputs, without times."""
    files = {name: file.sha256 for entry in run.steps.values() for name, file in entry.outputs.items()}
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def check_inputs(run: RecordedRun) -> Iterator[Finding]:
    """Yield a finding for the spec and each data file."""
    if not run.inputs and run.facts:
        what = "the run recorded no place of its inputs; another version made it"
        yield Finding("input_unknown", "inputs", "unchecked", what)
    for each in run.inputs:
        name = printable(each.file)
        if each.path is None:
            where = _ROLES.get(each.role, "the data file")
            what = f"{where} is not where the run found it ({_ELSEWHERE})"
            yield Finding("input_missing", name, "unchecked", what)
            continue
        yield _compared("input", name, each.path, each.sha256)


def _compared(kind: str, name: str, path: Path, sha256: str, size: int | None = None) -> Finding:
    """Return whether a file has the recorded hash."""
    try:
        found, length = file_hash(path), path.stat().st_size
    except OSError as error:
        return Finding(f"{kind}_unreadable", name, "differs", f"cannot be read: {error.strerror}")
    if found == sha256:
        return Finding(kind, name, "agrees", details={"sha256": found})
    what = f"was changed after the run (SHA-256 {found[:12]}…, the run recorded {sha256[:12]}…)"
    if size is not None and length != size:
        what = f"was changed after the run: it has {length} bytes, the run wrote {size}"
    return Finding(f"{kind}_changed", name, "differs", what, {"sha256": found, "recorded": sha256})


def check_outputs(run: RecordedRun) -> Iterator[Finding]:
    """Yield a finding for each file that the run has written, and a remark on files that it has not."""
    files = {name: file for entry in run.steps.values() for name, file in entry.outputs.items()}
    for name, file in sorted(files.items()):
        yield _output(run, name, file)
    others = sorted(_others(run.layout.out, files))
    for name in others[:HIDDEN_REMAINS]:
        yield Finding("unlisted", printable(name), "remark", "is no file of the run; it was not checked")
    if len(others) > HIDDEN_REMAINS:
        what = f"{len(others) - HIDDEN_REMAINS} more files are no files of the run"
        yield Finding("unlisted", str(run.layout.out), "remark", what)


def _output(run: RecordedRun, name: str, file: FileEntry) -> Finding:
    path, shown = run.layout.out / name, printable(name)
    if path.is_file():
        return _compared("output", shown, path, file.sha256, file.size)
    what = "is missing" if not path.exists() else "is no regular file"
    return Finding("output_missing", shown, "differs", what, {"recorded": file.sha256})


def _others(out: Path, known: Collection[str]) -> Iterator[str]:
    """Yield the files of the output folder that are not known."""
    for folder, folders, files in os.walk(out):
        place = Path(folder).relative_to(out)
        if place == Path():
            folders[:] = [each for each in folders if each not in UNHASHED]
            files = [each for each in files if each not in UNHASHED]
        paths = (str(place / each) for each in files)
        yield from (name for name in paths if name not in known)


def check_steps(run: RecordedRun) -> Iterator[Finding]:
    """Yield a finding for each step that is not whole, and for models of the spec that have no step."""
    if not run.facts:
        what = "no run of this folder has come to its end"
        yield Finding("unfinished", "provenance.json", "differs", what)
    if run.edited:
        what = "was changed after the run: it does not match its checksum"
        yield Finding("ledger_edited", "provenance.json", "differs", what)
    for name in run.damaged:
        what = "the entry of this step in provenance.json cannot be read"
        yield Finding("ledger_damaged", printable(name), "differs", what)
    for name, entry in sorted(run.steps.items()):
        if entry.without:
            what = f"was made without {', '.join(entry.without)}"
            yield Finding("made_without", name, "differs", what)
        if not entry.key:
            yield Finding("withdrawn", name, "differs", "a later run withdrew it and did not make it again")
    for kind, model in _models(run):
        if f"{kind}/{model}" not in {*run.steps, *run.damaged}:
            what = "the spec has this model, and the folder has no fit of it"
            yield Finding("step_missing", model, "differs", what)


def _models(run: RecordedRun) -> list[tuple[str, str]]:
    """Return the step and the name of each model of the spec."""
    if run.spec is None:
        return []
    single = [model.name for model in run.spec.prelude]
    single += [model.name for model in run.spec.compared_models]
    return [("fit", rung.name) for rung in run.spec.rungs] + [("prelude", name) for name in single]
