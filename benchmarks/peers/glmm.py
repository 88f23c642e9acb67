"""``glmm`` (Rust), whose fits bring Satterthwaite's degrees of freedom along."""

from __future__ import annotations

import pandas as pd

from benchmarks.base import Peer, Run


def with_df(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit; its columns of whole numbers are factors only as texts."""
    import glmm

    columns = frame.assign(
        **{name: frame[name].astype(str) for name in frame if frame[name].dtype.kind in "iu"}
    )
    return lambda: -2.0 * glmm.fit(columns, formula).loglik


PEER = Peer("glmm", "glmm", {"df": with_df})
