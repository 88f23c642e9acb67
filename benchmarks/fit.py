"""Time one fit with Satterthwaite df: 6871 students in 419 schools, a random slope, a singular optimum.

``python benchmarks/fit.py`` prints our time and, where Rscript with lme4 and lmerTest is installed, theirs
and the ratio. The data are those of ``config/examples/workshop.yaml``.
"""

from __future__ import annotations

import os

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # before numpy is loaded: threads cost more than they bring here

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pandas as pd

import mlm_steps
from mlm_steps.design import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.inference import test_coefficients

DATA = Path(__file__).resolve().parents[1] / "config" / "examples" / "data" / "workshop.csv"
FORMULA = "math ~ ses + (ses | schcode)"
REPEATS = 30
BUDGET = 0.010
"""Seconds that a fit with df may take, from the design on."""

R_PROGRAM = """
suppressPackageStartupMessages(library(lmerTest))
data <- read.csv(commandArgs(TRUE)[1], fileEncoding = "UTF-8-BOM")
formula <- as.formula(commandArgs(TRUE)[2])
seconds <- function(run) median(replicate(10, system.time(run())[["elapsed"]]))
fit <- function() suppressMessages(lme4::lmer(formula, data))
with_df <- function() suppressMessages(coef(summary(lmerTest::lmer(formula, data))))
invisible(fit()); invisible(with_df())
cat(seconds(fit), seconds(with_df))
"""


def main() -> None:
    """Print the table."""
    data = pd.read_csv(DATA, encoding="utf-8-sig")
    design = build_design(FORMULA, data)
    whole = seconds(lambda: mlm_steps.fit(FORMULA, data).df)
    build = seconds(lambda: build_design(FORMULA, data))
    fit = seconds(lambda: fit_lmm(design))
    with_df = seconds(lambda: test_coefficients(fit_lmm(design), "satterthwaite", 0.95))
    print(f"{FORMULA}   {len(data)} rows, {data['schcode'].nunique()} groups, median of {REPEATS}\n")
    print(f"{'build_design':42}{1e3 * build:8.2f} ms")
    print(f"{'fit_lmm':42}{1e3 * fit:8.2f} ms")
    print(f"{'fit_lmm and Satterthwaite df':42}{1e3 * with_df:8.2f} ms   budget {1e3 * BUDGET:.0f} ms")
    print(f"{'mlm_steps.fit(...).df, formula to df':42}{1e3 * whole:8.2f} ms")
    if shutil.which("Rscript") is None:
        print("\nno Rscript: nothing to compare with")
        return
    lmer, lmer_test = seconds_in_r()
    print(f"{'lme4::lmer':42}{1e3 * lmer:8.2f} ms   {lmer / (build + fit):.1f} x build_design + fit_lmm")
    ratio = lmer_test / whole
    print(f"{'lmerTest: lmer and summary':42}{1e3 * lmer_test:8.2f} ms   {ratio:.1f} x mlm_steps.fit")


def seconds(run: Callable[[], object]) -> float:
    """Return the median time of a call, after one call to warm up."""
    run()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return median(times)


def seconds_in_r() -> tuple[float, float]:
    """Return lme4's time for the fit and lmerTest's for fit and summary."""
    run = subprocess.run(
        ["Rscript", "-e", R_PROGRAM, str(DATA), FORMULA], capture_output=True, text=True, check=True
    )
    fit, with_df = run.stdout.split()
    return float(fit), float(with_df)


if __name__ == "__main__":
    main()
