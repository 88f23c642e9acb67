"""What formulas say, and where they are wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.deparse import deparse, format_label, format_number
from mlm_steps.design.formula import place_as_written
from mlm_steps.errors import FormulaError


@pytest.mark.parametrize(
    ("right", "labels", "intercept"),
    [
        ("1", [], True),
        ("0 + x", ["x"], False),
        ("x - 1", ["x"], False),
        ("x - 1 + 1", ["x"], True),
        ("x - 0", ["x"], True),
        ("-1 + x", ["x"], False),
        ("a * b", ["a", "b", "a:b"], True),
        ("b:a + a", ["a", "b:a"], True),
        ("b + a:b", ["b", "b:a"], True),
        ("a/b/c", ["a", "a:b", "a:b:c"], True),
        ("(a + b)/c", ["a", "b", "a:b:c"], True),
        ("(a + b + c)^2 - a:b", ["a", "b", "c", "a:c", "b:c"], True),
        ("(a + b)^1000000", ["a", "b", "a:b"], True),
        ("a %in% b", ["a:b"], True),
        ("a + a + (a)", ["a"], True),
        ("x**2", ["x"], True),
        ("a:1", [], True),
        ("a %in% 1", ["a"], True),
        ("1/a", [], True),
        ("a - (b - a)", ["a"], True),
        ("(1 + a) * (1 + b)", ["a", "b", "a:b"], True),
        ("-x + a", ["a"], True),
        ("I(Days-4.5)+I( x^2 )+I(x/1000)", ["I(Days - 4.5)", "I(x^2)", "I(x/1000)"], True),
        ("poly(x,degree=2)", ["poly(x, degree = 2)"], True),
        ("C(f,'contr.sum')", ['C(f, "contr.sum")'], True),
        ("`odd name`:x", ["`odd name`:x"], True),
        ("log( `odd name` )", ["log(`odd name`)"], True),
        ("`x`", ["x"], True),
    ],
)
def test_terms_have_the_labels_and_order_of_r(right: str, labels: list[str], intercept: bool) -> None:
    fixed = parse_formula(f"y ~ {right}").fixed
    assert list(fixed.labels) == labels
    assert fixed.intercept is intercept


@pytest.mark.parametrize(
    ("bars", "groups"),
    [
        ("(1 | g)", ["g"]),
        ("((1 | g))", ["g"]),
        ("(1 | a/b)", ["b:a", "a"]),
        ("(1 | a/b/c)", ["c:(b:a)", "b:a", "a"]),
        ("(1 | a:b)", ["a:b"]),
        ("(1 | a:b:c)", ["a:b:c"]),
        ("(1 | a*b)", ["a", "b", "a:b"]),
        ("(1 | a + b)", ["a", "b"]),
        ("(1 | (a))", ["a"]),
        ("(1 | factor(g))", ["factor(g)"]),
        ("(1 | `my group`)", ["my group"]),
        ("(x | g) + (0 + z | g)", ["g", "g"]),
    ],
)
def test_bars_are_expanded_as_lme4_does(bars: str, groups: list[str]) -> None:
    assert [bar.group.label for bar in parse_formula(f"y ~ x + {bars}").bars] == groups


@pytest.mark.parametrize(
    "bar", ["1|g", "1 | g", "x | g", "1 + x | g", "x + z || a/b", "0 + x | g", "x * z | a:b"]
)
def test_a_bar_that_is_the_whole_right_side_needs_no_parentheses(bar: str) -> None:
    bare, usual = parse_formula(f"y ~ {bar}"), parse_formula(f"y ~ 1 + ({bar})")
    assert bare.text == f"y ~ ({bar})"
    assert (bare.fixed.labels, bare.fixed.intercept) == ((), True)
    assert [
        (b.effects.labels, b.effects.intercept, b.group.label, b.correlated, b.source) for b in bare.bars
    ] == [(b.effects.labels, b.effects.intercept, b.group.label, b.correlated, b.source) for b in usual.bars]


def test_pi_is_a_number_as_in_r_and_its_column_stands_in_backticks() -> None:
    formula = parse_formula("y ~ sin(2 * pi * x / 12) + `pi` + (1 | g)")
    assert formula.variables == ("y", "x", "pi", "g")
    assert formula.fixed.labels == ("sin(2 * pi * x/12)", "`pi`")
    frame = pd.DataFrame({"y": np.arange(12.0) % 5, "x": np.arange(12.0), "g": list("abc") * 4})
    column = build_design("y ~ I(cos(2 * pi * x / 12)) + (1 | g)", frame).X[:, 1]
    np.testing.assert_allclose(column, np.cos(2 * np.pi * frame.x / 12))
    for text in ("y ~ pi + (1 | g)", "pi ~ x + (1 | g)"):
        with pytest.raises(FormulaError, match="a column of that name is written `pi`"):
            parse_formula(text)
    with pytest.raises(FormulaError, match="pi is a number here, and the data have a column pi"):
        build_design("y ~ I(pi * x) + (1 | g)", frame.assign(pi=1.0))


def test_a_formula_lists_its_columns() -> None:
    formula = parse_formula(
        "log(y / n) ~ x * f + offset(log(t)) + (poly(x, 2) || class:school) + (1 | `the town`)"
    )
    assert formula.outcome_label == "log(y/n)"
    assert formula.outcomes == ("y", "n")
    assert formula.variables == ("y", "n", "x", "f", "class", "school", "the town", "t")
    assert formula.groups == (("class", "school"), ("the town",))
    assert [offset.text for offset in formula.offsets] == ["log(t)"]
    assert [bar.correlated for bar in formula.bars] == [False, True]
    assert formula.bars[0].source == "(poly(x, 2) || class:school)"
    assert formula.fixed.columns == (("x",), ("f",), ("x", "f"))


@pytest.mark.parametrize(
    ("text", "marked", "what"),
    [
        ("", "", "the formula is empty"),
        ("   ", " ", "the formula is empty"),
        ("y", "", "no ~"),
        ("y x", "x", "an operator is missing before x"),
        ("~ x", "~", "there is no outcome to the left of ~"),
        ("y ~", "", "there is nothing to the right of ~"),
        ("y ~ x ~ z", "~", "a formula has one ~"),
        ("y ~ x + (1 | g", "(", "never closed"),
        ("y ~ log(x", "(", "never closed"),
        ("y ~ x) + 1", ")", "closes nothing"),
        ("y ~ ()", "()", "these parentheses are empty"),
        ("y ~ x +", "+", "ends where something should follow"),
        ("y ~ x + * z", "+ *", "two operators, + and *,"),
        ("y ~ x, z", ",", "no operand"),
        ("y = x", "=", "no meaning here"),
        ("y ~ __import__('os').system('id')", "__import__", "no function __import__()"),
        ("y ~ x.__class__('a')", "x.__class__", "no function x.__class__()"),
        ("y ~ df$x", "$", "$ is not part"),
        ("y ~ x[1]", "[", "[ ] is not part"),
        ("y ~ x@z", "@", "@ is not part"),
        ("y ~ {x}", "{", "{ } is not part"),
        ("y ~ lgo(x)", "lgo", "no function lgo()"),
        ("y ~ 'x'", "'x'", "not a term"),
        ('y ~ "x', '"', "never closed"),
        ("y ~ `x", "`", "never closed"),
        ("y ~ x %*% z", "%", "only operator between percent signs"),
        ("y ~ x – z", "–", "not a minus sign"),
        ("y ~ .", ".", "the dot"),
        ("y ~ x + 3", "3", "3 is not a term"),
        ("y ~ x > 3", "x > 3", "does not join terms"),
        ("y ~ !x", "!x", "not a term"),
        ("y ~ 1 < x < 3", "<", "cannot be chained"),
        ("y ~ x^1.5", "1.5", "whole number"),
        ("y ~ x^z", "z", "whole number"),
        ("y ~ x + y", "y", "also a predictor"),
        ("3 ~ x", "3", "not a column"),
        ("y ~ interaction(a, b)", "interaction", "no function interaction()"),
        ("y ~ poly()", "poly()", "has no argument"),
        ("y ~ poly(x, 2, TRUE, 1)", "1", "takes 3 arguments"),
        ("y ~ poly(x, deg = 2)", "2", "no argument deg"),
        ("y ~ poly(x, degree = 2, degree = 3)", "3", "twice"),
        ("y ~ poly(x, z + 1)", "z + 1", "an option must be a number"),
        ("y ~ x + 1 | g", "x + 1 | g", "stands in parentheses"),
        ("y ~ x * (1 | g)", "1 | g", "stands in parentheses"),
        ("y ~ x + + (1|g)", "+ +", "two operators, + and +,"),
        ("y ~ x ++ (1 | g)", "++", "two operators, + and +,"),
        ("y ~ x + - (1 | g)", "+ -", "two operators, + and -,"),
        ("y ~ + (1 | g)", "+", "the sign + before this term has no meaning"),
        ("y ~ x * * z + (1 | g)", "* *", "two operators, * and *,"),
        ("y ~ x - (1 | g)", "(1 | g)", "can only be added"),
        ("y ~ x - offset(z)", "offset(z)", "can only be added"),
        ("y ~ x:offset(z)", "offset(z)", "can only be added"),
        ("y ~ ( | g)", "|", "there is nothing to the left of the bar"),
        ("y ~ (1 | )", "|", "no grouping factor"),
        ("y ~ (1 |", "|", "no grouping factor"),
        ("y ~ (0 | g)", "0", "no effect"),
        ("y ~ ((x | g) | h)", "x | g", "inside another"),
        ("y ~ (1 | g | h)", "1 | g", "inside another"),
        ("y ~ (1 | 2)", "2", "not a grouping factor"),
        ("y ~ (1 | a - b)", "a - b", "does not join grouping factors"),
        ("y ~ (1 | (a + b)/c)", "(a + b)/c", "combination of grouping factors is not supported"),
        ("y ~ 1e999", "1e999", "too large"),
    ],
)
def test_a_fault_points_at_its_place(text: str, marked: str, what: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    (fault,) = caught.value.faults
    assert what in fault.what
    assert text[caught.value.offset :].startswith(marked)
    assert fault.excerpt is not None
    line, carets = fault.excerpt.split("\n")
    assert line.strip() == text.strip()
    assert carets.index("^") == caught.value.offset + 2
    assert carets.count("^") == max(1, len(marked))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("y ~ lgo(x)", "did you mean log?"),
        ("y ~ interaction(a, b)", "write a:b instead"),
        ("y ~ x^2.5", "write I(x^2.5)"),
        ("y ~ poly(x, deggree = 2)", "did you mean degree?"),
    ],
)
def test_a_fault_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert caught.value.faults[0].hint == hint


@pytest.mark.parametrize("inner", ["(" * 200 + "x" + ")" * 200, "+".join(f"x{i}" for i in range(1200))])
def test_deep_and_long_formulas_are_read(inner: str) -> None:
    assert parse_formula(f"y ~ {inner}").fixed.terms


@pytest.mark.parametrize(
    ("inner", "what"),
    [
        ("(" * 201 + "x" + ")" * 201, "more than 200 deep"),
        ("log(" * 201 + "x" + ")" * 201, "more than 200 deep"),
        ("-" * 5000 + "x", "more than 200 deep"),
        ("^".join("x" * 1000), "more than 200 deep"),
        ("x" * 10_001, "characters"),
        ("*".join(f"x{i}" for i in range(30)), "more than 2000 terms"),
        ("*".join(["(a*b*c*d*e*f*g*h*i*j)"] * 400), "more than 250000 products"),
        ("(1 | " + "/".join("g" * 3000) + ")", "3000 columns are to the right of this bar"),
        ("(1 | " + ":".join("g" * 3000) + ")", "3000 columns are to the right of this bar"),
        ("(1 | " + "+".join("g" * 51) + ")", "51 columns are to the right of this bar"),
        ("(" + "+".join(f"x{i}" for i in range(100)) + ")^9", "more than 2000 terms"),
    ],
)
def test_formulas_without_end_are_refused(inner: str, what: str) -> None:
    with pytest.raises(FormulaError, match=what):
        parse_formula(f"y ~ {inner}")


def test_the_excerpt_of_a_long_formula_is_cut_to_the_place() -> None:
    text = "y ~ " + " + ".join(f"x{i}" for i in range(200)) + " + $"
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    line, carets = str(caught.value.faults[0].excerpt).split("\n")
    assert len(line) < 110
    assert line[carets.index("^")] == "$"


@pytest.mark.parametrize(
    ("text", "column"),
    [("y ~ 0 | g", 4), ("y ~ x + 2 * z | g", 8), ("y ~ x | 2", 8), ("y ~  (1 | 2)", 10)],
)
def test_the_column_of_a_fault_is_that_of_the_formula_as_written(text: str, column: int) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert caught.value.offset == column


@pytest.mark.parametrize(
    ("text", "parsed", "written"),
    [("y ~ x | g", "y ~ (x | g)", [4, 8]), ("y ~ (x | g)", "y ~ (x | g)", [5, 9])],
)
def test_a_place_in_the_parsed_text_is_found_in_the_formula_as_written(text, parsed, written) -> None:
    places = [place_as_written(text, parsed.index(letter)) for letter in "xg"]
    assert places == written


def test_the_excerpt_of_a_folded_formula_is_the_line_at_fault() -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula("y ~ x +\n\t$z")
    assert caught.value.faults[0].excerpt == "   $z\n   ^"
    assert caught.value.offset == 9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e5, "1e+05"),
        (123456, "123456"),
        (1e-4, "1e-04"),
        (0.00012, "0.00012"),
        (1 / 3, "0.333333333333333"),
        (1e15, "1e+15"),
    ],
)
def test_numbers_are_printed_as_r_does(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(100000.0, "100000"), (0.2, "0.2"), (-0.0, "0"), (0.1 + 0.2, "0.3")]
)
def test_whole_numbers_label_levels_in_full(value: float, text: str) -> None:
    assert format_label(value) == text


@pytest.mark.parametrize(
    "text", ["I((x+1)/2)", "I(-x^2)", "I(1e5*x)", "I(x>=3)", "I(a%in%b)", "bs(x,knots=c(1,2))"]
)
def test_printing_twice_changes_nothing(text: str) -> None:
    once = deparse(parse_formula(f"y ~ {text}").fixed.variables[0])
    assert deparse(parse_formula(f"y ~ {once}").fixed.variables[0]) == once


@pytest.mark.parametrize(
    ("right", "what", "hint"),
    [
        ("x (1 | g)", "an operator is missing between x and (", "write x + (1 | g)"),
        ("x (1 | g", "between x and (, and the ) of this parenthesis", "write x + (1 | g)"),
        ("+ + x (1 | g", "between x and (, and the ) of this parenthesis", "write x + (1 | g)"),
        ("z + x (z || g) + (1 | h)", "an operator is missing between x and (", "write x + (z || g)"),
        (
            "x (z + 1)",
            "no function x()",
            "where x is a column, an operator is missing before the parenthesis",
        ),
        ("1 + (1 g)", "an operator is missing before g", "write (1 | g)"),
    ],
)
def test_a_missing_operator_or_parenthesis_is_named(right: str, what: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(f"y ~ {right}")
    (fault,) = caught.value.faults
    assert what in fault.what
    assert hint in (fault.hint or "")
