"""``glmm`` (Rust), whose fits bring Satterthwaite's degrees of freedom along."""

from __future__ import annotations

import re

import pandas as pd

from benchmarks.base import Peer, Run, Task


def with_df(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit; its columns of whole numbers are factors only as texts."""
    import glmm

    columns = frame.assign(
        **{name: frame[name].astype(str) for name in frame if frame[name].dtype.kind in "iu"}
    )
    return lambda: -2.0 * glmm.fit(columns, formula).loglik


def generalized(family: str) -> Task:
    """Return the task of a generalized model; ``cbind(k, n - k)`` becomes a share with weights."""

    def task(frame: pd.DataFrame, formula: str) -> Run:
        import glmm

        outcome, predictors = formula.split(" ~ ")
        counted = re.fullmatch(r"cbind\((\w+), (\w+) - \1\)", outcome)
        if counted is None:
            return lambda: -2.0 * glmm.fit(frame, formula, family=family).loglik
        k, n = counted.groups()
        columns = frame.assign(share=frame[k] / frame[n])
        weights = frame[n].to_numpy()
        return lambda: (
            -2.0 * glmm.fit(columns, f"share ~ {predictors}", family=family, weights=weights).loglik
        )

    return task


TASKS = {"df": with_df, "binomial": generalized("binomial"), "poisson": generalized("poisson")}
PEER = Peer("glmm", "glmm", TASKS, known=re.compile(r"(?!.*\|\|).*"))
