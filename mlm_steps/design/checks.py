"""What must hold of a formula and a frame before, and of the columns after."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.columns import Columns
from mlm_steps.design.deparse import deparse
from mlm_steps.design.expressions import Name
from mlm_steps.design.formula import Formula
from mlm_steps.design.gathering import Gathering
from mlm_steps.design.variables import Numbers
from mlm_steps.errors import DesignError, Fault, listing
from mlm_steps.language.faults import Span, formula_error, nearest

__all__ = [
    "Missing",
    "count_missing",
    "positive_weights",
    "require_columns",
    "require_kind",
    "require_more_rows",
    "require_rows",
    "require_sizes",
]

LARGEST, SMALLEST = 1e140, 1e-140
"""Sizes of a column between which sums of its squares are numbers that a computer has."""

Missing = Mapping[str, NDArray[np.bool_]]


def require_kind(formula: Formula, *, mixed: bool) -> None:
    """Refuse a mixed model without random-effects terms, and a single-level one with them."""
    if mixed and not formula.bars:
        end = len(formula.text.rstrip())
        hint = "add one, such as + (1 | group)"
        raise formula_error(formula.text, Span(end, end), "the formula has no random-effects term", hint)
    if not mixed and formula.bars:
        what = "a single-level model has no random-effects term"
        raise formula_error(formula.text, formula.bars[0].span, what, "remove it, or make the model a rung")


def require_columns(
    formula: Formula, names: Collection[Hashable], others: Mapping[str, str], *, unique: bool
) -> None:
    """Refuse columns that are not among the names of the data, or there twice; all of them at once.

    ``others`` are the columns outside the formula, by the key that names them. ``unique`` says that no name
    of the data is there twice.
    """
    for number in formula.words:
        if number.word in names:
            what = f"{number.word} is a number here, and the data have a column {number.word}"
            hint = f"write `{number.word}` for the column, or rename it"
            raise formula_error(formula.text, number.span, what, hint)
    if unique and all(name in names for name in (*formula.variables, *others.values())):
        return
    first_mention = {name.name: name for name in reversed(formula.names)}
    known = [str(name) for name in names]
    gathering = Gathering()
    for name in sorted(first_mention.values(), key=lambda name: name.span.start):
        gathering.attempt(partial(_require_column, formula.text, name, known))
    for key, column in others.items():
        gathering.attempt(partial(_require_other, key, column, known))
    gathering.settle()


def _require_column(text: str, name: Name, known: list[str]) -> None:
    if name.name not in known:
        spelt = [deparse(Name(column, name.span)) for column in known]
        raise formula_error(text, name.span, f"there is no column {name.name}", nearest(name.name, spelt))
    if known.count(name.name) > 1:
        raise formula_error(text, name.span, f"there are two columns {name.name}")


def _require_other(key: str, name: str, known: list[str]) -> None:
    if name not in known:
        purpose = "to weight by" if key == "weights" else f"for {key}"
        raise DesignError(Fault("", f"there is no column {name} {purpose}", nearest(name, known), key=key))


def require_rows(n: int, rows: NDArray[np.intp], missing: Missing) -> None:
    """Refuse n rows of which none is complete."""
    if not n:
        raise DesignError(Fault("", "the data have no rows"))
    if not rows.size:
        raise DesignError(Fault("", "no row is complete", f"missing values: {count_missing(missing)}"))


def count_missing(missing: Missing) -> str:
    """Return how many values each column misses, in words."""
    return listing(f"{name} {int(absent.sum())}" for name, absent in missing.items())


def require_more_rows(p: int, n: int) -> None:
    """Refuse as many coefficients as rows."""
    if p >= n:
        what = f"the model has {p} fixed-effect coefficients and {n} rows"
        raise DesignError(Fault("", what, "a model needs more rows than coefficients; leave out predictors"))


def positive_weights(columns: Columns, rows: NDArray[np.intp], name: str) -> NDArray[np.float64]:
    """Return the prior weights, shape (n,); DesignError with the first row that has no positive one.

    ``rows`` are the numbers of the rows in messages, counted from 0.
    """
    value = columns.value(name)
    if not isinstance(value, Numbers):
        raise DesignError(Fault("", f"the weights {name} are not numbers", key="weights"))
    bad = ~(np.isfinite(value.values) & (value.values > 0))
    if bad.any():
        first, count = int(np.argmax(bad)), int(bad.sum())
        what = f"the weight {name} is {value.values[first]:g} in row {rows[first] + 1}"
        more = f", the first of {count} rows" if count > 1 else ""
        hint = "weights are positive and finite; a row with a missing weight is left out"
        raise DesignError(Fault("", what + more, hint, key="weights"))
    return value.values


def require_sizes(names: Sequence[str], columns: NDArray[np.float64]) -> None:
    """Refuse columns (n, k) of numbers that cannot be squared; zeros alone are none."""
    if not columns.size:
        return
    sizes = np.maximum(columns.max(axis=0), -columns.min(axis=0)).tolist()
    faults = [
        Fault(
            "",
            f"{name} has values of the size {size:.0e}, the squares of which cannot be computed",
            "measure it in other units",
        )
        for name, size in zip(names, sizes, strict=True)
        if size and not SMALLEST < size < LARGEST
    ]
    if faults:
        raise DesignError(*faults)
