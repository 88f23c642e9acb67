"""What holds of every expression on the data."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mlm_steps.data.expressions.evaluate import Evaluator
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import FormulaError
from mlm_steps.language.parser import parse_expression

N = 40
RNG = np.random.default_rng(8)
X = RNG.integers(-3, 4, N).astype(float)
Z = RNG.normal(size=N).round(1)
G = RNG.choice(["a", "b", "c"], N).astype(object)
X[RNG.choice(N, 8, replace=False)] = math.nan
G[RNG.choice(N, 8, replace=False)] = None
COLUMNS = {
    "x": TypedColumn("x", "number", X),
    "z": TypedColumn("z", "number", Z),
    "g": TypedColumn("g", "category", pd.Categorical(G, categories=pd.Index(list("abc"), dtype=object))),
}
Truth = bool | None
Condition = tuple[str, Callable[[int], Truth]]
"""A condition as text, and its value in a row by the rules of R."""


def compared(name: str, sign: str, number: float) -> Condition:
    values = {"x": X, "z": Z}[name]
    operations: dict[str, Callable[[float], bool]] = {
        "<": lambda v: v < number,
        ">=": lambda v: v >= number,
        "==": lambda v: v == number,
        "!=": lambda v: v != number,
    }
    test = operations[sign]
    return f"{name} {sign} {number:g}", lambda i: None if math.isnan(values[i]) else bool(test(values[i]))


def listed(items: list[str], negated: bool) -> Condition:
    text = f"g {'not in' if negated else 'in'} [{', '.join(items)}]"
    return text, lambda i: None if G[i] is None else (G[i] in items) != negated


def both(one: Condition, other: Condition) -> Condition:
    def value(i: int) -> Truth:
        pair = (one[1](i), other[1](i))
        return False if False in pair else None if None in pair else True

    return f"({one[0]}) and ({other[0]})", value


def either(one: Condition, other: Condition) -> Condition:
    def value(i: int) -> Truth:
        pair = (one[1](i), other[1](i))
        return True if True in pair else None if None in pair else False

    return f"({one[0]} | {other[0]})", value


def negated(one: Condition) -> Condition:
    return f"!({one[0]})", lambda i: None if (v := one[1](i)) is None else not v


def absent(one: Condition) -> Condition:
    return f"missing({one[0]})", lambda i: one[1](i) is None


_leaves = st.one_of(
    st.builds(
        compared,
        st.sampled_from("xz"),
        st.sampled_from(["<", ">=", "==", "!="]),
        st.integers(-3, 3).map(float),
    ),
    st.builds(listed, st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.booleans()),
)
_conditions = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(both, inner, inner), st.builds(either, inner, inner), inner.map(negated), inner.map(absent)
    ),
    max_leaves=8,
)


@given(_conditions)
@settings(deadline=None)
def test_conditions_follow_the_logic_of_r_with_missing_values(condition: Condition) -> None:
    text, value = condition
    truths = Evaluator(parse_expression(text), COLUMNS).condition()
    expected = [value(i) for i in range(N)]
    assert truths.true.tolist() == [v is True for v in expected]
    assert truths.false.tolist() == [v is False for v in expected]


_PIECES = [
    *(
        "x",
        "z",
        "g",
        "xx",
        "`x`",
        "1",
        "0.5",
        "1e9",
        "'a'",
        '"b"',
        "NA",
        "TRUE",
        "Inf",
        "pi",
        "[a, b]",
        "[1]",
    ),
    *(
        "+",
        "-",
        "*",
        "/",
        "^",
        "%%",
        "%/%",
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "not in",
        "and",
        "or",
        "not",
        "!",
        "&",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "log(",
        "if_else(",
        "missing(",
        "cut(",
        "pmin(",
        "c(",
        "as_number(",
        "round(",
    ),
]


@given(
    st.text(max_size=40)
    | st.text(alphabet="xzg~+-*/%^()[]|&!<>=, 01'\"`.aInoNA", max_size=30)
    | st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join)
)
@settings(deadline=None, max_examples=400)
def test_any_text_has_a_value_or_is_refused_at_a_place(text: str) -> None:
    refusal = _refusal(text)
    assert refusal is None or (0 <= refusal.offset <= len(text) and refusal.faults[0].what)


def _refusal(text: str) -> FormulaError | None:
    try:
        Evaluator(parse_expression(text), COLUMNS).value()
    except FormulaError as error:
        return error
    return None
