"""Rows of the random-effects columns at chosen values of the predictors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.coding import model_matrix
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import columns_of
from mlm_steps.design.formula import Formula, parse_formula

__all__ = ["random_columns", "random_names"]

Array = NDArray[np.float64]


def random_names(formula: Formula) -> tuple[str, ...]:
    """Return the columns among the effects of the random terms."""
    variables = [variable for bar in formula.bars for variable in bar.effects.variables]
    return tuple(dict.fromkeys(name.name for variable in variables for name in columns_of(variable)))


def random_columns(
    transforms: Mapping[str, object],
    evaluator: Evaluator,
    contrasts: Mapping[str, ContrastCoding],
    n: int,
) -> tuple[Array, ...]:
    """Return the columns of each random term for n rows, shape (n, k), in the order of the design.

    Parameters
    ----------
    transforms : mapping
        ``Design.transforms`` of the fit.
    evaluator : Evaluator
        The values of the columns of these rows.
    contrasts : mapping of str to ContrastCoding
    n : int
    """
    bars = parse_formula(str(transforms["formula"])).bars
    found = []
    for part in cast("Sequence[Mapping[str, object]]", transforms["random"]):
        matrix = model_matrix(bars[int(str(part["bar"]))].effects, evaluator, contrasts, n).X
        column = part["column"]
        chosen = slice(None) if column is None else slice(int(str(column)), int(str(column)) + 1)
        found.append(np.asarray(matrix[:, chosen], dtype=np.float64))
    return tuple(found)
