"""A filter or a derived column is read and evaluated, or refused at a place."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.data.expressions.evaluate import Evaluator
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import FormulaError
from mlm_steps.language.parser import parse_expression

from ..watch import limited, watched

N = 40
COLUMNS = {
    "x": TypedColumn("x", "number", np.where(np.arange(N) % 9 == 0, math.nan, np.arange(N) % 7 - 3.0)),
    "z": TypedColumn("z", "number", np.linspace(-1e300, 1e300, N)),
    "w": TypedColumn("w", "number", np.arange(N) / 7),
    "y": TypedColumn("y", "number", np.zeros(N)),
    "c": TypedColumn("c", "category", pd.Categorical(list("abcd") * 10)),
    "g": TypedColumn("g", "category", pd.Categorical([None, "1", "2.5", "a b"] * 10)),
}


def check(_: Path, text: str) -> None:
    """Evaluate text as a filter and as a column; each fault has a place in it, and can be printed."""
    for ask in ("condition", "value"):
        refused: FormulaError | None = None
        with limited(), watched(), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                getattr(Evaluator(parse_expression(text), COLUMNS), ask)()
            except FormulaError as error:
                refused = error
        assert refused is None or refused.offset in range(len(text) + 1)
        assert refused is None or str(refused).replace("\n", "").isprintable()
