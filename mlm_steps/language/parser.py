"""A Pratt parser for expressions on the data, with R's precedence."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlm_steps.errors import FormulaError
from mlm_steps.language.calls import match_arguments, no_function
from mlm_steps.language.faults import Span, formula_error
from mlm_steps.language.functions import SIGNATURES
from mlm_steps.language.tokens import EXPRESSION, Token, tokenize
from mlm_steps.language.tree import (
    Binary,
    Call,
    Column,
    Expression,
    Item,
    Items,
    Node,
    Nothing,
    Number,
    Text,
    Truth,
    Unary,
)

__all__ = ["parse_expression"]

MAX_DEPTH = 100
"""Parts of an expression may be nested this deep; more could exhaust the interpreter's stack."""
_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=", "in", "not in")
_BINDING: Mapping[str, int] = {
    "or": 20,
    "and": 30,
    **dict.fromkeys(_COMPARISONS, 50),
    "+": 60,
    "-": 60,
    "*": 70,
    "/": 70,
    "%%": 80,
    "%/%": 80,
    "^": 110,
}
_PREFIX: Mapping[str, int] = {"!": 40, "+": 100, "-": 100}
_SAME = {"|": "or", "||": "or", "&": "and", "&&": "and", "%in%": "in"}
"""Operators of R that have a word in this language."""
_WORDS = ("and", "or", "not", "in")
_QUOTE_IT = "a value with spaces or other signs goes in quotes"


def parse_expression(text: str) -> Expression:
    """Return an expression as a tree.

    Raises
    ------
    FormulaError
        At the first place that cannot be read.
    """
    return Expression(text, _Parser(text).whole())


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text, EXPRESSION)
        self.position = 0
        self.depth = 0
        self.open: list[Token] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def fail(self, span: Span, what: str, hint: str | None = None) -> FormulaError:
        return formula_error(self.text, span, what, hint)

    def bare(self, token: Token) -> bool:
        """Return whether a token is a name without backticks."""
        return token.kind == "name" and self.text[token.span.start] != "`"

    def at(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.value in operators

    def whole(self) -> Node:
        root = self.expression(0)
        if self.token.kind != "end":
            raise self.unexpected()
        return root

    def expression(self, binding: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH + 1:
            raise self.fail(self.token.span, f"parts of the expression are nested more than {MAX_DEPTH} deep")
        left = self.prefix()
        while (operator := self.operator()) and _BINDING[operator] > binding:
            left = self.infix(operator, left)
        self.depth -= 1
        return left

    def operator(self) -> str | None:
        """Return the binary operator at the current token, or None; it does not move on."""
        token = self.token
        if token.kind == "operator":
            word = _SAME.get(token.value, token.value)
            return word if word in _BINDING else None
        if not self.bare(token):
            return None
        if token.value == "not":
            following = self.tokens[self.position + 1]
            return "not in" if self.bare(following) and following.value == "in" else None
        return token.value if token.value in _BINDING else None

    def infix(self, operator: str, left: Node) -> Node:
        written = self.advance()
        if operator == "not in":
            self.advance()
        binding = _BINDING[operator]
        if self.token.kind == "end":
            raise self.fail(written.span, f"there is nothing to the right of {written.value}")
        right = self.expression(binding - 1 if operator == "^" else binding)
        if operator in _COMPARISONS and self.operator() in _COMPARISONS:
            what = "comparisons cannot be chained"
            raise self.fail(self.token.span, what, "join two of them by and: x > 0 and x < 1")
        return Binary(operator, left, right, left.span.to(right.span))

    def prefix(self) -> Node:
        token = self.advance()
        if token.kind == "number":
            return Number(self.number(token), token.span)
        if token.kind == "text":
            return Text(token.value, token.span)
        if token.kind == "name" and not (self.bare(token) and token.value in _WORDS):
            return self.name(token)
        sign = "!" if token.kind == "name" and token.value == "not" else token.value
        if sign in _PREFIX and token.kind in {"operator", "name"}:
            operand = self.expression(_PREFIX[sign])
            return Unary(sign, operand, token.span.to(operand.span))
        if token.kind == "operator" and token.value == "(":
            return self.parenthesis(token)
        if token.kind == "operator" and token.value == "[":
            return self.items(token, "]", words=True)
        self.position -= 1
        raise self.unexpected()

    def number(self, token: Token) -> float:
        value = float(token.value)
        if math.isinf(value):
            raise self.fail(token.span, "this number is too large")
        if token.value.isdigit() and int(token.value) != int(value):
            what = "this number has more digits than float64 keeps"
            raise self.fail(token.span, what, f'an identifier is written in quotes: "{token.value}"')
        return value

    def name(self, token: Token) -> Node:
        if not self.bare(token):
            return Column(token.value, token.span)
        if self.at("("):
            return self.call(token)
        if token.value in {"pi", "Inf"}:
            return Number(math.pi if token.value == "pi" else math.inf, token.span)
        if token.value in {"TRUE", "FALSE"}:
            return Truth(token.value == "TRUE", token.span)
        if token.value == "NA":
            return Nothing(token.span)
        return Column(token.value, token.span)

    def parenthesis(self, opening: Token) -> Node:
        self.open.append(opening)
        inner = self.expression(0)
        self.close(")", "this parenthesis is never closed")
        return inner

    def close(self, sign: str, what: str) -> Token:
        if self.token.kind == "end":
            raise self.fail(self.open[-1].span, what, f"a {sign} is missing")
        if not self.at(sign):
            raise self.unexpected()
        self.open.pop()
        return self.advance()

    def call(self, function: Token) -> Node:
        opening = self.advance()
        if function.value == "c":
            return self.items(opening, ")", words=False)
        if function.value not in SIGNATURES:
            raise no_function(self.text, function)
        self.open.append(opening)
        arguments = [] if self.at(")") else [self.argument()]
        while self.at(","):
            self.advance()
            arguments.append(self.argument())
        closing = self.close(")", "the parenthesis of this function is never closed")
        span = function.span.to(closing.span)
        return Call(function.value, match_arguments(self.text, function.value, arguments, span), span)

    def argument(self) -> tuple[str | None, Node]:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if self.token.kind == "name" and following.kind == "operator" and following.value == "=":
            name = self.advance().value
            self.advance()
            return name, self.expression(0)
        return None, self.expression(0)

    def items(self, opening: Token, sign: str, *, words: bool) -> Items:
        """Return a list of values; ``words`` says whether words without quotes are values in it."""
        self.open.append(opening)
        found = [self.item(words=words)]
        while self.at(","):
            self.advance()
            found.append(self.item(words=words))
        if self.token.kind not in {"end", "operator"}:
            before = found[-1].span
            raise self.fail(before.to(self.token.span), "a comma is missing between two values", _QUOTE_IT)
        closing = self.close(sign, "this list is never closed")
        return Items(tuple(found), opening.span.to(closing.span))

    def item(self, *, words: bool) -> Item:
        start = self.token.span
        sign = self.advance().value if self.at("-", "+") else ""
        token = self.advance()
        span = start.to(token.span)
        factor = -1.0 if sign == "-" else 1.0
        if token.kind == "number":
            return Item(self.text[span.start : span.end], factor * self.number(token), span)
        if self.bare(token) and token.value == "Inf":
            return Item(sign + "Inf", factor * math.inf, span)
        if self.bare(token) and token.value == "NA":
            raise self.fail(span, "NA is not a value", "missing(x) tells which rows have no value")
        if token.kind == "text" and not sign:
            return Item(token.value, None, span)
        if token.kind == "name" and not sign:
            if words:
                return Item(token.value, None, span)
            what = f"{token.value} is a column here"
            raise self.fail(span, what, f'a value goes in quotes: "{token.value}"; or write [{token.value}]')
        self.position -= 1
        if token.kind == "end":
            raise self.fail(self.open[-1].span, "this list is never closed")
        raise self.fail(token.span, "a value is missing here", _QUOTE_IT)

    def unexpected(self) -> FormulaError:
        token = self.token
        before = self.tokens[self.position - 1] if self.position else None
        written = self.text[token.span.start : token.span.end]
        if token.kind == "end":
            span = before.span if before else token.span
            return self.fail(span, "the expression ends where something should follow")
        if token.value == "=" and token.kind == "operator":
            return self.fail(token.span, "= does not compare", "write ==")
        if token.kind == "operator" and token.value in {")", "]"}:
            if before is not None and before.value == "(" and token.value == ")":
                return self.fail(before.span.to(token.span), "these parentheses are empty")
            if not self.open:
                return self.fail(token.span, f"this {written} closes nothing")
            return self.fail(token.span, f"{written} cannot stand here")
        if token.kind in {"number", "text"} or (token.kind == "name" and token.value not in _WORDS):
            hint = "names with spaces go in backticks, texts in quotes"
            if token.value.lower() in _WORDS:
                hint = f"write {token.value.lower()}"
            return self.fail(token.span, f"an operator is missing before {written}", hint)
        if before is not None and before.kind == "operator" and token.kind == "operator":
            what = f"two operators, {before.value} and {written}, stand one after the other"
            return self.fail(before.span.to(token.span), what, "write one of them")
        return self.fail(token.span, f"{written} has no operand here")
