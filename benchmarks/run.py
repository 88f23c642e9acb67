"""Measure every case with every program at hand: ``python -m benchmarks.run [OPTION …] [CASE …]``.

Writes ``results/benchmarks.md``, ``results/benchmarks.svg`` and the numbers as ``results/benchmarks.json``
beside this file; ``--show`` prints the page of the named cases and writes nothing. Cases that are not named
keep the numbers they had. Each measurement is a process of its own with one thread, which calls its task
twenty times, or fewer if that takes long; times are processor seconds. Python packages other than ours may
live in another environment: ``BENCH_PYTHON=/path/to/python``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.base import Measurement, write_frame
from benchmarks.cases import CASES
from benchmarks.figure import draw
from benchmarks.measure import installed, measure
from benchmarks.peers import PEERS
from benchmarks.table import Numbers, as_markdown, words

RESULTS = Path(__file__).resolve().parent / "results"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("cases", nargs="*", metavar="CASE", choices=[*CASES, []], help=", ".join(CASES))
    parser.add_argument("--limit", type=float, default=300.0, help="seconds a program may take (%(default)s)")
    parser.add_argument(
        "--only", nargs="+", choices=PEERS, default=PEERS, metavar="PROGRAM", help=", ".join(PEERS)
    )
    parser.add_argument("--show", action="store_true", help="print the cases and write nothing")
    options = parser.parse_args()
    numbers = {} if options.show else read_numbers()
    programs = [name for name in options.only if installed(name)]
    for name in options.cases or CASES:
        numbers[name] = measure_case(name, programs, options.limit)
        if not options.show:
            RESULTS.mkdir(exist_ok=True)
            write({case: numbers[case] for case in CASES if case in numbers})
    print(as_markdown(numbers, machine()))


def measure_case(name: str, programs: list[str], limit: float) -> dict[str, dict[str, Measurement]]:
    """Return per program and task what it took."""
    case = CASES[name]
    found: dict[str, dict[str, Measurement]] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_frame(case.frame(), Path(folder))
        for program in programs:
            for task in case.tasks:
                taken = measure(program, case, task, Path(folder), limit)
                if taken is not None:
                    print(f"{name:22}{program:14}{task:16}{words(taken)}", flush=True)
                    found.setdefault(program, {})[task] = taken
    return found


def read_numbers() -> Numbers:
    """Return the numbers of an earlier run that are in the present form."""
    file = RESULTS / "benchmarks.json"
    if not file.exists():
        return {}
    cases = json.loads(file.read_text(encoding="utf-8"))["cases"]
    return {
        case: {
            program: {task: Measurement(**taken) for task, taken in tasks.items()}
            for program, tasks in programs.items()
        }
        for case, programs in cases.items()
        if all("median" in taken for tasks in programs.values() for taken in tasks.values())
    }


def write(numbers: Numbers) -> None:
    """Write the three files."""
    cases = {
        case: {
            program: {task: asdict(taken) for task, taken in tasks.items()}
            for program, tasks in programs.items()
        }
        for case, programs in numbers.items()
    }
    about = {"machine": machine(), "cases": cases}
    (RESULTS / "benchmarks.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "benchmarks.md").write_text(as_markdown(numbers, machine()), encoding="utf-8")
    draw(numbers, RESULTS / "benchmarks.svg")


def machine() -> str:
    """Return processor, cores, system and versions."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
    busy = f"{os.getloadavg()[0]:.0f} processes running"
    parts = [model, f"{os.cpu_count()} cores", busy, platform.system(), f"Python {platform.python_version()}"]
    if installed("lme4"):
        program = 'cat(paste0(getRversion(), ", lme4 ", packageVersion("lme4")))'
        parts.append(
            "R "
            + subprocess.run(["Rscript", "-e", program], capture_output=True, text=True, check=True).stdout
        )
    return ", ".join(parts)


if __name__ == "__main__":
    main()
