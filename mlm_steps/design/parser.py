"""A Pratt parser for the formula language, with R's precedence."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlm_steps.design.arguments import EVENTS, match_arguments, match_events
from mlm_steps.design.expressions import Argument, Binary, Expr, Name, Number, Paren, Text, Truth, Unary
from mlm_steps.design.signatures import PARAMETERS
from mlm_steps.errors import FormulaError
from mlm_steps.language.faults import Span, formula_error, nearest
from mlm_steps.language.tokens import Token, tokenize

__all__ = ["parse_sides"]

MAX_DEPTH = 200
"""Parts of a formula may be nested this deep; more could exhaust the interpreter's stack."""
_CALL_DEPTH = 3
"""A nested function call counts as this many further levels, since it needs more of the stack."""

_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
_BINDING: Mapping[str, int] = {
    "|": 20,
    "||": 20,
    "&": 30,
    "&&": 30,
    **dict.fromkeys(_COMPARISONS, 50),
    "+": 60,
    "-": 60,
    "*": 70,
    "/": 70,
    "%in%": 80,
    ":": 90,
    "^": 110,
}
_PREFIX: Mapping[str, int] = {"!": 40, "+": 100, "-": 100}
EVENTS_ALONE = f"{EVENTS}(k, n - k) stands alone to the left of ~"
_REFUSED_FUNCTIONS: Mapping[str, str] = {
    "interaction": "write a:b instead",
    "s": "smooth terms are not supported; ns() and bs() are",
    "te": "smooth terms are not supported; ns() and bs() are",
    "as.numeric": "add the numeric column to the data, then name it here",
    "ifelse": "add the column to the data, then name it here",
}


def parse_sides(text: str) -> tuple[Expr, Expr]:
    """Return the two sides of a formula as trees.

    Raises
    ------
    FormulaError
        At the first place that cannot be read.
    """
    return _Parser(text).formula()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0
        self.depth = 0
        self.open: list[Token] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def at_end(self) -> bool:
        return self.token.kind == "end"

    def at(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.value in operators

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def fail(self, span: Span, what: str, hint: str | None = None) -> FormulaError:
        return formula_error(self.text, span, what, hint)

    def formula(self) -> tuple[Expr, Expr]:
        if self.at("~"):
            raise self.fail(
                self.token.span, "there is no outcome to the left of ~", "write outcome ~ predictors"
            )
        left = self.expression(0)
        if self.at_end():
            what = "the formula has no ~ between outcome and predictors"
            raise self.fail(self.token.span, what, "write outcome ~ predictors + (1 | group)")
        if not self.at("~"):
            raise self.unexpected()
        if self.tokens[0].value == EVENTS and isinstance(left, Binary):
            raise self.fail(left.span, f"{EVENTS}() is a whole outcome", EVENTS_ALONE)
        self.advance()
        if self.at_end():
            raise self.fail(
                self.token.span, "there is nothing to the right of ~", "~ 1 is a model without predictors"
            )
        right = self.expression(0)
        if not self.at_end():
            raise self.unexpected()
        return left, right

    def expression(self, binding: int) -> Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH + 1:
            raise self.fail(self.token.span, f"parts of the formula are nested more than {MAX_DEPTH} deep")
        left = self.prefix()
        while self.at(*_BINDING) and _BINDING[self.token.value] > binding:
            left = self.infix(left)
        self.depth -= 1
        return left

    def infix(self, left: Expr) -> Expr:
        operator = self.advance()
        binding = _BINDING[operator.value]
        if operator.value in {"|", "||"}:
            self.require_operand(
                operator, "there is no grouping factor to the right of the bar", "write (1 | group)"
            )
        right = self.expression(binding - 1 if operator.value == "^" else binding)
        if operator.value in _COMPARISONS and self.at(*_COMPARISONS):
            raise self.fail(self.token.span, "comparisons cannot be chained", "write two of them")
        return Binary(operator.value, left, right, left.span.to(right.span))

    def require_operand(self, after: Token, what: str, hint: str) -> None:
        if self.at_end() or self.at(")", ","):
            raise self.fail(after.span, what, hint)

    def prefix(self) -> Expr:
        token = self.advance()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "text":
            return Text(token.value, token.span)
        if token.kind == "name":
            return self.name(token)
        if token.value == "(" and token.kind == "operator":
            return self.parenthesis(token)
        if token.kind == "operator" and token.value in _PREFIX:
            operand = self.expression(_PREFIX[token.value])
            return Unary(token.value, operand, token.span.to(operand.span))
        self.position -= 1
        raise self.unexpected()

    def number(self, token: Token) -> Number:
        value = float(token.value)
        if value == float("inf"):
            raise self.fail(token.span, "this number is too large")
        if token.value.isdigit() and int(token.value) != int(value):
            what = "this number has more digits than float64 keeps"
            raise self.fail(token.span, what, f'an identifier is written in quotes: "{token.value}"')
        return Number(value, token.span)

    def name(self, token: Token) -> Expr:
        quoted = self.text[token.span.start] == "`"
        if self.at("(") and not quoted:
            return self.call(token)
        if token.value == "pi" and not quoted:
            return Number(math.pi, token.span, word="pi")
        if token.value in {"TRUE", "FALSE"} and not quoted:
            return Truth(token.value == "TRUE", token.span)
        if token.value == "." and not quoted:
            hint = "list the predictors, so that a new column in the file does not change the model"
            raise self.fail(token.span, "the dot for 'all other columns' is not supported", hint)
        return Name(token.value, token.span)

    def parenthesis(self, opening: Token) -> Paren:
        self.open.append(opening)
        inner = self.expression(0)
        closing = self.close("this parenthesis is never closed")
        return Paren(inner, opening.span.to(closing.span))

    def close(self, what: str) -> Token:
        if self.at_end():
            raise self.fail(self.open[-1].span, what, "a ) is missing")
        if not self.at(")"):
            raise self.unexpected()
        self.open.pop()
        return self.advance()

    def call(self, function: Token) -> Expr:
        events = function.value == EVENTS
        if events and self.position > 1:
            raise self.fail(function.span, f"{EVENTS}() is an outcome", EVENTS_ALONE)
        if function.value not in PARAMETERS and function.value != "c" and not events:
            raise self.no_function(function)
        self.open.append(self.advance())
        self.depth += _CALL_DEPTH
        arguments = [] if self.at(")") else [self.argument()]
        while self.at(","):
            self.advance()
            arguments.append(self.argument())
        closing = self.close("the parenthesis of this function is never closed")
        self.depth -= _CALL_DEPTH
        span = function.span.to(closing.span)
        if events:
            return match_events(self.text, tuple(arguments), span)
        return match_arguments(self.text, function.value, tuple(arguments), span)

    def no_function(self, word: Token) -> FormulaError:
        """Return the fault of an unknown function name; often an operator before ( is missing."""
        opening, closing = self.token, self.closing_of(self.position)
        end = len(self.tokens) - 1 if closing is None else closing + 1
        inside = self.tokens[self.position : end]
        if any(token.kind == "operator" and token.value in {"|", "||"} for token in inside):
            what = f"an operator is missing between {word.value} and ("
            if closing is None:
                what += ", and the ) of this parenthesis"
            term = self.text[opening.span.start : inside[-1].span.end] + ")" * (closing is None)
            return self.fail(word.span.to(opening.span), what, f"write {word.value} + {term}")
        what = f"the formula language has no function {word.value}()"
        hint = _REFUSED_FUNCTIONS.get(word.value) or nearest(word.value, PARAMETERS)
        if hint is None and word.span.end < opening.span.start:
            hint = f"where {word.value} is a column, an operator is missing before the parenthesis"
        return self.fail(word.span, what, hint or f"it has {', '.join(PARAMETERS)}")

    def closing_of(self, position: int) -> int | None:
        """Return the position of the closing parenthesis for an opening token; None if it is missing."""
        depth = 0
        for place in range(position, len(self.tokens)):
            token = self.tokens[place]
            if token.kind == "operator" and token.value in {"(", ")"}:
                depth += 1 if token.value == "(" else -1
                if not depth:
                    return place
        return None

    def argument(self) -> Argument:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if self.token.kind == "name" and following.value == "=" and following.kind == "operator":
            name = self.advance().value
            self.advance()
            return Argument(name, self.expression(0))
        return Argument(None, self.expression(0))

    def unexpected(self) -> FormulaError:
        token = self.token
        before = self.tokens[self.position - 1] if self.position else None
        if token.kind == "end":
            span = before.span if before else token.span
            return self.fail(span, "the formula ends where something should follow")
        if token.value == "~":
            return self.fail(token.span, "a formula has one ~")
        if token.value == ")" and not self.open:
            return self.fail(token.span, "this parenthesis closes nothing", "remove it, or open one before")
        if token.value in {"|", "||"}:
            hint = "write (1 | group) for a random intercept"
            return self.fail(token.span, "there is nothing to the left of the bar", hint)
        if token.value == "=":
            return self.fail(token.span, "= has no meaning here", "~ separates outcome and predictors")
        if before is not None and before.value == "(" and token.value == ")":
            return self.fail(before.span.to(token.span), "these parentheses are empty")
        if token.kind in {"name", "number", "text"} or token.value == "(":
            written = self.text[token.span.start : token.span.end]
            hint = "predictors are joined by +, names with spaces go in backticks"
            if before is not None and before.kind == "number" and token.kind == "name" and self.open:
                hint = f"for a random intercept write ({before.value} | {written})"
            return self.fail(token.span, f"an operator is missing before {written}", hint)
        if before is not None and before.kind == "operator" and before.value in _BINDING:
            what = f"two operators, {before.value} and {token.value}, stand one after the other"
            return self.fail(before.span.to(token.span), what, "write one of them")
        return self.fail(token.span, f"{token.value} has no operand here")
