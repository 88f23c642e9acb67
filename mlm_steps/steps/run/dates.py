"""Find the date of a report, which depends only on the inputs of the report and not on a clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from mlm_steps.errors import Fault, UsageError
from mlm_steps.steps.run.git import blob_hashes, git, head_state, root_of

__all__ = ["date_state", "report_date"]

VARIABLE = "SOURCE_DATE_EPOCH"
"""Environment variable of seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch)."""


def report_date(spec: Path) -> dict[str, str]:
    """Return the date of a report and its source; return an empty mapping if neither source has a date.

    The sources are first ``SOURCE_DATE_EPOCH``, then the last commit of the spec if it is unchanged.

    Raises
    ------
    UsageError
        If the variable is not a number of seconds.
    """
    seconds = os.environ.get(VARIABLE, "").strip()
    if seconds:
        return {"date": _day(seconds), "date from": VARIABLE}
    path = spec.resolve()
    committed = _committed(path, path.stat().st_mtime_ns)
    return {"date": committed, "date from": "the last commit of the spec"} if committed else {}


def date_state(spec: Path) -> list[str | None]:
    """Return what the date of a report depends on besides the spec's content, without starting a program."""
    seconds = os.environ.get(VARIABLE, "").strip()
    return [seconds, None if seconds else head_state(spec.resolve().parent)]


def _day(seconds: str) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        hint = "give the seconds since 1970, or unset it"
        raise UsageError(Fault(VARIABLE, f"{seconds!r} is no number of seconds", hint)) from None


@lru_cache(maxsize=8)
def _committed(path: Path, _: int) -> str | None:
    """Return the day of the last commit of a file; None if it has changed or is not in a repository."""
    if root_of(path.parent) is None:
        return None
    blob = git(path.parent, "rev-parse", f"HEAD:./{path.name}")
    if blob not in blob_hashes(path.read_bytes()):
        return None
    lines = git(path.parent, "rev-list", "-1", "--format=%cs", "HEAD", "--", path.name).splitlines()
    return lines[-1] if len(lines) == 2 else None
