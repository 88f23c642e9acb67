"""Compute a range of the bootstrap replicates of one rung; other jobs compute the other ranges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.bootstrap import draw_replicates
from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.records import FitRecord
from mlm_steps.records.failure import Absence, read_absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.run.parquet import read_parquet, write_parquet
from mlm_steps.steps.run.session import Session

__all__ = ["read_replicates", "resample"]

PARQUET = b"PAR1"


def resample(session: Session, model: str, numbers: str) -> None:
    """Write a range of replicates of a rung; ``numbers`` is a range such as ``0-500``, the end excluded."""
    step = f"resample/{model}/{numbers}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        record = session.usable(model)
        if isinstance(record, Absence):
            session.pass_on(record, step, path, recorder)
            return
        fit = estimates_at_record(session, record, methods=(record.method,)).under(record.method)
        wanted, kind = range(*map(int, numbers.split("-"))), session.spec.bootstrap.kind
        found = draw_replicates(fit, kind, session.spec.seed, f"bootstrap/{model}", wanted)
        session.say(
            f"{model}: replicates {wanted.start} to {wanted.stop - 1}, {kind}: "
            f"{found.singular} singular, {found.failed} failed"
        )
        write_parquet(_frame(found, wanted), path)
        recorder.add(path)


def _frame(found: Replicates, numbers: range) -> pd.DataFrame:
    columns: dict[str, object] = {"replicate": np.array(numbers, dtype=np.int64)}
    columns["status"] = found.status.astype(object)
    columns |= {"criterion": found.criterion, "sigma": found.sigma}
    columns |= {f"beta_{i}": values for i, values in enumerate(found.beta.T)}
    columns |= {f"theta_{i}": values for i, values in enumerate(found.theta.T)}
    if found.phi is not None:
        columns["phi"] = found.phi
    return pd.DataFrame(columns)


def read_replicates(path: Path, record: FitRecord) -> Replicates | Absence:
    """Return the replicates in a file, or the record of why they are absent."""
    if not path.exists() or path.read_bytes()[: len(PARQUET)] != PARQUET:
        return read_absence(path)
    frame = read_parquet(path)

    def matrix(name: str, width: int) -> NDArray[np.float64]:
        return frame[[f"{name}_{i}" for i in range(width)]].to_numpy(dtype=np.float64)

    return Replicates(
        theta=matrix("theta", len(record.reported.theta)),
        beta=matrix("beta", record.p),
        sigma=frame["sigma"].to_numpy(dtype=np.float64),
        criterion=frame["criterion"].to_numpy(dtype=np.float64),
        status=frame["status"].to_numpy().astype("<U9"),
        phi=frame["phi"].to_numpy(dtype=np.float64) if "phi" in frame else None,
    )
