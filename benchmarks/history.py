"""The times of earlier commits: ``history.jsonl``, a line for each analysis and measurement."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.taken import Taken

__all__ = ["best", "earlier", "machine", "note", "rises"]

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "benchmarks" / "history.jsonl"
LAST = 5
"""Lines of the history with which a measurement is compared."""


def note(
    analysis: str,
    runs: Mapping[str, Sequence[Taken]],
    memory: Mapping[str, float],
    *,
    load: float,
    report: bool,
) -> None:
    """Add a line: the commit, the machine, and of each run the best and the median of its repetitions.

    ``megabytes`` are those of the largest process, ``tree_megabytes`` those of all processes at a time.
    """
    line = {
        "analysis": analysis,
        **_commit(),
        "machine": machine(),
        "load": round(load, 2),
        "repeats": max(map(len, runs.values())),
        "r_markdown": report,
        "runs": {what: _numbers(taken, memory[what]) for what, taken in runs.items()},
    }
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def best(taken: Sequence[Taken]) -> Taken:
    """Return the repetition with the least processor time."""
    return min(taken, key=lambda each: each.cpu)


def _numbers(taken: Sequence[Taken], tree: float) -> dict[str, float]:
    least = best(taken)
    found = {"cpu": least.cpu, "wall": least.wall, "megabytes": least.megabytes, "tree_megabytes": tree}
    found |= {f"{name}_median": median(getattr(each, name) for each in taken) for name in ("cpu", "wall")}
    return {name: round(value, 3) for name, value in found.items()}


def rises(analysis: str, runs: Mapping[str, Sequence[Taken]], most: float) -> list[str]:
    """Return in words which runs take more processor seconds than before on this machine.

    Parameters
    ----------
    most : float
        The largest rise that is no regression, as a share of the least of the last lines.
    """
    before = earlier(analysis)
    found = []
    for what, taken in runs.items():
        known = [line["runs"][what]["cpu"] for line in before if what in line["runs"]]
        if known and best(taken).cpu > (1.0 + most) * min(known):
            rise = best(taken).cpu / min(known) - 1.0
            found.append(
                f"{analysis}, {what}: {best(taken).cpu:.2f} s after {min(known):.2f} s ({rise:+.0%})"
            )
    return found


def earlier(analysis: str) -> list[dict]:
    """Return the last lines of an analysis on this machine."""
    lines = HISTORY.read_text(encoding="utf-8").splitlines() if HISTORY.exists() else []
    found = [json.loads(line) for line in lines]
    return [line for line in found if line["analysis"] == analysis and line["machine"] == machine()][-LAST:]


def machine() -> str:
    """Return what tells machines apart: processor, cores, system and Python."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    models = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    model = next(models, platform.processor() or platform.machine())
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _commit() -> dict[str, object]:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "--short=12", "HEAD"),
            "date": git("show", "-s", "--format=%cs", "HEAD"),
            "changed": bool(git("status", "--porcelain", "--untracked-files=no", "mlm_steps")),
        }
    except (OSError, subprocess.CalledProcessError):  # an archive without its history
        return {"commit": None, "date": None, "changed": None}
