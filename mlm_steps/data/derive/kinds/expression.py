"""``expr``: an expression that is computed in each row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlm_steps.data.derive.base import Made, Need, NotDerived, Rows, Way, number
from mlm_steps.data.expressions.evaluate import Evaluator
from mlm_steps.data.expressions.values import Categories, Numbers, Truths, Value, column_value
from mlm_steps.data.levels import categorical, number_label
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import FormulaError
from mlm_steps.language.parser import parse_expression
from mlm_steps.language.tree import Expression, columns_of
from mlm_steps.spec import DeriveSpec

__all__ = ["EXPRESSION"]


def _needs(spec: DeriveSpec) -> tuple[Need, ...]:
    """Return the columns that the expression names, each at its first place."""
    expression = parse_expression(spec.expr or "")
    first: dict[str, int] = {}
    for column in columns_of(expression.root):
        first.setdefault(column.name, column.span.start)
    return tuple(Need("expr", name, offset=offset) for name, offset in first.items())


def _make(spec: DeriveSpec, rows: Rows) -> Made:
    expression = parse_expression(spec.expr or "")
    try:
        value = Evaluator(expression, rows.columns).value()
    except FormulaError as error:
        (fault,) = error.faults
        raise NotDerived(
            fault.what, fault.hint, keys=("expr",), offset=error.offset, excerpt=fault.excerpt
        ) from None
    if isinstance(value, Numbers):
        _require_finite(expression, value, rows)
        return Made(number(rows.name, _spread(value.values, rows.n)))
    return Made(_category(rows, value))


def _spread(values: np.ndarray, n: int) -> np.ndarray:
    """Return an array with an element for each row."""
    return values if values.ndim else np.full(n, values)


def _require_finite(expression: Expression, value: Numbers, rows: Rows) -> None:
    """Refuse results that are not finite although the columns have values, in rows that count."""
    if value.undefined is None:
        return
    undefined = _spread(value.undefined, rows.n) & rows.basis
    if not undefined.any():
        return
    row = int(np.argmax(undefined))
    shown = []
    for name in expression.columns:
        column = column_value(rows.columns[name])
        if isinstance(column, Numbers):
            shown.append(f"{name} = {number_label(float(column.values[row]))}")
    where = f" where {', '.join(shown)}" if shown else ""
    count = int(undefined.sum())
    what = f"{expression.text.strip()} is not a finite number in {count} row{'s' * (count > 1)}, first{where}"
    hint = "filter these rows, or make them missing: if_else(condition, value, NA)"
    raise NotDerived(what, hint, keys=("expr",), offset=0)


def _category(rows: Rows, value: Value) -> TypedColumn:
    """Return a category of texts, or of FALSE and TRUE."""
    if isinstance(value, Categories):
        codes, levels, ordered = _spread(value.codes, rows.n), value.levels, value.ordered
    elif isinstance(value, Truths):
        codes = _spread(np.where(value.true, 1, np.where(value.false, 0, -1)), rows.n)
        levels, ordered = ("FALSE", "TRUE"), False
    else:
        raise NotDerived("the expression is NA in all rows", keys=("expr",), offset=0)
    made = categorical(codes, levels, ordered=ordered)
    if ordered:
        return TypedColumn(rows.name, "ordered", made, "poly")
    return TypedColumn(rows.name, "category", made, "treatment", coded=isinstance(value, Truths))


EXPRESSION: Mapping[str, Way] = {"expr": Way(lambda spec: " ".join((spec.expr or "").split()), _needs, _make)}
