"""Resolve the path of the data file, and refuse files that a spec must not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mlm_steps.errors import did_you_mean, printable
from mlm_steps.spec.written import quoted

__all__ = ["Refused", "data_file", "place_beside"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class Refused(Exception):  # noqa: N818 - the caller adds its fault to the others
    """A data file that cannot or may not be read."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def data_file(file: str, spec: Path, *, allow_outside: bool) -> Path:
    """Return the path of a spec's data file, links resolved.

    Raises
    ------
    Refused
        If it is not a file, or lies neither below the spec's folder, nor below the git repository that holds
        the spec, nor below the current folder, and ``allow_outside`` is not set.
    """
    if _ADDRESS.match(file):
        raise Refused(f"{quoted(file)} is an address, not a file", "download it first")
    try:
        return _allowed(file, spec, allow_outside=allow_outside)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(f"{quoted(file)} cannot be read: {reason}") from error


def place_beside(file: str, spec: Path, *, allow_outside: bool) -> Path:
    """Return the path of another file or folder that a spec names, links resolved; it need not exist.

    Refused is raised if it lies where ``data_file`` would not read it.
    """
    if _ADDRESS.match(file):
        raise Refused(f"{quoted(file)} is an address, not a file", "download it first")
    try:
        path = _inside(file, spec, allow_outside=allow_outside)
        (path / "provenance.json").exists()  # of a name that is too long, this raises the error
        return path
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(f"{quoted(file)} cannot be read: {reason}") from error


def _inside(file: str, spec: Path, *, allow_outside: bool) -> Path:
    folder = spec.parent.resolve()
    path = (folder / file).resolve()
    if not allow_outside and not any(path.is_relative_to(root) for root in _roots(folder)):
        hint = "move it there, or allow it by --allow-outside"
        raise Refused(
            f"{quoted(file)} lies outside the spec's folder, its git repository and the current folder",
            f"{hint}{_where_a_link_looks(spec, folder)}",
        )
    return path


def _allowed(file: str, spec: Path, *, allow_outside: bool) -> Path:
    folder = spec.parent.resolve()
    path = _inside(file, spec, allow_outside=allow_outside)
    if path.is_dir():
        raise Refused(f"{quoted(file)} is a folder, not a file", "name the file in it")
    if not path.exists():
        hint = _hint_for_missing(path, file) + _where_a_link_looks(spec, folder)
        raise Refused(f"there is no file {quoted(file)}", hint)
    if not path.is_file():
        raise Refused(f"{quoted(file)} is not a regular file")
    with path.open("rb"):
        return path


def _roots(folder: Path) -> Iterator[Path]:
    """Yield the folders below which the data file may be."""
    yield folder
    yield Path.cwd().resolve()
    repository = next((up for up in (folder, *folder.parents) if (up / ".git").exists()), None)
    if repository is not None:
        yield repository


def _hint_for_missing(path: Path, file: str) -> str:
    if not Path(file).is_absolute() and Path(file).is_file():
        return "paths are relative to the spec's folder, not to the current one"
    neighbours = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, neighbours) or f"looked in {printable(str(path.parent))}"


def _where_a_link_looks(spec: Path, folder: Path) -> str:
    """Return words on the folder of relative paths if the spec is a link, else empty text."""
    if not spec.is_symlink():
        return ""
    target = printable(str(spec.resolve().parent))
    return f"; the spec is a link: paths are relative to {printable(str(folder))}, not to {target}"
