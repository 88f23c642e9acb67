"""Pack a run as a Workflow Run RO-Crate (https://w3id.org/ro/wfrun/workflow, version 0.5).

The crate has the spec, the data, the workflow and all outputs, each with its hash, and says who ran what and
when. It is made from a run that is as it was recorded, and equal runs at equal times give equal bytes.
"""

from __future__ import annotations

import mimetypes
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mlm_steps.errors import Fault, UsageError, printable
from mlm_steps.report.share import share
from mlm_steps.steps.run.files import file_hash
from mlm_steps.verify.files import check_inputs, check_outputs
from mlm_steps.verify.recorded import RecordedRun

__all__ = ["crate_of", "default_path"]

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
"""The profiles of RO-Crate that the crate conforms to, with their names and versions."""
INPUTS, RESULTS, WORKFLOW = "inputs", "results", "workflow"
"""The folders of the crate."""
FIRST_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive, the first that the format knows: equal crates have equal bytes."""
NO_LICENCE = "No licence is stated. Ask the authors before you use the files."


@dataclass(frozen=True, slots=True)
class _Place:
    """An input, its path in the crate, and the name of its parameter."""

    source: Path
    inside: str
    parameter: str
    name: str


def default_path(run: RecordedRun) -> Path:
    """Return the archive beside the output folder that holds its crate."""
    out = run.layout.out.resolve()
    return run.layout.out.parent / f"{out.name}.crate.zip"


def crate_of(
    run: RecordedRun, out: Path, *, licence: str | None = None, with_data: bool = True, force: bool = False
) -> tuple[str, ...]:
    """Write the crate of a run; return what was done, a line each.

    Parameters
    ----------
    run : RecordedRun
    out : Path
        A folder, or an archive if the name ends with ``.zip``.
    licence : str, optional
        Address or words of the licence of the files.
    with_data : bool
        Whether the data files are in the crate; otherwise it has their names and hashes alone.
    force : bool
        Whether an archive that exists is replaced.

    Raises
    ------
    UsageError
        If the package rocrate is not installed, the run is not as it was recorded, or ``out`` exists.
    """
    _require_free(run, out, force=force)
    _require_intact(run)
    crate = _crate()
    _describe(crate, run, licence or NO_LICENCE, with_data=with_data)
    try:
        _write(crate, out)
    except OSError as error:
        raise UsageError(Fault(str(out), f"cannot be written: {error.strerror or error}")) from error
    files = sum("File" in _as_list(entity.type) for entity in crate.data_entities)
    left = () if with_data else ("the data files are not in it; it has their names and hashes",)
    return (f"wrote {out}: {files} files and ro-crate-metadata.json", *left)


def _crate() -> Any:
    """Return an empty crate; UsageError if the package is not installed."""
    try:
        from rocrate.rocrate import ROCrate
    except ImportError:
        what, hint = "the package rocrate is not installed", "pip install 'mlm-steps[rocrate]'"
        raise UsageError(Fault("mlm crate", what, hint)) from None
    return ROCrate(version="1.1")


def _require_free(run: RecordedRun, out: Path, *, force: bool) -> None:
    """Raise UsageError for a place that exists, has no folder, or is in the folder of the run."""
    if out.resolve().is_relative_to(run.layout.out.resolve()):
        raise UsageError(Fault(str(out), "is in the folder of the run", "choose a place outside"))
    if not out.resolve().parent.is_dir():
        raise UsageError(Fault(str(out), "its folder does not exist", "make it first"))
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(Fault(str(out), "is a folder with files", "choose another with --out"))
    if out.is_file() and not (force and _is_archive(out)):
        raise UsageError(Fault(str(out), "there is a file of this name", "replace it by --force"))


def _is_archive(out: Path) -> bool:
    return out.suffix.lower() == ".zip"


def _require_intact(run: RecordedRun) -> None:
    """Raise UsageError with every file that is not as the run recorded it."""
    if not run.facts or not run.inputs:
        what = "the run has not come to its end, or another version made it"
        raise UsageError(Fault(str(run.layout.out), what, "run the spec again"))
    found = [*check_inputs(run), *check_outputs(run)]
    faults = [Fault(each.subject, each.what) for each in found if each.status in ("differs", "unchecked")]
    if faults:
        raise UsageError(*faults)


def _describe(crate: Any, run: RecordedRun, licence: str, *, with_data: bool) -> None:
    """Enter workflow, inputs, outputs and the run itself."""
    started, ended = _times(run)
    title = str(run.of("what").get("title") or run.layout.out.name)
    crate.name, crate.license = title, licence
    crate.description = f"A multilevel analysis by mlm-steps: {title}."
    crate.datePublished = datetime.fromisoformat(ended)
    crate.root_dataset["conformsTo"] = [_profile(crate, each) for each in PROFILES]
    workflow = _workflow(crate, run)
    places = list(_places(run))
    crate.description += f" Check it by: mlm verify {places[0].inside} --out {RESULTS}"
    inputs = [_input(crate, workflow, each, with_data=with_data) for each in places]
    outputs = list(_outputs(crate, workflow, run))
    action = crate.add_action(
        workflow, identifier="#run", object=inputs, result=outputs,
        properties={
            "name": f"Run of {title}",
            "startTime": started,
            "endTime": ended,
            "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            "description": _words(run),
        },
    )  # fmt: skip
    person = _person(crate, run)
    if person is not None:
        action["agent"] = person
    crate.root_dataset["mentions"] = [action, *_software(crate, run)]


def _times(run: RecordedRun) -> tuple[str, str]:
    """Return when the first step began and when the last one ended."""
    begun = [(datetime.fromisoformat(entry.started), entry.seconds) for entry in run.steps.values()]
    ends = [start + timedelta(seconds=seconds) for start, seconds in begun]
    first, last = min(start for start, _ in begun), max(ends)
    return first.isoformat(timespec="milliseconds"), last.isoformat(timespec="milliseconds")


def _entity(crate: Any, identifier: str, **properties: object) -> Any:
    """Add an entity that is no file."""
    from rocrate.model.contextentity import ContextEntity

    return crate.add(ContextEntity(crate, identifier, properties=_typed(properties)))


def _typed(properties: Mapping[str, object]) -> dict[str, object]:
    """Return properties with the key of their type as RO-Crate writes it."""
    return {("@type" if key == "kind" else key): value for key, value in properties.items()}


def _profile(crate: Any, address: str) -> Any:
    name, version = PROFILES[address]
    return _entity(crate, address, kind="CreativeWork", name=name, version=version)


def _workflow(crate: Any, run: RecordedRun) -> Any:
    """Add the Snakefile and its rules; return the Snakefile."""
    folder, versions = share("workflow"), run.of("versions")
    main = crate.add_workflow(
        str(folder / "Snakefile"), f"{WORKFLOW}/Snakefile", main=True, lang="snakemake",
        lang_version=str(versions.get("snakemake", "")) or None,
        properties={"name": "The workflow of mlm-steps", **_size(folder / "Snakefile")},
    )  # fmt: skip
    for path in sorted((folder / "rules").glob("*.smk")):
        crate.add_file(
            str(path), f"{WORKFLOW}/rules/{path.name}", properties={"name": path.name, **_size(path)}
        )
    return main


def _size(path: Path) -> dict[str, object]:
    """Return size, hash and format of a file as properties."""
    known = {
        ".parquet": "application/vnd.apache.parquet",
        ".yaml": "application/yaml",
        ".md": "text/markdown",
    }
    kind = known.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    found: dict[str, object] = {"contentSize": str(path.stat().st_size), "sha256": file_hash(path)}
    return found | ({"encodingFormat": kind} if kind else {})


def _places(run: RecordedRun) -> Iterator[_Place]:
    """Yield the inputs with their paths in the crate, which lie to one another as on the disk."""
    spec = run.spec_path
    assert spec is not None  # noqa: S101 - the run is intact
    folder = Path(os.path.abspath(spec.parent))  # noqa: PTH100 - links stay as they are
    data = [each for each in run.inputs if each.role != "spec"]
    written = {each.file: Path(os.path.normpath(folder / each.file)) for each in data}
    common = Path(os.path.commonpath([folder, *(path.parent for path in written.values())]))
    yield _Place(spec, f"{INPUTS}/{(folder / spec.name).relative_to(common).as_posix()}", "spec", spec.name)
    for number, each in enumerate(data, start=1):
        inside = written[each.file].relative_to(common).as_posix()
        if each.path is not None:
            yield _Place(each.path, f"{INPUTS}/{inside}", f"{each.role}-{number}", each.file)


def _parameter(crate: Any, workflow: Any, side: str, name: str, description: str) -> Any:
    """Add a formal parameter of the workflow."""
    profile = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
    found = crate.add_formal_parameter(
        name, "File" if name != "tables" else "Dataset", identifier=f"#{side}-{name}",
        properties={"description": description, "conformsTo": {"@id": profile}},
    )  # fmt: skip
    workflow.append_to(side, found)
    return found


def _input(crate: Any, workflow: Any, each: _Place, *, with_data: bool) -> Any:
    """Add an input; a data file that is left out is described by its hash alone."""
    words = {
        "spec": "The spec of the analysis",
        "data": "A data file",
        "baseline": "Numbers to be found again",
    }
    description = words.get(each.parameter.partition("-")[0], "An input")
    parameter = _parameter(crate, workflow, "input", each.parameter, description)
    about: dict[str, object] = {"name": printable(each.name), **_size(each.source)}
    if with_data or not each.parameter.startswith("data-"):
        found = crate.add_file(str(each.source), each.inside, properties=about)
    else:
        absent = "This file is not in the crate. Its SHA-256 identifies it."
        found = _entity(crate, f"#{each.parameter}", kind="CreativeWork", description=absent, **about)
    found["exampleOfWork"] = parameter
    return found


def _outputs(crate: Any, workflow: Any, run: RecordedRun) -> Iterator[Any]:
    """Add and yield all files that the run has written; reports are examples of parameters."""
    names = sorted({name for entry in run.steps.values() for name in entry.outputs})
    for name in [*names, run.layout.provenance.name]:
        path = run.layout.out / name
        found = crate.add_file(str(path), f"{RESULTS}/{name}", properties={"name": name, **_size(path)})
        if "/" not in name:
            parameter = name.replace(".", "-")
            found["exampleOfWork"] = _parameter(
                crate, workflow, "output", parameter, _OUTPUTS.get(name, name)
            )
        yield found


_OUTPUTS = {
    "report.html": "The report, one file",
    "report.md": "The report in Markdown",
    "provenance.json": "Who ran what, and the hash of every file",
}


def _words(run: RecordedRun) -> str:
    """Return command, commit and seed in words."""
    what, git = run.of("what"), run.of("git")
    parts = [f"Command: {what['command']}."] if "command" in what else []
    if "commit" in git:
        state = " with changes" if git.get("dirty") else ""
        where = f" of {git['repository']}" if "repository" in git else ""
        parts.append(f"Commit {git['commit']}{where}{state}.")
    return " ".join([*parts, f"Seed: {run.facts.get('seed')}."])


def _person(crate: Any, run: RecordedRun) -> Any | None:
    """Add the person who ran the analysis; None if nobody is known."""
    who = run.of("who")
    name = who.get("name") or who.get("user")
    return _entity(crate, "#agent", kind="Person", name=name) if name else None


def _software(crate: Any, run: RecordedRun) -> Iterator[Any]:
    """Add and yield the programs that the run used."""
    for name, version in sorted(run.of("versions").items()):
        yield _entity(
            crate, f"#software-{name}", kind="SoftwareApplication", name=name, softwareVersion=str(version)
        )


def _write(crate: Any, out: Path) -> None:
    """Write a crate to a folder, or to an archive whose bytes do not depend on the clock."""
    with tempfile.TemporaryDirectory(dir=out.resolve().parent, prefix=f".{out.name}.") as name:
        made = Path(name) / "crate"
        crate.write(str(made))
        if not _is_archive(out):
            shutil.copytree(made, out, dirs_exist_ok=True)
            return
        packed = Path(name) / "crate.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(each for each in made.rglob("*") if each.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(made).as_posix(), FIRST_TIME)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, path.read_bytes())
        packed.replace(out)


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
