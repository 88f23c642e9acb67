"""CPU time of reading, joining and deriving two large files, beside pandas and polars, and of a whole run.

``python -m benchmarks.prepare`` writes 2 000 000 students of 20 000 schools and the schools to a folder of
its own. Each program reads both files, joins them by the school, and derives the group mean and the deviation
from it, in a process of its own. Then ``mlm run`` fits three rungs; its memory is that of the largest
process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

ROWS, SCHOOLS = 2_000_000, 20_000
REPEATS = 3
BUDGETS = {"times the faster of the others": 2.0, "CPU seconds of a run": 60.0, "MB of a run": 1000.0}
SPEC = """\
version: 1
name: prepare
data:
  file: students.csv
  join: [{file: schools.csv, on: school}]
  columns: {school: {type: group}}
  derive:
    x_w: {center: x, within: school}
    x_m: {mean: x, within: school}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | school)"}
  - {name: l1, formula: "y ~ x_w + (1 | school)"}
  - {name: l2, formula: "y ~ x_w + sector + (x_w | school)"}
"""


def main() -> None:
    """Print the figures beside their budgets."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        programs = [program for program in PROGRAMS if program == "mlm" or find_spec(program) is not None]
        best = {program: min(_measured(program, folder) for _ in range(REPEATS)) for program in programs}
        print(f"reading, joining and deriving {ROWS} rows, CPU seconds, best of {REPEATS}\n")
        for program, seconds in best.items():
            print(f"{program:34}{seconds:8.2f}")
        found = [best["mlm"] / min(seconds for other, seconds in best.items() if other != "mlm")]
        found += _whole_run(folder)
        print()
        for (what, budget), value in zip(BUDGETS.items(), found, strict=True):
            print(f"{what:34}{value:8.2f}   budget {budget:.1f}   {value / budget:.2f} of it")


def write(folder: Path) -> None:
    """Write the two files and the spec, the same bytes each time."""
    rng = np.random.default_rng(3)
    school, x, z = rng.integers(1, SCHOOLS + 1, ROWS), rng.normal(size=ROWS), rng.normal(size=ROWS)
    u = rng.normal(size=(SCHOOLS + 1, 2)) @ np.array([[0.7, 0.15], [0.0, 0.3]])
    private = np.arange(SCHOOLS + 1) % 3 == 0
    y = 1 + 0.5 * x + 0.2 * z + 0.3 * private[school] + u[school, 0] + u[school, 1] * x
    students = {"school": school, "x": x.round(4), "z": z.round(4), "grade": rng.integers(1, 7, ROWS)}
    students["y"] = (y + rng.normal(size=ROWS)).round(4)
    pd.DataFrame(students).to_csv(folder / "students.csv", index=False)
    schools = {"school": np.arange(1, SCHOOLS + 1), "sector": np.where(private[1:], "private", "public")}
    schools["size"] = rng.integers(100, 2000, SCHOOLS)
    pd.DataFrame(schools).to_csv(folder / "schools.csv", index=False)
    (folder / "prepare.yaml").write_text(SPEC, encoding="utf-8")


def _measured(program: str, folder: Path) -> float:
    """Return the CPU seconds of one program in a process of its own, imports excluded."""
    command = [sys.executable, "-m", "benchmarks.prepare", program, str(folder)]
    root = Path(__file__).resolve().parents[1]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True)
    return float(json.loads(ended.stdout))


def _whole_run(folder: Path) -> tuple[float, float]:
    """Return CPU seconds and MB of ``mlm run`` with nothing cached."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "mlm_steps", "run", "prepare.yaml", "--out", "out"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_maxrss / 1024


def _mlm(folder: Path) -> Callable[[], object]:
    """Return the preparation by this package: files to typed and derived columns."""
    import pyarrow.csv  # noqa: F401 - its import is not part of the time

    from mlm_steps.data.combine.combined import combine
    from mlm_steps.data.derive.apply import Deriver
    from mlm_steps.data.derive.plan import plan_derivations
    from mlm_steps.data.places import Places
    from mlm_steps.data.types import type_column
    from mlm_steps.spec import load_spec

    loaded = load_spec(folder / "prepare.yaml")
    data, places = loaded.spec.data, Places(loaded)

    def run() -> object:
        table = combine(loaded, places).table
        columns = {raw.name: type_column(raw, data.columns.get(raw.name), data) for raw in table.columns}
        plan = plan_derivations(data.derive, columns, places, loaded.unread)
        return Deriver(plan, data, places).derive(plan.planned, columns, np.ones(table.rows, dtype=bool))

    return run


def _pandas(folder: Path) -> Callable[[], object]:
    def run() -> object:
        students, schools = pd.read_csv(folder / "students.csv"), pd.read_csv(folder / "schools.csv")
        frame = students.merge(schools, how="left", on="school", validate="many_to_one")
        frame["x_m"] = frame.groupby("school")["x"].transform("mean")
        frame["x_w"] = frame["x"] - frame["x_m"]
        return frame.astype({"school": "category", "sector": "category"})

    return run


def _polars(folder: Path) -> Callable[[], object]:
    import polars as pl

    def run() -> object:
        students, schools = pl.read_csv(folder / "students.csv"), pl.read_csv(folder / "schools.csv")
        frame = students.join(schools, on="school", how="left", validate="m:1")
        frame = frame.with_columns(x_m=pl.col("x").mean().over("school"))
        return frame.with_columns(pl.col("sector").cast(pl.Categorical), x_w=pl.col("x") - pl.col("x_m"))

    return run


PROGRAMS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "mlm": _mlm,
    "pandas": _pandas,
    "polars": _polars,
}


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        prepared = PROGRAMS[sys.argv[1]](Path(sys.argv[2]))
        start = time.process_time()
        prepared()
        print(json.dumps(time.process_time() - start))
