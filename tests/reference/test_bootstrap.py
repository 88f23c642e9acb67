"""The parametric bootstrap beside lme4's bootMer: equal but for the error of simulation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps

FOLDER = Path(__file__).parent
THEIRS = json.loads((FOLDER / "bootstrap" / "bootmer.json").read_text(encoding="utf-8"))
DATA = {
    "sleepstudy": "sleepstudy.csv",
    "dyestuff": "Dyestuff.csv",
    "penicillin": "Penicillin.csv",
    "oats": "Oats.csv",
}
REPLICATES = {"sleepstudy": 2000, "dyestuff": 2000, "penicillin": 60, "oats": 60}

SIGMAS = 4.5  # standard errors of simulation; 90 comparisons stay within it with probability 0.999
KURTOSIS = 1.5  # a standard deviation of replicates is less certain than that of normal ones by up to this
TAIL = 2.67  # standard error of a normal 2.5 % percentile from one replicate, in standard deviations


@pytest.mark.parametrize("name", DATA)
def test_replicates_are_distributed_as_those_of_bootmer(name):
    theirs, B = THEIRS[name], REPLICATES[name]
    frame = pd.read_csv(FOLDER / "data" / DATA[name])
    frame = frame.astype(
        {column: str for column in ("Subject", "Batch", "plate", "sample") if column in frame}
    )
    fit = mlm_steps.fit(theirs["formula"], frame, reml=theirs["method"] == "REML")
    found = fit.bootstrap(B, seed=11)
    assert found.failed == 0
    simulated = np.sqrt(1 / B + 1 / theirs["replicates"])
    for place, parameter in enumerate(theirs["names"]):
        values, sd = found.values[parameter].dropna(), theirs["sd"][place]
        limits = found.confint(0.95).table.loc[parameter]
        assert abs(values.mean() - theirs["mean"][place]) < SIGMAS * sd * simulated, parameter
        assert abs(values.std() / sd - 1) < SIGMAS * KURTOSIS * simulated / np.sqrt(2), parameter
        assert abs(limits["low"] - theirs["low"][place]) < SIGMAS * TAIL * sd * simulated, parameter
        assert abs(limits["high"] - theirs["high"][place]) < SIGMAS * TAIL * sd * simulated, parameter
