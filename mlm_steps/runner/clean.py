"""Say which files of earlier runs may go, and remove them if asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from mlm_steps.errors import Fault, UsageError, listing
from mlm_steps.runner.leftovers import Leftover, leftovers, remove, strangers
from mlm_steps.runner.lock import HELD, locked
from mlm_steps.runner.status import in_use
from mlm_steps.steps.run.ledger import drop
from mlm_steps.steps.run.session import open_plan
from mlm_steps.steps.run.tabular import text_table

__all__ = ["clean"]

MOST_ROWS = 3
"""Largest number of files of one folder and for one reason that have a row each; more have one row."""


def clean(
    spec: Path, out: Path | None, *, everything: bool = False, yes: bool = False, allow_outside: bool = False
) -> Iterator[str]:
    """Yield lines on the files that may go, and remove these files if ``yes``.

    With ``everything``, these are all files that mlm has written into the output folder. UsageError is raised
    if a run is using the folder, or if a file cannot be removed.
    """
    plan = open_plan(spec, out, allow_outside=allow_outside)
    folder = plan.layout.out
    if folder.exists() and not folder.is_dir():
        raise UsageError(Fault(str(folder), "is a file, not an output folder"))
    found = leftovers(plan, everything=everything)
    former = [name for name in plan.ledger.steps if name not in plan.keys]
    kept = strangers(plan, found) if everything else []
    if yes and folder.is_dir():
        with locked(folder):
            _remove(found)
            if not everything and former:
                drop(plan.layout, former)
        if everything and found:
            with suppress(OSError):  # it is not empty
                folder.rmdir()
    elif yes:
        _remove(found)
    if not yes and in_use(folder):
        yield f"a run is using {folder}: nothing can be removed until it ends"
        kept = [name for name in kept if name != HELD]
    yield from _lines(found, folder, kept, yes=yes)


def _lines(found: list[Leftover], folder: Path, kept: list[str], *, yes: bool) -> Iterator[str]:
    total = _size(sum(each.size for each in found))
    files = f"{len(found)} file{'' if len(found) == 1 else 's'} ({total})"
    if not found:
        yield f"{folder}: there is nothing to remove"
    elif yes:
        yield f"removed {files}"
    else:
        yield f"{files} may go; nothing was removed, --yes removes them"
        yield from text_table(("file", "size", "why"), list(_rows(found)), right=(1,))
    if kept:
        yield f"kept in {folder}, since no run has written them or they have changed since: {listing(kept)}"


def _rows(found: list[Leftover]) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each file; many files of one folder for the same reason have one row."""
    for (folder, why), group in groupby(found, key=lambda each: (each.path.parent, each.why)):
        alike = list(group)
        if len(alike) > MOST_ROWS:
            yield f"{folder}/ ({len(alike)} files)", _size(sum(each.size for each in alike)), why
        else:
            yield from ((str(each.path), _size(each.size), why) for each in alike)


def _remove(found: list[Leftover]) -> None:
    faults = []
    for each in found:
        try:
            remove(each)
        except FileNotFoundError:
            continue
        except OSError as error:
            faults.append(Fault(str(each.path), f"cannot be removed: {error.strerror or error}"))
    if faults:
        raise UsageError(*faults)


def _size(size: int) -> str:
    """Return a number of bytes in words.

    Examples
    --------
    >>> _size(12), _size(2048), _size(3 * 2**20)
    ('12 B', '2.0 kB', '3.1 MB')
    """
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 10**6 else f"{size / 10**6:.1f} MB"
