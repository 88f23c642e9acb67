"""Find the date of a report, which depends only on the inputs of the report and not on a clock."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from mlm_steps.errors import Fault, UsageError

__all__ = ["report_date"]

VARIABLE = "SOURCE_DATE_EPOCH"
"""Environment variable of seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch)."""
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
"""The git command, without the settings of a repository that can run a program."""
PATIENCE = 10.0
"""Seconds after which a git command is stopped, since the history of a repository may be long."""


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


def _day(seconds: str) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        hint = "give the seconds since 1970, or unset it"
        raise UsageError(Fault(VARIABLE, f"{seconds!r} is no number of seconds", hint)) from None


@lru_cache(maxsize=8)
def _committed(path: Path, _: int) -> str | None:
    """Return the day of the last commit of a file; None if it has changed or is not in a repository."""
    if not any((folder / ".git").exists() for folder in path.parents):
        return None
    blob = _git(path, "rev-parse", f"HEAD:./{path.name}")
    content = path.read_bytes()
    header = f"blob {len(content)}\0".encode()
    known = {hashlib.new(kind, header + content).hexdigest() for kind in ("sha1", "sha256")}
    if blob not in known:
        return None
    lines = _git(path, "rev-list", "-1", "--format=%cs", "HEAD", "--", path.name).splitlines()
    return lines[-1] if len(lines) == 2 else None


def _git(path: Path, *words: str) -> str:
    """Return the output of git; return an empty text if git is not installed or fails."""
    import subprocess

    environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 (fixed words and a path)
            [*GIT, *words], cwd=path.parent, env=environment, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
