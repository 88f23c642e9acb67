"""Simulate the growth of 120 people over five waves, one row per person, some waves missing.

``python config/examples/simulate/wide.py [FILE]`` writes ``config/examples/data/wide.csv``, the same bytes
each time.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

SEED = 21
TARGET = Path(__file__).resolve().parents[1] / "data" / "wide.csv"
PEOPLE, WAVES = 120, 5
MEAN, GROWTH, TRAINING = 20.0, 1.2, 0.8
"""Fixed effects in points: the mean at wave 0, the growth per wave, the additional growth by training."""
SD = {"person": 3.0, "slope": 0.7, "residual": 2.0}
ABSENT = 0.08
"""Probability that a person misses a wave."""


def main(target: Path) -> None:
    """Write the file."""
    rng = np.random.default_rng(SEED)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("person", "group", *(f"score_{wave}" for wave in range(WAVES))))
        for person in range(1, PEOPLE + 1):
            trained = person % 2
            intercept, slope = SD["person"] * rng.standard_normal(), SD["slope"] * rng.standard_normal()
            growth = GROWTH + TRAINING * trained + slope
            scores = [
                MEAN + intercept + growth * wave + SD["residual"] * rng.standard_normal()
                for wave in range(WAVES)
            ]
            there = rng.random(WAVES) >= ABSENT
            cells = [f"{score:.1f}" if seen else "" for score, seen in zip(scores, there, strict=True)]
            writer.writerow((person, ("waiting", "training")[trained], *cells))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
