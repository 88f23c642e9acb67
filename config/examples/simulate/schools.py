"""Simulate 50 schools, the second level of ``students.py``.

``python config/examples/simulate/schools.py [FILE]`` writes ``config/examples/data/schools.csv``, the same
bytes each time.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

SEED = 11
TARGET = Path(__file__).resolve().parents[1] / "data" / "schools.csv"
SCHOOLS = 50


def schools() -> list[tuple[str, str, int, float]]:
    """Return name, sector, number of students and climate of each school."""
    rng = np.random.default_rng(SEED)
    sectors = ("public", "private")
    return [
        (
            f"s{number:02}",
            sectors[number % 3 == 0],
            int(rng.integers(150, 1200)),
            round(float(rng.normal()), 2),
        )
        for number in range(1, SCHOOLS + 1)
    ]


def main(target: Path) -> None:
    """Write the file."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "sector", "size", "climate"))
        writer.writerows(schools())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
