"""Models without one fixed-effects term, as in R's ``drop1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.build import build_design
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.matrices import Design
from mlm_steps.design.rank import independent_columns
from mlm_steps.design.update import updated_formula

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["droppable", "lost_rows"]

LOST = 1e-8
"""Share of a column's length outside the span of the smaller model below which it lies in that span."""


def droppable(
    design: Design, frame: pd.DataFrame, *, contrasts: Mapping[str, str | ContrastCoding] | None = None
) -> dict[str, Design]:
    """Return the model without each term that no other term contains, by label, on the rows of the design.

    Parameters
    ----------
    design : Design
    frame : DataFrame
        The data from which the design was built.
    contrasts : mapping of str to str or ContrastCoding, optional
        As given to ``build_design``.
    """
    formula, rows = parse_formula(design.formula), frame.iloc[design.rows]
    found = {}
    for label in _scope(formula):
        smaller = parse_formula(updated_formula(formula.text, f". ~ . - {label}"))
        coded = {name: coding for name, coding in (contrasts or {}).items() if name in smaller.variables}
        built = build_design(smaller, rows, contrasts=coded, response=design.response)
        found[label] = replace(built, weights=design.weights, rows=design.rows)
    return found


def lost_rows(whole: Design, smaller: Design) -> NDArray[np.float64]:
    """Return L, shape (q, p): L beta = 0 where X beta lies in the span of the smaller model.

    The rows are orthonormal combinations in the order of the columns, as lmerTest's, since Satterthwaite's df
    of a joint test depend on the choice of rows.
    """
    Q = np.linalg.qr(smaller.X)[0]
    outside = whole.X - Q @ (Q.T @ whole.X)
    outside -= Q @ (Q.T @ outside)
    lengths = np.linalg.norm(whole.X, axis=0)
    own = np.flatnonzero(np.linalg.norm(outside, axis=0) > LOST * lengths)
    own = own[independent_columns(outside[:, own] / lengths[own])]
    if not own.size:
        return np.zeros((0, whole.p))
    return np.asarray(np.linalg.qr(whole.X.T @ outside[:, own])[0].T, dtype=np.float64)


def _scope(formula: Formula) -> tuple[str, ...]:
    """Return the labels of the terms that no other term contains."""
    terms = [frozenset(term) for term in formula.fixed.terms]
    return tuple(
        label
        for label, term in zip(formula.fixed.labels, terms, strict=True)
        if not any(term < other for other in terms)
    )
