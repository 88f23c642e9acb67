"""The date that a report may print: one that depends on its inputs alone, never on a clock."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from mlm_steps.errors import Fault, UsageError

__all__ = ["report_date"]

VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970, as https://reproducible-builds.org/specs/source-date-epoch has it."""
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
"""Git without the settings of a repository that would run a program."""
PATIENCE = 10.0
"""Seconds after which the history of a repository is too long to be asked for a date."""


def report_date(spec: Path) -> dict[str, str]:
    """Return the date of a report and where it is from; nothing where neither source has one.

    ``SOURCE_DATE_EPOCH`` goes first; then comes the last commit of the spec, if the file is as committed.

    Raises
    ------
    UsageError
        If the variable is no number of seconds.
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
    """Return the day of the last commit of a file; None if it was changed since or is in no repository."""
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
    """Return what git prints; nothing where there is no git, or it refuses."""
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
