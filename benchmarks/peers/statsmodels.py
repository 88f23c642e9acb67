"""statsmodels' MixedLM, in plain Python."""

from __future__ import annotations

import pandas as pd

from benchmarks.base import ONE_TERM, Peer, Run
from benchmarks.peers.mixedlm_rs import parts


def fit(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit."""
    from statsmodels.formula.api import mixedlm

    fixed, columns, group = parts(formula)
    return lambda: -2.0 * mixedlm(fixed, frame, groups=group, re_formula=f"~{columns}").fit().llf


PEER = Peer("statsmodels", "statsmodels", {"fit": fit}, largest=20_000, known=ONE_TERM)
