"""Say in words, or as JSON, what differs between two finished runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from mlm_steps.errors import Fault, MlmError, UsageError
from mlm_steps.expectations.differences import differences
from mlm_steps.expectations.finished import FinishedRun
from mlm_steps.records.changes import AREAS, ChangesRecord
from mlm_steps.steps.run.finished import read_finished

__all__ = ["compare_folders", "diff_json", "diff_lines"]

MOST_LINES = 20
"""Largest number of changes of one area that the terminal shows; ``--json`` has all of them."""


def compare_folders(first: Path, second: Path, *, rtol: float, exact: bool) -> ChangesRecord:
    """Return the differences between the runs in two folders; UsageError with the faults of both."""
    runs: list[FinishedRun] = []
    faults: list[Fault] = []
    for folder in (first, second):
        try:
            runs.append(read_finished(folder))
        except MlmError as error:
            faults += error.faults
    if faults:
        raise UsageError(*faults)
    return differences(runs[0], runs[1], str(first), rtol=rtol, exact=exact)


def diff_lines(found: ChangesRecord, first: Path, second: Path) -> Iterator[str]:
    """Yield the lines for the terminal."""
    yield f"{first} → {second}"
    for area, title in AREAS.items():
        own = [change.line for change in found.changes if change.area == area]
        if own:
            yield f"{title}:"
            yield from (f"  {line}" for line in own[:MOST_LINES])
        if len(own) > MOST_LINES:
            yield f"  and {len(own) - MOST_LINES} more; --json lists all"
    if found.software:
        yield "Software (no difference in results by itself):"
        yield from (f"  {line}" for line in found.software)
    if not found.changes:
        yield f"the same results: {found.compared} numbers agree"


def diff_json(found: ChangesRecord, first: Path, second: Path) -> str:
    """Return the differences as JSON."""
    content = {
        "runs": [str(first), str(second)],
        "same": not found.changes,
        "compared": found.compared,
        "changes": [{**change.model_dump(mode="json"), "text": change.line} for change in found.changes],
        "software": list(found.software),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
