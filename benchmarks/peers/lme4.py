"""R's lme4, with lmerTest for degrees of freedom and pbkrtest for Kenward and Roger's: see ``in_r.R``."""

from __future__ import annotations

import pandas as pd

from benchmarks.base import Peer, Run


def in_r(frame: pd.DataFrame, formula: str) -> Run:
    """Say that the task runs in R, not here."""
    raise NotImplementedError(f"{formula} with {len(frame)} rows: Rscript benchmarks/peers/in_r.R")


PEER = Peer(
    "lme4",
    "Rscript",
    dict.fromkeys(("fit", "df", "kenward-roger", "bootstrap", "profile", "binomial", "poisson"), in_r),
    1_000_000,
)
