"""mlm_steps itself."""

from __future__ import annotations

import pandas as pd

from benchmarks.base import Peer, Run


def fit(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit, from the formula on."""
    from mlm_steps.design import build_design
    from mlm_steps.engine import fit_lmm

    return lambda: fit_lmm(build_design(formula, frame)).criterion


def with_df(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit and Satterthwaite's tests."""
    import mlm_steps

    def run() -> float:
        found = mlm_steps.fit(formula, frame)
        assert found.df.size
        return float(found.criterion)

    return run


def kenward_roger(frame: pd.DataFrame, formula: str) -> Run:
    """Return Kenward and Roger's tests of a fit at hand."""
    from mlm_steps.design import build_design
    from mlm_steps.engine import fit_lmm
    from mlm_steps.inference import test_coefficients

    found = fit_lmm(build_design(formula, frame))

    def run() -> float:
        test_coefficients(found, "kenward-roger", 0.95)
        return found.criterion

    return run


PEER = Peer("mlm", "mlm_steps", {"fit": fit, "df": with_df, "kenward-roger": kenward_roger})
