"""Text of a spec that a step writes."""

from __future__ import annotations

import json
import re
import textwrap

__all__ = ["comment", "quoted", "safe"]

WIDTH = 110
"""Longest line of a comment, as long as the lines of the example specs."""


def quoted(text: str) -> str:
    """Return text as a YAML scalar, in quotes if YAML could read it as a different value.

    >>> print(quoted("school"), quoted("null"), quoted("a: b"))
    school "null" "a: b"
    """
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text)
    words = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return text if plain and text.lower() not in words else json.dumps(text, ensure_ascii=False)


def comment(text: str, margin: str = "") -> list[str]:
    """Return text as lines of comment, after a margin."""
    return textwrap.wrap(
        safe(text),
        WIDTH,
        initial_indent=f"{margin}# ",
        subsequent_indent=f"{margin}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def safe(name: str) -> str:
    """Return text in a form that is valid in a comment."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)
