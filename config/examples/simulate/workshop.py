"""Simulate the look-alike of the workshop's file: 6871 students in 419 schools, with its faults.

``python config/examples/simulate/workshop.py [FILE]`` writes ``config/examples/data/workshop.csv``, the same
bytes each time. The parameters are the estimates that the workshop prints for its last model, mathematics on
socioeconomic status, the school's type and their product.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SEED = 419
J = 419
"""Number of schools."""
TARGET = Path(__file__).resolve().parents[1] / "data" / "workshop.csv"

SIZES = {11: 1, 12: 56, 13: 53, 14: 49, 15: 49, 16: 31, 17: 44, 18: 35, 19: 32, 20: 26, 21: 15, 22: 3, 23: 1}
SIZES |= {24: 4, 25: 4, 26: 5, 27: 1, 28: 1, 29: 2, 30: 2, 31: 1, 34: 1, 35: 1, 36: 1, 37: 1}
"""Number of schools of each size, as in the original."""
CONSTANT = {"school": 32, "size": 36, "math": 62.11}
"""Every student of this school has one outcome: the variance within it is zero."""
WRONG_MEAN = {"school": 178, "size": 11, "shift": -0.070}
"""The supplied mean of ses is wrong in this school."""
MIXED = {418: 24, 419: 21}
"""Schools, with their sizes, in which the level-2 variable ``public`` varies from student to student."""

GAMMA = {"intercept": 57.7244, "ses": 4.42383, "public": -0.02632, "ses:public": -0.62520}
TAU = {"00": 3.21452, "01": -1.60491, "11": 0.80128}
"""Random intercept and slope. Their correlation is -1, so tau_11 follows from the other two."""
SIGMA2 = 62.55547
SES_MEAN, SES_BETWEEN, SES_WITHIN = 0.032, 0.464, 0.628
"""Mean of ses and its standard deviations between and within schools (intraclass correlation .353)."""
PUBLIC_SHARE = 0.733
HEADER = ("schcode", "Rid", "id", "female", "ses", "femses", "math", "ses_mean", "pro4yrc", "public")


def school_sizes(rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the number of students of each school, those with a fault where the original has them."""
    fixed = {CONSTANT["school"]: CONSTANT["size"], WRONG_MEAN["school"]: WRONG_MEAN["size"]} | MIXED
    rest = [size for size, schools in SIZES.items() for _ in range(schools)]
    for size in fixed.values():
        rest.remove(int(size))
    shuffled = iter(rng.permutation(rest))
    return np.array([fixed.get(school) or next(shuffled) for school in range(1, J + 1)], dtype=np.int64)


def main(target: Path) -> None:
    """Write the file."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:  # a byte-order mark, as the original
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows(np.random.default_rng(SEED)))


def rows(rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """Yield the students, school after school."""
    sizes = school_sizes(rng)
    school = np.repeat(np.arange(1, J + 1), sizes)
    student = rng.permutation(len(school)) + 1
    female = rng.integers(0, 2, len(school))
    ses = simulate_ses(rng, school)
    public = simulate_public(rng, school)
    college = np.where(rng.random(J) < 0.7, 1.0, np.round(rng.random(J), 4))
    outcome = simulate_outcome(rng, school, ses, public)
    for j, size, start in zip(range(1, J + 1), sizes, np.cumsum(sizes) - sizes, strict=True):
        ses_mean = math.fsum(ses[start : start + size]) / size
        ses_mean += WRONG_MEAN["shift"] if j == WRONG_MEAN["school"] else 0.0
        for i in range(start, start + size):
            numbers = (ses[i], ses[i] * female[i], outcome[i], ses_mean, college[j - 1])
            texts = [f"{number + 0.0:.12g}" for number in numbers]  # + 0.0 turns -0 into 0
            yield (j, i - start + 1, student[i], female[i], *texts, public[i])


def simulate_ses(rng: np.random.Generator, school: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return socioeconomic status, to three decimals as in the original."""
    between = SES_BETWEEN * rng.standard_normal(J)
    within = SES_WITHIN * rng.standard_normal(len(school))
    return np.clip(np.round(SES_MEAN + between[school - 1] + within, 3), -2.5, 2.5)


def simulate_public(rng: np.random.Generator, school: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 1 for the students of public schools; by chance in the schools of ``MIXED``."""
    public = (rng.random(J) < PUBLIC_SHARE).astype(np.int64)[school - 1]
    mixed = np.isin(school, list(MIXED))
    public[mixed] = rng.integers(0, 2, int(mixed.sum()))
    return public


def simulate_outcome(
    rng: np.random.Generator, school: NDArray[np.int64], ses: NDArray[np.float64], public: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return mathematics; a school's slope is an exact function of its intercept (correlation -1)."""
    intercept = math.sqrt(TAU["00"]) * rng.standard_normal(J)
    slope = TAU["01"] / TAU["00"] * intercept
    slope_of_ses = GAMMA["ses"] + GAMMA["ses:public"] * public
    mean = GAMMA["intercept"] + GAMMA["public"] * public + slope_of_ses * ses
    noise = math.sqrt(SIGMA2) * rng.standard_normal(len(school))
    outcome = np.round(mean + intercept[school - 1] + slope[school - 1] * ses + noise, 2)
    return np.where(school == CONSTANT["school"], CONSTANT["math"], outcome)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
