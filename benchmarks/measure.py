"""One task of one case by one program, in a process of its own that prints JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.base import Case, Measurement, read_frame
from benchmarks.peers import peer

CALLS = 20
"""Calls of a task in one process. ``peers/in_r.R`` makes as many."""
ENOUGH = 20.0
"""Seconds that all calls may take: a task that takes long is called fewer times, at least once."""
THREADS = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
PEERS_PYTHON = "BENCH_PYTHON"
"""Environment variable: the Python that has the other Python packages, where it is not this one."""
ROOT = Path(__file__).resolve().parents[1]


def installed(name: str) -> bool:
    """Return whether a program can be measured here."""
    return (
        shutil.which("Rscript") is not None if peer(name).module == "Rscript" else _python(name) is not None
    )


def measure(name: str, case: Case, task: str, folder: Path, limit: float) -> Measurement | None:
    """Return what a program took, in a process of its own; None for what it cannot do."""
    program = peer(name)
    rows = json.loads((folder / "columns.json").read_text(encoding="utf-8"))["rows"]
    if task not in program.tasks or rows > program.largest or not program.known.fullmatch(case.formula):
        return None
    arguments = [str(folder), case.formula, task]
    command = [str(_python(name)), "-m", "benchmarks.measure", name, *arguments]
    if program.module == "Rscript":
        command = [
            "Rscript",
            str(ROOT / "benchmarks" / "peers" / "in_r.R"),
            *arguments,
            name.replace("glmmtmb", "glmmTMB"),
        ]
    environment = os.environ | THREADS | {"PYTHONPATH": str(ROOT)}
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return Measurement(note=f"> {limit:.0f} s")
    if ended.returncode:
        print(f"{name}: {case.formula}: {ended.stderr.strip()[-500:]}", file=sys.stderr)
        return Measurement(note="failed")
    return Measurement(**json.loads(ended.stdout.splitlines()[-1]))


@cache
def _python(name: str) -> str | None:
    """Return the Python that has a package: this one before the other."""
    module = peer(name).module
    if find_spec(module) is not None:
        return sys.executable
    other = os.environ.get(PEERS_PYTHON)
    test = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    has_it = other is not None and subprocess.run([other, "-c", test], check=False).returncode == 0
    return other if has_it else None


def main(name: str, folder: str, formula: str, task: str) -> None:
    """Measure here and print."""
    warnings.simplefilter("ignore")
    run = peer(name).tasks[task](read_frame(Path(folder)), formula)
    before = _forget_peak()
    times: list[float] = []
    while sum(times) < ENOUGH and len(times) < CALLS:
        start = time.process_time()
        criterion = run()
        times.append(time.process_time() - start)
    found = {"median": median(times), "least": min(times), "calls": len(times)}
    found |= {"megabytes": max(0.0, _memory("VmHWM") - before), "criterion": criterion}
    print(json.dumps(found))


def _forget_peak() -> float:
    """Set the peak of memory to what is held now and return that, in megabytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return _memory("VmRSS")


def _memory(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


if __name__ == "__main__":
    main(*sys.argv[1:])
