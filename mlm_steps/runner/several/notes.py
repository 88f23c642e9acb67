"""Recognise that nothing has changed since a run of several specs, without planning any of them.

The verdicts of a run are kept beside the notes of its specs. This module loads no library.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlm_steps.errors import MlmError, printable
from mlm_steps.records.whole import write_whole
from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.unchanged import NOTES, ended_before, note_of, tell
from mlm_steps.steps.run.files import file_hash
from mlm_steps.steps.run.sealed import seal, unseal

__all__ = ["FORMS", "Kept", "keep", "kept_of", "repeat_several", "state_of_note"]

FORMS = ("html", "md", "json")
"""The formats of the summary."""

States = Sequence[str | None]
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kept:
    """The verdicts of the run before.

    Attributes
    ----------
    states : list of str or None
        For each spec in the order of the page, the hash of the note of its run; None if it has no note.
    rows : dict of str to dict
        The verdict on each spec as JSON, by that hash.
    text : str
        What the run printed.
    pages : dict of str to str or None
        The hash of the page in each format.
    """

    states: States = ()
    rows: Mapping[str, Row] = field(default_factory=dict)
    text: str = ""
    pages: Mapping[str, str] | None = None

    def holds(self, root: Path, states: States) -> bool:
        """Return whether the pages show the verdicts of these notes and are as they were written."""
        return list(states) == list(self.states) and self.pages is not None and self.pages == _pages(root)


def repeat_several(requests: Sequence[RunRequest], root: Path) -> int | None:
    """Print what the run before has printed if nothing has changed since, and return its exit code.

    Return None if specs have to be planned, or the pages written.
    """
    before = [ended_before(request) for request in requests]
    ended = [found for found in before if found is not None]
    kept = kept_of(root)
    if len({out for out, _ in ended}) < len(requests):
        return None
    if not kept.holds(root, [state_of_note(request) for request in requests]):
        return None
    print(f"nothing to do: all {len(requests)} specs are current", file=sys.stderr)
    for request, (_, verdict) in zip(requests, ended, strict=True):
        if verdict.err:
            print(printable(f"{request.spec}:"), verdict.err, sep="\n", end="", file=sys.stderr)
        tell(request, verdict)
    print(kept.text, end="")
    return max(verdict.code for _, verdict in ended)


def state_of_note(request: RunRequest) -> str | None:
    """Return the hash of the note of a spec's run; None if there is none."""
    try:
        return file_hash(note_of(request))
    except OSError:
        return None


def kept_of(root: Path) -> Kept:
    """Return the verdicts that the run before kept; they are empty if there are none or they are damaged."""
    try:
        place = _place(root)
        if not place.is_file():
            return Kept()  # a pipe would block
        content: dict[str, Any] = unseal(place.read_bytes())
        return Kept(list(content["states"]), dict(content["rows"]), str(content["text"]), content["pages"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Kept()


def keep(root: Path, states: States, rows: Sequence[Row], text: str) -> None:
    """Keep the verdicts of this run and the hashes of its pages."""
    place = _place(root)
    known = {state: row for state, row in zip(states, rows, strict=True) if state is not None}
    content = {"states": list(states), "rows": known, "text": text, "pages": _pages(root)}
    with suppress(MlmError):  # the folder cannot be written: the next run writes the pages again
        write_whole(place, seal(content))


def _place(root: Path) -> Path:
    name = hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:16]
    return NOTES / f"several-{name}.json"


def _pages(root: Path) -> dict[str, str] | None:
    try:
        return {form: file_hash(root / f"summary.{form}") for form in FORMS}
    except OSError:
        return None
