"""A formula is read and built, or refused at a place."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.errors import MlmError

from ..watch import limited, watched

FRAME = pd.DataFrame(
    {
        "y": np.random.default_rng(1).normal(size=60),
        "x": np.random.default_rng(2).normal(size=60),
        "z": np.random.default_rng(3).uniform(1, 2, size=60),
        "w": np.arange(60) // 6 % 4,
        "g": pd.Categorical([f"s{i // 6}" for i in range(60)]),
        "h": pd.Categorical([f"p{i % 5}" for i in range(60)]),
        "c": pd.Categorical(list("abc") * 20),
    }
)


def check(_: Path, text: str) -> None:
    """Parse a formula and build its design; each fault has a place in it, and can be printed."""
    error: MlmError | None = None
    with limited(), watched(), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            build_design(parse_formula(text), FRAME)
        except MlmError as found:
            error = found
    for fault in error.faults if error else ():
        assert str(fault).replace("\n", "").isprintable()
        # Only what concerns the model as a whole, such as more coefficients than rows, has no place in it.
        assert fault.what.startswith(("the model has", "the formula makes")) or fault.offset in range(
            len(text) + 1
        ), fault
