"""Simulated studies as a frame in a file, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.power.simulation import Outcome, Simulated
from mlm_steps.power.tests import Test
from mlm_steps.records.failure import Absence, read_absence
from mlm_steps.steps.run.parquet import read_parquet

__all__ = ["frame_of", "read_beside", "read_ratios", "read_studies"]

PARQUET = b"PAR1"


def frame_of(
    found: Simulated,
    numbers: range,
    ratios: Sequence[NDArray[np.float64]] = (),
    beside: Simulated | None = None,
) -> pd.DataFrame:
    """Return one row per study: its status, and per test estimate, covariances and degrees of freedom.

    ``ratios`` are the likelihood ratio statistics, one array per smaller model; ``beside`` are the same
    studies with Kenward and Roger's tests.
    """
    columns: dict[str, object] = {"study": np.array(numbers, dtype=np.int64)}
    columns["status"] = found.status.astype(object)
    for t, outcome in enumerate(found.outcomes):
        q = range(outcome.test.q)
        columns |= {f"df_{t}": outcome.df}
        columns |= {f"estimate_{t}_{i}": outcome.estimate[:, i] for i in q}
        columns |= {f"given_{t}_{i}": outcome.given[:, i] for i in q}
        columns |= {f"vcov_{t}_{i}_{j}": outcome.vcov[:, i, j] for i in q for j in q}
        columns |= {f"given_vcov_{t}_{i}_{j}": outcome.given_vcov[:, i, j] for i in q for j in q}
    for t, outcome in enumerate(() if beside is None else beside.outcomes):
        q = range(outcome.test.q)
        columns |= {f"kr_df_{t}": outcome.df}
        columns |= {f"kr_vcov_{t}_{i}_{j}": outcome.vcov[:, i, j] for i in q for j in q}
    columns |= {f"ratio_{k}": statistics for k, statistics in enumerate(ratios)}
    return pd.DataFrame(columns)


def read_ratios(paths: Sequence[Path], count: int) -> list[NDArray[np.float64]]:
    """Return the likelihood ratio statistics in some files of studies, one array per smaller model."""
    frames = [read_parquet(path) for path in paths]
    return [
        np.concatenate([frame[f"ratio_{k}"].to_numpy(dtype=np.float64) for frame in frames])
        for k in range(count)
    ]


def read_beside(paths: Sequence[Path], found: Simulated) -> Simulated | None:
    """Return studies with Kenward and Roger's tests from files that have them; None for others."""
    frames = [read_parquet(path) for path in paths]
    if not frames or any("kr_df_0" not in frame for frame in frames):
        return None
    frame = pd.concat(frames)
    outcomes = []
    for t, outcome in enumerate(found.outcomes):
        q = outcome.test.q
        names = [f"kr_vcov_{t}_{i}_{j}" for i in range(q) for j in range(q)]
        vcov = frame[names].to_numpy(dtype=np.float64).reshape(-1, q, q)
        outcomes.append(replace(outcome, vcov=vcov, df=frame[f"kr_df_{t}"].to_numpy(dtype=np.float64)))
    return Simulated(found.status, tuple(outcomes))


def read_studies(path: Path, tests: Sequence[Test]) -> Simulated | Absence:
    """Return the studies in a file, or the record of why they are absent."""
    if not path.exists() or path.read_bytes()[: len(PARQUET)] != PARQUET:
        return read_absence(path)
    frame = read_parquet(path)

    def vector(name: str, t: int, q: int) -> NDArray[np.float64]:
        return frame[[f"{name}_{t}_{i}" for i in range(q)]].to_numpy(dtype=np.float64)

    def matrix(name: str, t: int, q: int) -> NDArray[np.float64]:
        names = [f"{name}_{t}_{i}_{j}" for i in range(q) for j in range(q)]
        return frame[names].to_numpy(dtype=np.float64).reshape(-1, q, q)

    outcomes = tuple(
        Outcome(
            test,
            estimate=vector("estimate", t, test.q),
            vcov=matrix("vcov", t, test.q),
            df=frame[f"df_{t}"].to_numpy(dtype=np.float64),
            given=vector("given", t, test.q),
            given_vcov=matrix("given_vcov", t, test.q),
        )
        for t, test in enumerate(tests)
    )
    return Simulated(frame["status"].to_numpy().astype("<U9"), outcomes)
