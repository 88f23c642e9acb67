"""Who ran what, on which files, from which commit: the facts that stand in ``provenance.json`` alone.

No step depends on them and no other file holds them, so that equal inputs give equal tables and reports
whoever runs them, from whichever commit.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from mlm_steps.records.data_profile import DataProfile
from mlm_steps.spec import LoadedSpec
from mlm_steps.steps.run.git import changed_files, commit_of, git, root_of, settings_of
from mlm_steps.steps.run.layout import Layout

__all__ = ["origin"]

NAMED = 20
"""Largest number of changed files that are named; of more, the number is given."""


def origin(loaded: LoadedSpec, layout: Layout, profile: DataProfile | None) -> dict[str, object]:
    """Return who ran what, the inputs with their hashes, and the commit of the spec's folder if there is one.

    ``profile`` is None for planned studies alone.
    """
    spec = loaded.path.resolve()
    hashes = {} if profile is None else {file.file: file.sha256 for file in profile.files}
    if profile is not None:
        hashes.setdefault(profile.file, profile.file_hash)
    described = _git(spec, layout.out, list(loaded.paths.values()))
    committed = described.pop("committed", {})
    found = {
        "who": _who(described.pop("name", None)),
        "what": {
            "name": loaded.spec.name,
            "title": loaded.spec.title_or_name,
            "command": shlex.join(["mlm", "run", str(loaded.path), "--out", str(layout.out)]),
        },
        "inputs": _inputs(loaded, layout, hashes, committed if isinstance(committed, Mapping) else {}),
        **({"git": described} if described else {}),
        "spec_text": loaded.source.text,
    }
    return {key: _valid(value) for key, value in found.items()}


def _valid(value: object) -> object:
    """Return a value in which what is no character in UTF-8 is replaced, so that JSON can hold it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_valid(key): _valid(each) for key, each in value.items()}
    return [_valid(each) for each in value] if isinstance(value, list) else value


def _who(name: object) -> dict[str, object]:
    """Return the account and, if git knows it, the name of the person."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name, as in a container
        user = ""
    return {key: value for key, value in {"user": user, "name": name}.items() if value}


def _inputs(
    loaded: LoadedSpec, layout: Layout, hashes: Mapping[str, str], committed: Mapping[str, bool]
) -> list[dict[str, object]]:
    """Return role, name, place, size and hash of the spec and of each other file on which the run depends.

    These are the data files, the baselines, and provenance.json of the run that the report is compared with.

    The place is relative to the output folder, so that the two can be moved together.
    """
    spec = loaded.path.resolve()
    rows: list[dict[str, object]] = [_input("spec", loaded.path.name, spec, layout, committed)]
    rows[0]["sha256"] = hashlib.sha256(spec.read_bytes()).hexdigest()
    for name, path in loaded.paths.items():
        rows.append(_input("data", name, path, layout, committed))
        rows[-1]["sha256"] = hashes.get(name)
    baselines = {each.baseline for each in loaded.spec.expect}
    for name, path in loaded.beside.items():
        role = "baseline" if name in baselines else "run"
        # The record of this run itself changes with every run; the report says that there is no other run.
        if path.is_file() and (role == "baseline" or path != layout.provenance.resolve()):
            rows.append(_input(role, name, path, layout, committed))
            rows[-1]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return rows


def _input(
    role: str, name: str, path: Path, layout: Layout, committed: Mapping[str, bool]
) -> dict[str, object]:
    found = {
        "role": role,
        "file": name,
        "place": os.path.relpath(path, layout.out.resolve()),
        "size": path.stat().st_size,
    }
    return found | ({"committed": committed[str(path)]} if str(path) in committed else {})


def _git(spec: Path, out: Path, data: list[Path]) -> dict[str, object]:
    """Return the commit, the state of the spec's folder, and which inputs are as in the commit."""
    root, commit = root_of(spec.parent), commit_of(spec.parent)
    if root is None or not commit:
        return {}
    inside = [path for path in (spec, *data) if path.is_relative_to(root)]
    changed = changed_files(root, [spec.parent, *inside])
    own = [name for name in changed if _is_own(root / name, spec.parent, out.resolve())]
    names = [str(path.relative_to(root)) for path in inside]
    tree = git(root, "ls-tree", "-z", "--full-tree", "HEAD", "--", *names).split("\0")
    listed = {entry.partition("\t")[2] for entry in tree}
    return {
        "commit": commit,
        "folder": str(spec.parent.relative_to(root)),
        "dirty": bool(own),
        **({"changed": own[:NAMED], "changed_files": len(own)} if own else {}),
        "committed": {str(root / name): name in listed and name not in changed for name in names},
        **settings_of(spec.parent),
    }


def _is_own(path: Path, folder: Path, out: Path) -> bool:
    """Return whether a file is in the spec's folder and not a result."""
    return path.is_relative_to(folder) and not path.is_relative_to(out)
