"""Simulate pupils in classes in schools: reading on hours spent reading, and a programme of whole schools.

``python config/examples/simulate/nested.py [FILE]`` writes ``config/examples/data/nested.csv``, the same
bytes each time. Classes are called 1, 2, ... in every school: school and class together name one.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

SEED = 4
TARGET = Path(__file__).resolve().parents[1] / "data" / "nested.csv"
SCHOOLS = 60
MEAN, HOURS, PROGRAMME = 50.0, 1.5, 3.0
"""Fixed effects in points: the mean, an hour of reading a week, the programme."""
SD = {"school": 3.0, "hours": 0.6, "class": 2.5, "residual": 7.0}


def main(target: Path) -> None:
    """Write the file."""
    rng = np.random.default_rng(SEED)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("school", "class", "pupil", "programme", "hours", "reading"))
        for school in range(1, SCHOOLS + 1):
            intercept, slope = SD["school"] * rng.standard_normal(), SD["hours"] * rng.standard_normal()
            programme = school % 2
            for class_ in range(1, int(rng.integers(2, 4)) + 1):
                class_mean = SD["class"] * rng.standard_normal()
                for pupil in range(1, int(rng.integers(6, 15)) + 1):
                    hours = round(float(rng.gamma(4.0, 1.25)), 1)
                    reading = MEAN + PROGRAMME * programme + intercept + class_mean
                    reading += (HOURS + slope) * hours + SD["residual"] * rng.standard_normal()
                    words = ("no", "yes")[programme]
                    writer.writerow((f"s{school:02}", class_, pupil, words, hours, f"{reading:.2f}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
