"""Simulate response times of 40 participants in two conditions, with lapses and anticipations among them.

``python config/examples/simulate/trials.py [FILE]`` writes ``config/examples/data/trials.csv``, the same
bytes each time.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

SEED = 31
TARGET = Path(__file__).resolve().parents[1] / "data" / "trials.csv"
PARTICIPANTS, TRIALS = 40, 40
MEAN, INCONGRUENT = 6.3, 0.12
"""Fixed effects on the log of milliseconds: the mean, an incongruent stimulus."""
SD = {"participant": 0.15, "condition": 0.05, "residual": 0.25}
LAPSE, ANTICIPATION, ERROR = 0.02, 0.01, 0.05
"""Probabilities of a lapse of attention, of a response before the stimulus, and of a wrong response."""


def main(target: Path) -> None:
    """Write the file."""
    rng = np.random.default_rng(SEED)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("participant", "trial", "condition", "correct", "rt"))
        for participant in range(1, PARTICIPANTS + 1):
            intercept = SD["participant"] * rng.standard_normal()
            effect = INCONGRUENT + SD["condition"] * rng.standard_normal()
            for trial in range(1, TRIALS + 1):
                incongruent = int(rng.integers(2))
                rt = np.exp(MEAN + intercept + effect * incongruent + SD["residual"] * rng.standard_normal())
                kind = rng.random()
                if kind < LAPSE:
                    rt = rng.uniform(3000, 9000)
                elif kind < LAPSE + ANTICIPATION:
                    rt = rng.uniform(20, 180)
                correct = int(rng.random() >= ERROR)
                condition = ("congruent", "incongruent")[incongruent]
                writer.writerow((f"p{participant:02}", trial, condition, correct, f"{rt:.0f}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
