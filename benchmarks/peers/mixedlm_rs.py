"""``mixedlm-rs`` (Rust), with statsmodels' interface."""

from __future__ import annotations

import re

import pandas as pd

from benchmarks.base import ONE_TERM, Peer, Run


def parts(formula: str) -> tuple[str, str, str]:
    """Return the fixed part, the random columns and the grouping factor of a model with one random term."""
    fixed, columns, group = re.fullmatch(r"(.*?) \+ \((.*) \| (\w+)\)", formula).groups()  # type: ignore[union-attr]
    return fixed, columns, group


def fit(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit."""
    import mixedlm_rs

    fixed, columns, group = parts(formula)
    return lambda: -2.0 * mixedlm_rs.mixedlm(fixed, frame, groups=group, re_formula=f"~{columns}").fit().llf


PEER = Peer("mixedlm-rs", "mixedlm_rs", {"fit": fit}, known=ONE_TERM)
