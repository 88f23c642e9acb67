"""Time Kenward and Roger's tests of a random-coefficients model: 7185 pupils in 160 schools.

``python benchmarks/kenward_roger.py`` prints our time and, where Rscript with lmerTest and pbkrtest is
installed, theirs and the ratio. Both start from a fit.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as benchmarks/fit.py

import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.inference import test_coefficients

DATA = Path(__file__).resolve().parents[1] / "tests" / "reference" / "data" / "Hsb82.csv.gz"
FORMULA = "mAch ~ cses + (cses | school)"
REPEATS = 30
TARGET = 50
"""How many times as fast as pbkrtest."""

R_PROGRAM = """
suppressPackageStartupMessages(library(lmerTest))
data <- read.csv(commandArgs(TRUE)[1], colClasses = c(school = "factor"))
model <- lmer(as.formula(commandArgs(TRUE)[2]), data)
cat(median(replicate(5, system.time(coef(summary(model, ddf = "Kenward-Roger")))[["elapsed"]])))
"""


def main() -> None:
    """Print the table."""
    fit = fit_lmm(build_design(FORMULA, pd.read_csv(DATA, dtype={"school": str})))
    test_coefficients(fit, "kenward-roger", 0.95)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        test_coefficients(fit, "kenward-roger", 0.95)
        times.append(time.perf_counter() - start)
    ours = median(times)
    print(f"{FORMULA}   {fit.design.n} rows, median of {REPEATS}\n")
    print(f"{'Kenward-Roger tests':42}{1e3 * ours:8.2f} ms")
    if shutil.which("Rscript") is None:
        print("\nno Rscript: nothing to compare with")
        return
    run = subprocess.run(
        ["Rscript", "-e", R_PROGRAM, str(DATA), FORMULA], capture_output=True, text=True, check=True
    )
    theirs = float(run.stdout)
    print(
        f"{'lmerTest with pbkrtest':42}{1e3 * theirs:8.2f} ms   {theirs / ours:.0f} x ours, target {TARGET} x"
    )


if __name__ == "__main__":
    main()
