"""Simulate students of the schools of ``schools.py``: mathematics on status and on the parents' education.

``python config/examples/simulate/students.py [FILE]`` writes ``config/examples/data/students.csv``, the same
bytes each time. The students of school s51 are in no school of ``schools.csv``.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from schools import schools

SEED = 12
TARGET = Path(__file__).resolve().parents[1] / "data" / "students.csv"
MEAN, STATUS, PRIVATE, CLIMATE = 50.0, 2.5, 3.0, 1.5
"""Fixed effects in points: the mean, a unit of status, a private school, a unit of climate."""
EDUCATION = {"none": -3.0, "primary": -2.5, "lower secondary": -2.0, "upper secondary": 0.0, "bachelor": 2.0,
             "master": 2.5}  # fmt: skip
"""Effect of the parents' education in points, by level."""
SHARES = (0.05, 0.1, 0.2, 0.35, 0.2, 0.1)
SD = {"school": 2.0, "slope": 1.0, "residual": 6.0}


def main(target: Path) -> None:
    """Write the file."""
    rng = np.random.default_rng(SEED)
    levels = list(EDUCATION)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("student", "school", "status", "parents", "math"))
        for school, sector, _, climate in [*schools(), ("s51", "public", 0, 0.0)]:
            intercept, slope = SD["school"] * rng.standard_normal(), SD["slope"] * rng.standard_normal()
            middle = MEAN + PRIVATE * (sector == "private") + CLIMATE * climate + intercept
            school_status = 0.4 * rng.standard_normal()
            for student in range(1, int(rng.integers(12, 25)) + 1):
                status = round(float(school_status + rng.standard_normal()), 2)
                parents = levels[int(rng.choice(len(levels), p=SHARES))]
                math = middle + (STATUS + slope) * status + EDUCATION[parents]
                math += SD["residual"] * rng.standard_normal()
                writer.writerow((f"{school}-{student:02}", school, status, parents, f"{math:.2f}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
