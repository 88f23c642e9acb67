"""Simulate reaction times of 100 participants to 50 items, every participant meeting every item.

``python config/examples/simulate/crossed.py [FILE]`` writes ``config/examples/data/crossed.csv``, the same
bytes each time.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import numpy as np

SEED = 13
TARGET = Path(__file__).resolve().parents[1] / "data" / "crossed.csv"
PARTICIPANTS, ITEMS = 100, 50
MEAN, EFFECT = 816.65, 82.77
"""Fixed effects in ms: the mean and the difference between the item categories."""
VARIANCE = {"participant": 12645.0, "participant:category": 1260.0, "item": 5960.0, "residual": 41024.0}
CORRELATION = 0.37
"""Of the random intercepts and the random category effects of the participants."""
CATEGORIES = ("ingroup", "outgroup")


def main(target: Path) -> None:
    """Write the file."""
    rng = np.random.default_rng(SEED)
    first, second = rng.standard_normal((2, PARTICIPANTS))
    intercept = math.sqrt(VARIANCE["participant"]) * first
    effect = CORRELATION * first + math.sqrt(1 - CORRELATION**2) * second
    effect = math.sqrt(VARIANCE["participant:category"]) * effect
    item = math.sqrt(VARIANCE["item"]) * rng.standard_normal(ITEMS)
    noise = math.sqrt(VARIANCE["residual"]) * rng.standard_normal((PARTICIPANTS, ITEMS))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("participant", "item", "category", "x", "rt"))
        for i in range(PARTICIPANTS):
            for j in range(ITEMS):
                category = 2 * j // ITEMS  # the first half of the items is of the first category
                x = category - 0.5
                rt = MEAN + intercept[i] + item[j] + (EFFECT + effect[i]) * x + noise[i, j]
                writer.writerow((f"p{i + 1:03}", f"i{j + 1:02}", CATEGORIES[category], x, f"{rt:.1f}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
