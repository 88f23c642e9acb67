"""Split a formula into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mlm_steps.design.faults import Span, formula_error

__all__ = ["Kind", "Token", "tokenize"]

Kind = Literal["number", "name", "text", "operator", "end"]

MAX_CHARACTERS = 10_000
"""Formulas may have at most this many characters, which bounds the time of parsing."""

_PATTERN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)L?
    | (?P<name>[^\W\d][\w.]*|\.(?:[^\W\d]|\.)[\w.]*|\.)
    | (?P<quoted>`(?:[^`\\]|\\.)+`)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<operator>%in%|\*\*|\|\||&&|==|!=|<=|>=|[-+*/^:|&!<>~(),=])
    """,
    re.VERBOSE,
)

_REFUSED = {
    "$": ("$ is not part of the formula language", "name the column alone"),
    "@": ("@ is not part of the formula language", "name the column alone"),
    "[": ("[ ] is not part of the formula language", "make the column in the data, then name it here"),
    "]": ("[ ] is not part of the formula language", "make the column in the data, then name it here"),
    "{": ("{ } is not part of the formula language", None),
    "}": ("{ } is not part of the formula language", None),
    ";": ("a formula is one expression", None),
    "`": ("this backtick is never closed", "write `name` with one backtick at either end"),
    '"': ("this text is never closed", None),
    "'": ("this text is never closed", None),
    "%": ("the only operator between percent signs is %in%", None),
    "−": ("this dash is not a minus sign", "write -"),
    "–": ("this dash is not a minus sign", "write -"),
    "×": ("this sign is not part of the formula language", "write *"),
    "∼": ("this sign is not the ~ of the keyboard", "write ~"),
    "“": ("these quotation marks are not part of the formula language", 'write "'),
    "\\": ("a backslash is not part of the formula language", None),
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a formula. ``value`` is its text; names and texts have no quotes."""

    kind: Kind
    value: str
    span: Span


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of a formula, followed by an ``end`` token.

    Raises
    ------
    FormulaError
        The formula is empty or too long, or a character is not part of the language.
    """
    if not text.strip():
        raise formula_error(
            text, Span(0, 0), "the formula is empty", "write outcome ~ predictors + (1 | group)"
        )
    if len(text) > MAX_CHARACTERS:
        what = f"the formula has {len(text)} characters; at most {MAX_CHARACTERS} are read"
        raise formula_error(text, Span(MAX_CHARACTERS, MAX_CHARACTERS), what)
    tokens, position = [], 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            tokens.append(_token(match))
        position = match.end()
    return (*tokens, Token("end", "", Span(len(text), len(text))))


def _token(match: re.Match[str]) -> Token:
    span = Span(*match.span())
    value = match.group(str(match.lastgroup))
    if match.lastgroup == "number":
        return Token("number", value, span)
    if match.lastgroup == "name":
        return Token("name", value, span)
    if match.lastgroup == "operator":
        return Token("operator", "^" if value == "**" else value, span)
    bare = re.sub(r"\\(.)", r"\1", value[1:-1])
    return Token("name" if match.lastgroup == "quoted" else "text", bare, span)


def _unreadable(text: str, position: int) -> Exception:
    character = text[position]
    what, hint = _REFUSED.get(character, (f"{character!r} is not part of the formula language", None))
    return formula_error(text, Span(position, position + 1), what, hint)
