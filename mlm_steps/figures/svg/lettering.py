"""Text of figures: characters that XML allows, widths, lines, and numbers as readers expect them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from html import escape

from mlm_steps.records.digits import decimals_for_se, decimals_for_spread

__all__ = [
    "escaped",
    "estimate_text",
    "fit",
    "number",
    "safe",
    "shorten",
    "spread_text",
    "tick_text",
    "width_of",
    "wrap",
]

SMALLEST_PLAIN, LARGEST_PLAIN = 1e-4, 1e7
"""Numbers outside these bounds are written with a power of ten, since many zeros are hard to read."""
MEAN_WIDTH, CAPITAL_WIDTH, FULL_WIDTH, NARROW_WIDTH = 0.61, 0.73, 1.04, 0.35
"""Widths of characters in units of the size of the font: of most letters, of capitals, of Chinese, Japanese
and Korean ones, emoji, m and w, and of narrow ones such as i and l. They are those of DejaVu Sans, the widest
of the sans-serif fonts in use, so that lines that fit here fit in every font."""
NARROW = frozenset("iljtfrI.,:;|!'’()[] ·")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def safe(text: str) -> str:
    """Return text on one line without characters that XML forbids."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join("".join("\N{REPLACEMENT CHARACTER}" if _unfit(c) else c for c in kept).split())


def _unfit(character: str) -> bool:
    return unicodedata.category(character) == "Cs" or ord(character) & 0xFFFE == 0xFFFE


def escaped(text: str) -> str:
    """Return text as it stands in an SVG document."""
    return escape(safe(text))


def shorten(text: str, longest: int) -> str:
    """Return text cut to at most ``longest`` characters."""
    clean = safe(text)
    return clean if len(clean) <= longest else clean[: longest - 1].rstrip() + "…"


def width_of(text: str, size: float = 11.0) -> float:
    """Return the width of a line of text in pixels, for a font of this size."""
    return size * sum(map(_width, text))


def _width(character: str) -> float:
    if character in NARROW:
        return NARROW_WIDTH
    if not character.isascii():
        if unicodedata.combining(character):
            return 0.0
        if unicodedata.east_asian_width(character) in "WF":
            return FULL_WIDTH
    if character in "mwMW%—@":
        return FULL_WIDTH
    return CAPITAL_WIDTH if character.isupper() else MEAN_WIDTH


def fit(text: str, room: float, size: float = 11.0) -> str:
    """Return text cut to a width in pixels."""
    clean = safe(text)
    if width_of(clean, size) <= room:
        return clean
    return clean[: _fitting(clean, room, size, beside=size * CAPITAL_WIDTH)].rstrip() + "…"


def wrap(text: str, room: float, size: float = 11.0, most: int = 4) -> list[str]:
    """Return text as lines of at most this width in pixels; words that are wider are divided.

    >>> wrap("one two three", 60.0)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in _words(safe(text), room, size):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], fit(" ".join(lines[most - 1 :]), room, size)]
    return lines or [""]


def _words(text: str, room: float, size: float) -> Iterator[str]:
    for word in text.split():
        start = 0
        while (end := start + _fitting(word, room, size, start=start)) < len(word):
            end = max(end, start + 1)
            yield word[start:end]
            start = end
        if start < len(word):
            yield word[start:]


def _fitting(text: str, room: float, size: float, *, start: int = 0, beside: float = 0.0) -> int:
    """Return how many characters from a start stand within a width, ``beside`` being taken from it."""
    total = 0.0
    for position in range(start, len(text)):
        total += _width(text[position])
        if size * total + beside > room:
            return position - start
    return len(text) - start


def number(value: float, digits: int = 4) -> str:
    """Return a number with this many significant digits and a true minus sign.

    >>> number(10023.4), number(-0.51239), number(3e-7), number(2.5e9)
    ('10023', '−0.5124', '3.000 × 10⁻⁷', '2.500 × 10⁹')
    """
    size = abs(value)
    if size != 0 and not SMALLEST_PLAIN <= size < LARGEST_PLAIN:
        mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
        text = f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    else:
        power = math.floor(math.log10(size)) if size else 0
        text = f"{size:.{max(0, digits - 1 - power)}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and text.strip("0.") else text


def estimate_text(value: float, se: float | None) -> str:
    """Return an estimate with the decimals that the tables give it, which depend on its standard error.

    >>> estimate_text(2.8, 0.155), estimate_text(-0.0214, 0.0031)
    ('2.80', '−0.0214')
    """
    return _rounded(value, decimals_for_se(se))


def spread_text(value: float) -> str:
    """Return a standard deviation or variance with the decimals that the tables give it.

    >>> spread_text(0.387), spread_text(0.0213), spread_text(1234.5)
    ('0.39', '0.021', '1234')
    """
    return _rounded(value, decimals_for_spread(value))


def _rounded(value: float, decimals: int) -> str:
    if value != 0 and not SMALLEST_PLAIN <= abs(value) < LARGEST_PLAIN:
        return number(value)
    text = f"{abs(value):.{decimals}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and text.strip("0.") else text


def tick_text(value: float) -> str:
    """Return the number beside a tick.

    >>> tick_text(-0.25), tick_text(120000.0), tick_text(3e-9)
    ('−0.25', '120000', '3 × 10⁻⁹')
    """
    text = f"{value:.6g}".replace("-", "\N{MINUS SIGN}")
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    exponent = int(power.replace("\N{MINUS SIGN}", "-"))
    return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPTS)}"
