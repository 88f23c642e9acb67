"""Phrases of text and numbers, and their conversion to HTML, Markdown and plain text."""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup, escape

from mlm_steps.report.text.notation import subscript

__all__ = [
    "Code",
    "Emphasis",
    "Link",
    "Number",
    "Part",
    "Phrase",
    "Piece",
    "Quantity",
    "Symbol",
    "Word",
    "capital",
    "clean",
    "html_text",
    "join",
    "markdown_escape",
    "markdown_text",
    "plain_text",
    "say",
    "source",
]

_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARKDOWN_SPECIAL = re.compile(
    r"[\\`*{}\[\]<>|~&$!@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.IGNORECASE
)
_MARKDOWN_LINE_START = re.compile(r"^(\d*)([-+#=.)])")
_TIED: dict[object, str] = {" ": "\u00a0", " = ": "\u00a0=\u00a0"}
"""No line may break between a symbol and its number."""
_EMPHASIS = re.compile(r"\*([^*]+)\*")


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number.

    Attributes
    ----------
    text : str
    source : str
        The cell of a table that holds it, for example ``fixed:slope:ses:estimate``.
    value : float or None
        The number with all digits, if a reader may ask for more or fewer decimals.
    """

    text: str
    source: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """Text from the user: a label, a level or a title.

    Attributes
    ----------
    text : str
    start : str, optional
        The text at the start of a sentence, if it differs.
    """

    text: str
    start: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Code:
    """Literal text from the user or the run: a formula, a column or a hash."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """The letter of a statistic, set in italics."""

    text: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """A Greek letter with its indices, for example ``γ11``."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a section, by the section's name."""

    text: str
    section: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a cell that a reader may hide, such as the standard error in ``2.80 (0.16)``."""

    quantity: Quantity
    phrase: Phrase


Piece = str | Number | Word | Code | Emphasis | Symbol | Link | Part
Phrase = tuple[Piece, ...]
Quantity = Literal["estimate", "se", "ci", "p"]


def say(template: str, **parts: Piece | Phrase | None) -> Phrase:
    """Return a template with its fields filled; ``*x*`` sets x in italics.

    Examples
    --------
    >>> say("*p* {sign}.012 in {what}", sign="= ", what=Word("Reading"))
    (Emphasis(text='p'), ' ', '= ', '.012 in ', Word(text='Reading'))
    """
    pieces: list[Piece] = []
    for literal, slot, _, _ in string.Formatter().parse(template):
        pieces.extend(_emphasised(literal))
        if slot is not None:
            value = parts[slot]
            if isinstance(value, tuple):
                pieces.extend(value)
            elif value is not None:
                pieces.append(value)
    return tuple(pieces)


def _emphasised(literal: str) -> list[Piece]:
    pieces = _EMPHASIS.split(literal)
    return [Emphasis(text) if index % 2 else text for index, text in enumerate(pieces) if text]


def join(
    phrases: list[Phrase] | tuple[Phrase, ...], separator: str = ", ", last: str | None = None
) -> Phrase:
    """Return phrases joined by a separator; ``a, b and c`` if ``last`` is ``" and "``."""
    pieces: list[Piece] = []
    for index, phrase in enumerate(phrases):
        if index:
            is_last = index == len(phrases) - 1
            pieces.append(last if last is not None and is_last else separator)
        pieces.extend(phrase)
    return tuple(pieces)


def capital(phrase: Phrase) -> Phrase:
    """Return a phrase whose first letter is a capital, unless it starts with a number or a name as it is.

    Examples
    --------
    >>> capital(("the odds of ", Word("use")))
    ('The odds of ', Word(text='use'))
    """
    match phrase:
        case (str(first), *rest):
            return (first[:1].upper() + first[1:], *rest)
        case (Word(start=str(start)), *rest):
            return (Word(start), *rest)
        case _:
            return phrase


def source(table: str, *keys: object) -> str:
    """Return the name of a table row; a colon inside a key is written ``%3A``."""
    return ":".join((table, *(quote(clean(str(key)), safe="()[]{}<>|*+=,;/'\"&!?#$@^~`.") for key in keys)))


def clean(text: str) -> str:
    """Return text on one line, without control characters and marks that change its direction."""
    if text.isprintable():  # then it has none of them, and no surrogate
        return " ".join(text.split())
    kept = (character for character in text if character not in _BIDI_CONTROLS)
    return " ".join("".join(_visible(character) for character in kept).split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    unfit = category == "Cs" or ord(character) & 0xFFFE == 0xFFFE  # XML has neither
    return "\N{REPLACEMENT CHARACTER}" if unfit else character


def html_text(value: Piece | Phrase) -> Markup:
    """Return a phrase as HTML."""
    match value:
        case tuple():
            return Markup("").join(html_text(_TIED.get(piece, piece)) for piece in value)
        case Number():
            return _html_number(value)
        case Word():
            return Markup("<bdi>{}</bdi>").format(clean(value.text))
        case Code():
            return Markup("<code>{}</code>").format(clean(value.text))
        case Emphasis():
            return Markup("<i>{}</i>").format(value.text)
        case Symbol():
            return Markup("<i>{}</i><sub>{}</sub>").format(value.text[:1], value.text[1:])
        case Link():
            return Markup('<a href="#{}">{}</a>').format(value.section, value.text)
        case Part():
            return Markup('<span data-col="{}">{}</span>').format(value.quantity, html_text(value.phrase))
        case _:
            return escape(value)


def _html_number(number: Number) -> Markup:
    if number.value is None:
        return Markup('<span class="n" data-src="{}">{}</span>').format(number.source, number.text)
    form = Markup('<span class="n" data-src="{}" data-value="{:.9g}">{}</span>')
    return form.format(number.source, number.value, number.text)


def markdown_text(value: Piece | Phrase, *, in_table: bool = False) -> str:
    """Return a phrase as Markdown; in a table, bars are escaped."""
    match value:
        case tuple():
            return "".join(markdown_text(piece, in_table=in_table) for piece in value)
        case Number():
            return value.text
        case Word():
            return markdown_escape(value.text)
        case Code():
            return _markdown_code(clean(value.text), in_table=in_table)
        case Emphasis():
            return f"*{value.text}*"
        case Symbol():
            return value.text[:1] + subscript(value.text[1:])
        case Link():
            return f"[{value.text}](#{value.section})"
        case Part():
            return markdown_text(value.phrase, in_table=in_table)
        case _:
            return value.replace("|", r"\|")


def markdown_escape(text: str) -> str:
    """Return text from the user with all characters escaped that Markdown could read as markup."""
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\g<0>", clean(text))
    return _MARKDOWN_LINE_START.sub(r"\1\\\2", escaped)


def _markdown_code(text: str, *, in_table: bool) -> str:
    """Return a code span; its fence is longer than any run of backticks inside.

    In a table, bars must be escaped even in code. A bar after a backslash cannot be escaped in code, so such
    code is set as text.
    """
    if in_table:
        if r"\|" in text:
            return markdown_escape(text)
        text = text.replace("|", r"\|")
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def plain_text(value: Piece | Phrase) -> str:
    """Return a phrase as text without markup, for attributes and titles."""
    match value:
        case tuple():
            return "".join(plain_text(piece) for piece in value)
        case str():
            return value
        case Symbol():
            return value.text[:1] + subscript(value.text[1:])
        case Part():
            return plain_text(value.phrase)
        case _:
            return clean(value.text)
