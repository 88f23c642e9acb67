"""``mixedlm`` (Rust)."""

from __future__ import annotations

import pandas as pd

from benchmarks.base import Peer, Run


def fit(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit."""
    import mixedlm

    return lambda: float(mixedlm.lmer(formula, frame).REMLcrit())


PEER = Peer("mixedlm", "mixedlm", {"fit": fit}, largest=1_000_000)
