"""Expressions are parsed with R's precedence, and faults stand at their character."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlm_steps.data.expressions.functions import FUNCTIONS
from mlm_steps.errors import FormulaError
from mlm_steps.language.functions import HINTS, SIGNATURES
from mlm_steps.language.parser import _BINDING, MAX_DEPTH, parse_expression
from mlm_steps.language.tree import Binary, Call, Column, Items, Node, Nothing, Number, Text, Truth, Unary


def shape(node: Node) -> str:
    """Return a tree with a parenthesis around each operation."""
    if isinstance(node, Binary):
        return f"({shape(node.left)} {node.operator} {shape(node.right)})"
    if isinstance(node, Unary):
        return f"({node.operator}{shape(node.operand)})"
    if isinstance(node, Call):
        return f"{node.function}({', '.join(f'{name}={shape(value)}' for name, value in node.arguments)})"
    if isinstance(node, Items):
        return "[" + ", ".join(item.text for item in node.items) + "]"
    if isinstance(node, Column):
        return node.name
    if isinstance(node, Text):
        return f"'{node.value}'"
    return (
        "NA" if isinstance(node, Nothing) else f"{node.value:g}" if isinstance(node, Number) else _truth(node)
    )


def _truth(node: Truth) -> str:
    return str(node.value).upper()


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-2^2", "(-(2 ^ 2))"),
        ("2^3^2", "(2 ^ (3 ^ 2))"),
        ("-5 %% 3", "((-5) %% 3)"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b * c %% d", "(a + (b * (c %% d)))"),
        ("a ** 2 / 3", "((a ^ 2) / 3)"),
        ("not a == 1 and b", "((!(a == 1)) and b)"),
        ("!a | b & c", "((!a) or (b and c))"),
        ("a || b && c or d", "((a or (b and c)) or d)"),
        ("x not in [a, b] and y in [1, -2]", "((x not in [a, b]) and (y in [1, -2]))"),
        ('x %in% c("a", \'b c\')', "(x in [a, b c])"),
        ("`in` > 1 and `a b` == 'x'", "((in > 1) and (a b == 'x'))"),
        ("TRUE and NA", "(TRUE and NA)"),
        ("log(base = 2, x)", "log(x=x, base=2)"),
        ("pmax(x, y, 0)", "pmax(x=x, x=y, x=0)"),
        ("cut(x, [-Inf, 0, Inf], labels = [low, 'very high'])",
         "cut(x=x, breaks=[-Inf, 0, Inf], labels=[low, very high])"),
        ("x in [1e3, .5]", "(x in [1e3, .5])"),
    ],
)  # fmt: skip
def test_operators_bind_as_in_r(text: str, tree: str) -> None:
    assert shape(parse_expression(text).root) == tree


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "the expression is empty"),
        ("x = 3", 2, "= does not compare (write ==)"),
        ("0 < x < 1", 6, "comparisons cannot be chained"),
        ("x AND y", 2, "an operator is missing before AND (write and)"),
        ("x >", 2, "there is nothing to the right of >"),
        ("(x", 0, "this parenthesis is never closed"),
        ("x in [a, b", 5, "this list is never closed"),
        ("x in []", 6, "a value is missing here"),
        ("x in [very good]", 6, "a comma is missing between two values"),
        ("x in [NA]", 6, "NA is not a value"),
        ("x in c(a)", 7, 'a value goes in quotes: "a"'),
        ("is.na(x)", 0, "expressions have no function is.na() (write missing(x))"),
        ("logg(x)", 0, "did you mean log?"),
        ("log(x, y, z)", 10, "log() takes 2 arguments"),
        ("log()", 0, "log() has no argument x"),
        ("round(x, digit = 2)", 17, "round() has no argument digit (did you mean digits?)"),
        ("if_else(x > 1, 2)", 0, "if_else() has no argument no"),
        ("x > 2)", 5, "closes nothing"),
        ("x ~ y", 2, "~ belongs to formulas"),
        ("a:b", 1, "a:b is not part of an expression"),
        ("x$y", 1, "$ is not part of an expression"),
        ("x ≥ 2", 2, "write >="),
        ('x == "a', 5, "this text is never closed"),
        ("12345678901234567890 == x", 0, "more digits than float64 keeps"),
    ],
)
def test_a_fault_stands_at_its_character(text: str, offset: int, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_expression(text)
    assert words in str(caught.value)
    assert caught.value.offset == offset


@pytest.mark.parametrize("text", ["!" * 5000 + "x", "(" * 5000, "-" * 9000 + "x", "[" * 300, "log(" * 900])
def test_deep_nesting_is_a_fault_and_no_crash(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_expression(text)


def test_long_chains_are_no_nesting() -> None:
    text = " + ".join(["x"] * 2000)
    assert parse_expression(text).columns == ("x",)
    nested = "(" * (MAX_DEPTH - 1) + "x" + ")" * (MAX_DEPTH - 1)
    assert parse_expression(nested).columns == ("x",)


def test_every_function_has_parameters_and_code() -> None:
    assert set(FUNCTIONS) == set(SIGNATURES)
    assert not set(HINTS) & set(SIGNATURES)


def test_the_page_on_expressions_names_every_function_and_operator() -> None:
    page = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text()
    assert {name for name in SIGNATURES if f"`{name}(" not in page} == set()
    operators = {operator for operator in _BINDING if f"`{operator}`" not in page}
    assert operators == set()
    for code in re.findall(r"expr: \"?([^…]+?)\"?\}", page):
        parse_expression(code)
