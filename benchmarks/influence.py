"""Time the deletion of each of 160 groups of the cross-level model: 7185 pupils in 160 schools.

``python benchmarks/influence.py`` prints our processor time and, where Rscript with lme4 is installed, that
of its ``influence(m, groups = "school")``, the ratio, and the largest difference of a coefficient. Both start
from a fit and refit the model without each school. ``--large`` times a million rows instead.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.influence.delete import delete_groups, way_of
from mlm_steps.engine.posterior.conditional_aic import conditional_aic
from mlm_steps.engine.posterior.leverage import leverages

DATA = Path(__file__).resolve().parents[1] / "tests" / "reference" / "data" / "Hsb82.csv.gz"
FORMULA = "mAch ~ cses * sector + (cses | school)"
REPEATS = 5
TARGET = 50
"""How many times as fast as lme4."""
LARGE = (1_000_000, 10_000)
"""Rows and groups of the large data."""
SEED = 3

R_PROGRAM = """
suppressPackageStartupMessages(library(lme4))
data <- read.csv(commandArgs(TRUE)[1], colClasses = c(school = "factor"))
data$sector <- factor(data$sector)
model <- lmer(as.formula(commandArgs(TRUE)[2]), data)
taken <- system.time(found <- influence(model, groups = "school"))
cat(taken[["user.self"]] + taken[["sys.self"]], as.vector(t(found$`fixed.effects[-school]`)))
"""


def main() -> None:
    """Print the times."""
    if "--large" in sys.argv[1:]:
        large()
        return
    fit = fit_lmm(build_design(FORMULA, pd.read_csv(DATA, dtype={"school": str})))
    ours, found = least(lambda: delete_groups(fit, "school"))
    near, _ = least(lambda: delete_groups(fit, "school", "one_step"))
    print(f"{FORMULA}   {fit.design.n} rows, {len(found.levels)} schools, processor time\n")
    print(f"{'refitted without each school':42}{1e3 * ours:10.1f} ms")
    print(f"{'one step without each school':42}{1e3 * near:10.1f} ms")
    if shutil.which("Rscript") is None:
        print("\nno Rscript: nothing to compare with")
        return
    run = subprocess.run(
        ["Rscript", "-e", R_PROGRAM, str(DATA), FORMULA], capture_output=True, text=True, check=True
    )
    theirs, *values = map(float, run.stdout.split())
    ratio = f"{theirs / ours:.0f} x ours, target {TARGET} x"
    print(f"{'lme4, influence(m, groups)':42}{1e3 * theirs:10.1f} ms   {ratio}")
    beta = np.array(values).reshape(found.beta.shape)
    difference = np.abs(beta - found.beta) / fit.se
    print(f"\nlargest difference of a coefficient: {difference.max():.1e} standard errors")


def least(work):
    """Return the least processor seconds of several calls, and the result."""
    taken, result = [], work()
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        taken.append(time.process_time() - start)
    return min(taken), result


def large() -> None:
    """Print the times for a million rows."""
    n, J = LARGE
    generator = np.random.default_rng(SEED)
    g, x = generator.integers(0, J, n), generator.normal(size=n)
    y = generator.normal(size=J)[g] + (1 + 0.5 * generator.normal(size=J)[g]) * x + generator.normal(size=n)
    frame = pd.DataFrame({"y": y, "x": x, "g": g.astype(str), "h": (g % 50).astype(str)})
    for formula in ("y ~ x + (x | g)", "y ~ x + (x | h)"):
        fit = fit_lmm(build_design(formula, frame))
        group = fit.design.random[0].group
        work = {
            f"groups, {way_of(fit, group)}": lambda f=fit, of=group: delete_groups(f, of, way_of(f, of)),
            "leverages of the rows": lambda f=fit: leverages(f),
            "conditional AIC": lambda f=fit: conditional_aic(f),
        }
        print(f"{formula}   {n} rows, {len(fit.design.random[0].levels)} groups, processor time\n")
        for name, step in work.items():
            start = time.process_time()
            step()
            print(f"{name:42}{time.process_time() - start:10.2f} s", flush=True)
        print()


if __name__ == "__main__":
    main()
