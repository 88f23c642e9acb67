"""Time the profiles of all parameters of a random-intercept model: 6871 students in 419 schools.

``python -m benchmarks.profile`` prints our time and, where Rscript with lme4 is installed, that of its
``confint`` and the ratio, both in CPU seconds. Both start from a fit.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as benchmarks/fit.py

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.data import workshop
from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.profile.profiles import parameters_of, profile_fit

FORMULA = "math ~ ses + (1 | schcode)"
REPEATS = 10
TARGET = 20
"""How many times as fast as lme4."""

R_PROGRAM = """
suppressPackageStartupMessages(library(lme4))
data <- read.csv(commandArgs(TRUE)[1], colClasses = c(schcode = "factor"))
model <- lmer(as.formula(commandArgs(TRUE)[2]), data)
cat(median(replicate(3, sum(system.time(confint(model, method = "profile", quiet = TRUE))[1:2]))))
"""


def main() -> None:
    """Print the table."""
    frame = workshop().astype({"schcode": str})
    fit = fit_lmm(build_design(FORMULA, frame), method="ML")
    parameters = parameters_of(fit.design)
    profile_fit(fit, parameters)
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        profile_fit(fit, parameters)
        times.append(time.process_time() - start)
    ours = median(times)
    print(f"{FORMULA}   {fit.design.n} rows, {len(parameters)} profiles, median of {REPEATS}\n")
    print(f"{'profiles':42}{1e3 * ours:8.2f} ms")
    if shutil.which("Rscript") is None:
        print("\nno Rscript: nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        frame.to_csv(path, index=False)
        run = subprocess.run(
            ["Rscript", "-e", R_PROGRAM, str(path), FORMULA], capture_output=True, text=True, check=True
        )
    theirs = float(run.stdout)
    print(f"{'lme4, confint':42}{1e3 * theirs:8.2f} ms   {theirs / ours:.0f} x ours, target {TARGET} x")


if __name__ == "__main__":
    main()
