"""Split a formula, or an expression on the data, into tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mlm_steps.language.faults import Span, formula_error

__all__ = ["EXPRESSION", "FORMULA", "Dialect", "Kind", "Token", "tokenize"]

Kind = Literal["number", "name", "text", "operator", "end"]

MAX_CHARACTERS = 10_000
"""Formulas and expressions may have at most this many characters, which bounds the time of parsing."""

_SPELLING = r"""
      (?P<space>\s+)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)L?
    | (?P<name>[^\W\d][\w.]*|\.(?:[^\W\d]|\.)[\w.]*|\.)
    | (?P<quoted>`(?:[^`\\]|\\.)+`)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<operator>%in%|\*\*|\|\||&&|==|!=|<=|>=|OTHERS)
    """

_UNCLOSED: Mapping[str, tuple[str, str | None]] = {
    "`": ("this backtick is never closed", "write `name` with one backtick at either end"),
    '"': ("this text is never closed", None),
    "'": ("this text is never closed", None),
    "−": ("this dash is not a minus sign", "write -"),
    "–": ("this dash is not a minus sign", "write -"),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What may be written in one kind of text, and how messages name it.

    Attributes
    ----------
    noun, language : str
        For example ``formula`` and ``formula language``.
    example : str
        A hint for empty text.
    pattern : re.Pattern
        Matches one token.
    refused : mapping of str to (str, str or None)
        For characters that are often tried: what is wrong, and a hint.
    """

    noun: str
    language: str
    example: str
    pattern: re.Pattern[str]
    refused: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)


def _pattern(others: str) -> re.Pattern[str]:
    """Return the pattern of a token, with the operators that a dialect has beside the common ones."""
    return re.compile(_SPELLING.replace("OTHERS", others), re.VERBOSE)


FORMULA = Dialect(
    "formula",
    "formula language",
    "write outcome ~ predictors + (1 | group)",
    _pattern(r"[-+*/^:|&!<>~(),=]"),
    {
        **_UNCLOSED,
        "$": ("$ is not part of the formula language", "name the column alone"),
        "@": ("@ is not part of the formula language", "name the column alone"),
        "[": ("[ ] is not part of the formula language", "make the column in the data, then name it here"),
        "]": ("[ ] is not part of the formula language", "make the column in the data, then name it here"),
        "{": ("{ } is not part of the formula language", None),
        "}": ("{ } is not part of the formula language", None),
        ";": ("a formula is one expression", None),
        "%": ("the only operator between percent signs is %in%", None),
        "×": ("this sign is not part of the formula language", "write *"),
        "∼": ("this sign is not the ~ of the keyboard", "write ~"),
        "“": ("these quotation marks are not part of the formula language", 'write "'),
        "\\": ("a backslash is not part of the formula language", None),
    },
)
"""The notation of models, as in lme4."""

EXPRESSION = Dialect(
    "expression",
    "language of expressions",
    "for example age >= 18",
    _pattern(r"%%|%/%|[-+*/^|&!<>(),=\[\]]"),
    {
        **_UNCLOSED,
        "$": ("$ is not part of an expression", "name the column alone"),
        "@": ("@ is not part of an expression", "name the column alone"),
        "{": ("{ } is not part of an expression", "a list of values is written [a, b]"),
        "}": ("{ } is not part of an expression", "a list of values is written [a, b]"),
        ";": ("an expression is one line of computation", None),
        ":": ("a:b is not part of an expression", "write x >= a and x <= b for a range"),
        "~": ("~ belongs to formulas", None),
        "%": ("between percent signs the operators are %%, %/% and %in%", None),
        "×": ("this sign is not an operator", "write *"),
        "≤": ("this sign is not an operator", "write <="),
        "≥": ("this sign is not an operator", "write >="),
        "≠": ("this sign is not an operator", "write !="),
        "“": ("these quotation marks do not begin a text", 'write "'),
        "”": ("these quotation marks do not begin a text", 'write "'),
        "\\": ("a backslash is not part of an expression", None),
    },
)
"""The notation of filters and derived columns."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a formula. ``value`` is its text; names and texts have no quotes."""

    kind: Kind
    value: str
    span: Span


def tokenize(text: str, dialect: Dialect = FORMULA) -> tuple[Token, ...]:
    """Return the tokens of a text, followed by an ``end`` token.

    Raises
    ------
    FormulaError
        The text is empty or too long, or a character is not part of the language.
    """
    noun = dialect.noun
    if not text.strip():
        raise formula_error(text, Span(0, 0), f"the {noun} is empty", dialect.example)
    if len(text) > MAX_CHARACTERS:
        what = f"the {noun} has {len(text)} characters; at most {MAX_CHARACTERS} are read"
        raise formula_error(text, Span(MAX_CHARACTERS, MAX_CHARACTERS), what)
    tokens, position = [], 0
    while position < len(text):
        match = dialect.pattern.match(text, position)
        if match is None:
            raise _unreadable(text, position, dialect)
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


def _unreadable(text: str, position: int, dialect: Dialect) -> Exception:
    character = text[position]
    unknown = (f"{character!r} is not part of the {dialect.language}", None)
    what, hint = dialect.refused.get(character, unknown)
    return formula_error(text, Span(position, position + 1), what, hint)
