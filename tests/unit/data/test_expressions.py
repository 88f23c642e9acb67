"""Values of expressions are those of R 4, and values of the wrong kind are refused.

One rule differs from R: where a value is missing, ``in`` and ``not in`` are missing, and not FALSE and TRUE.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data.expressions.evaluate import Evaluator
from mlm_steps.data.expressions.values import Categories, Numbers, Truths
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import FormulaError
from mlm_steps.language.parser import MAX_DEPTH, parse_expression

NA = None
X = [1.5, -2.0, NA, 0.0, 7.0]
G = ["low", "mid", "low", NA, "high"]
LEVELS = ["low", "mid", "high"]


def columns() -> dict[str, TypedColumn]:
    def category(values: list[str | None], levels: list[str], *, ordered: bool = False) -> pd.Categorical:
        return pd.Categorical(values, categories=pd.Index(levels, dtype=object), ordered=ordered)

    x = np.array([math.nan if v is None else v for v in X])
    return {
        "x": TypedColumn("x", "number", x),
        "y": TypedColumn("y", "number", np.array([2.0, 3.0, 4.0, 5.0, math.nan])),
        "g": TypedColumn("g", "category", category(G, LEVELS)),
        "h": TypedColumn(
            "h", "category", category(["high", "mid", "low", "low", "low"], ["high", "mid", "low"])
        ),
        "o": TypedColumn("o", "ordered", category(G, LEVELS, ordered=True)),
        "code": TypedColumn("code", "category", category(["1", "2", "1", "2", "9"], ["1", "2", "9"])),
        "date": TypedColumn(
            "date",
            "category",
            category(
                ["2024-03-01", None, "2023-12-31", "2024-02-29", "2024-03-02"],
                ["2023-12-31", "2024-02-29", "2024-03-01", "2024-03-02"],
            ),
        ),
        "free": TypedColumn("free", "text", np.array(["ab", None, "cd", "ab", "ef"], dtype=object)),
    }


def evaluated(text: str) -> list[object]:
    value = Evaluator(parse_expression(text), columns()).value()
    if isinstance(value, Numbers):
        return [None if math.isnan(v) else float(v) for v in np.broadcast_to(value.values, 5)]
    if isinstance(value, Categories):
        return [None if c < 0 else value.levels[c] for c in np.broadcast_to(value.codes, 5)]
    assert isinstance(value, Truths)
    return [True if t else False if f else None for t, f in zip(value.true, value.false, strict=True)]


T, F = True, False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x > 0", [T, F, NA, F, T]),
        ("x > 0 and g == 'low'", [T, F, NA, F, F]),
        ("x > 0 or g == 'low'", [T, F, T, NA, T]),
        ("!(x > 0)", [F, T, NA, T, F]),
        ("missing(x) | missing(g)", [F, F, T, T, F]),
        ("g in [low, mid]", [T, T, T, NA, F]),
        ("g not in [low, mid]", [F, F, F, NA, T]),
        ("'mid' == g", [F, T, F, NA, F]),
        ("g != h", [T, F, F, NA, T]),
        ("o >= 'mid'", [F, T, F, NA, T]),
        ("'mid' > o", [T, F, T, NA, F]),
        ("date >= '2024-03-01'", [T, NA, F, F, T]),
        ("date < '2024-01-15'", [F, NA, T, F, F]),
        ("'2024-02-29' >= date", [F, NA, T, T, F]),
        ("date > '2024-02-29' and date <= '2024-03-01'", [T, NA, F, F, F]),
        ("code in [1, 9]", [T, F, T, F, T]),
        ("free == 'ab'", [T, NA, F, T, F]),
        ("x in [0, 1.5]", [T, F, NA, T, F]),
        ("x %% 3", [1.5, 1, NA, 0, 1]),
        ("x %/% 2", [0, -1, NA, 0, 3]),
        ("-x^2", [-2.25, -4, NA, 0, -49]),
        ("pmin(x, y, 1)", [1, -2, NA, 0, NA]),
        ("pmax(x, 0)", [1.5, 0, NA, 0, 7]),
        ("if_else(x > 0, x, NA)", [1.5, NA, NA, NA, 7]),
        ("if_else(missing(x), 0, x)", [1.5, -2, 0, 0, 7]),
        ("if_else(x > 0, 'up', 'down')", ["up", "down", NA, "down", "up"]),
        ("if_else(g == 'low', 'base', g)", ["base", "mid", "base", NA, "high"]),
        ("cut(x, [-2, 0, 7])", ["(0,7]", NA, NA, "(-2,0]", "(0,7]"]),
        ("cut(x, [-2, 0, 7], include.lowest = TRUE)", ["(0,7]", "[-2,0]", NA, "[-2,0]", "(0,7]"]),
        ("cut(x, [-Inf, 0, Inf], [neg, pos], right = FALSE)", ["pos", "neg", NA, "pos", "pos"]),
        ("cut(y * 1000, [1999.5, 3000.25, 5000])", [*["(2e+03,3e+03]"] * 2, *["(3e+03,5e+03]"] * 2, NA]),
        ("round(x / 7, 2)", [0.21, -0.29, NA, 0, 1]),
        ("(x > 0) + 1", [2, 1, NA, 1, 2]),
        ("as_number(code) * 2", [2, 4, 2, 4, 18]),
        ("as_number(x > 0)", [1, 0, NA, 0, 1]),
        ("log(y, base = 2)", [1, pytest.approx(1.584962500721156), 2, pytest.approx(2.321928094887362), NA]),
        ("x == 1.5 & TRUE", [T, F, NA, F, F]),
        ("x > 0 and NA", [NA, F, NA, F, NA]),
    ],
)  # fmt: skip
def test_values_are_those_of_r(text: str, expected: list[object]) -> None:
    assert evaluated(text) == expected


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("g > 2", 0, "g is text (its values are low, mid, high) and 2 is a number"),
        ("2 == g", 0, "g is text (its values are low, mid, high) and 2 is a number"),
        ("code == 1", 0, '(write "1" in quotes)'),
        ("x == 'low'", 0, "'low' is a text and x is a number"),
        ("g == 'lo'", 5, "no row has the value 'lo' (did you mean 'low'?)"),
        ("g in [low, hihg]", 11, "did you mean 'high'?"),
        ("x in [1, low]", 9, "the column holds numbers, and 'low' is a text"),
        ("g == low", 5, 'there is no column low (a text goes in quotes: "low")'),
        ("xx > 2", 0, "there is no column xx (did you mean x?)"),
        ("g < 'mid'", 0, "needs an order"),
        ("date < 'mid'", 7, "no row has the value 'mid'"),
        ("x == NA", 5, "nothing is equal to NA"),
        ("x and y > 2", 0, "a condition is needed, and this is a number"),
        ("g + 1", 0, "a number is needed, and this is text"),
        ("log(g)", 0, "log(): a number is needed"),
        ("log(x, base = y)", 0, "its argument base is a number, the same for all rows"),
        ("if_else(x, 1, 2)", 0, "its first argument is a number, not a condition"),
        ("if_else(x > 1, 1, 'a')", 0, "its values are a number and a text"),
        ("cut(x, [3, 1])", 0, "its breaks do not increase"),
        ("cut(x, 3)", 0, "its argument breaks is a list of numbers"),
        ("cut(x, [1, 2, 3], [a])", 0, "3 breaks make 2 intervals, and there are 1 labels"),
        ("as_number(g)", 0, "the text 'low' is not a number"),
        ("x in y", 5, "to the right of in stands a list"),
        ("[a, b]", 0, "a list of values cannot stand here"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_at_their_place(text: str, offset: int, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        Evaluator(parse_expression(text), columns()).value()
    assert words in str(caught.value)
    assert caught.value.offset == offset


def test_what_is_not_finite_is_told_from_what_is_missing() -> None:
    value = Evaluator(parse_expression("log(x)"), columns()).value()
    assert isinstance(value, Numbers)
    assert value.undefined is not None
    assert value.undefined.tolist() == [False, True, False, True, False]
    value = Evaluator(parse_expression("if_else(x > 0, log(x), NA)"), columns()).value()
    assert isinstance(value, Numbers)
    assert value.undefined is None or not value.undefined.any()


def test_the_deepest_expression_is_evaluated() -> None:
    depth = MAX_DEPTH - 2
    assert evaluated("-" * depth + "x")[0] == 1.5
    assert evaluated("abs(" * depth + "x" + ")" * depth)[1] == 2.0
    assert evaluated(" + ".join(["x"] * 2000))[0] == 3000.0
