"""Names, texts and numbers as R reads them, so that no text of a spec can become code.

Every name and text of a spec or a data file enters a script through one of these functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mlm_steps.records.spelling import is_syntactic

__all__ = ["DATA", "column", "comment", "joined", "name", "number", "string", "vector"]

DATA = "d"
"""The data frame of the script."""
WIDTH = 92
"""Longest line of a script before it is broken."""
_ASCII = re.compile(r"[A-Za-z.][A-Za-z0-9._]*\Z")
_RESERVED = frozenset({"NULL", "NA_integer_", "NA_real_", "NA_character_", "T", "F", "while", "repeat"})


def name(text: str) -> str:
    r"""Return a name, in backticks where R needs them.

    >>> print(name("ses"), name('a"b'), name('x); system("ls")'), name("a`b"), name("a\nb"))
    ses `a"b` `x); system("ls")` `a\`b` `a\nb`
    """
    if _ASCII.match(text) and is_syntactic(text) and text not in _RESERVED:
        return text
    return "`" + "".join(map(_character_of_name, text)).replace("`", "\\`") + "`"


def _character_of_name(each: str) -> str:
    """Return a character in backticks, where R does not read escapes of Unicode."""
    code = ord(each)
    return each if code >= 0x80 and not 0xD800 <= code <= 0xDFFF else _character(each)


def string(text: str) -> str:
    r"""Return a text in quotes.

    >>> print(string('a"b'), string("x\\"), string("line\nbreak"))
    "a\"b" "x\\" "line\nbreak"
    """
    return '"' + _escaped(text).replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    """Return a text with backslashes doubled and characters that are not printed as escapes."""
    return "".join(_character(each) for each in text)


def _character(each: str) -> str:
    short = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if each in short:
        return short[each]
    code = ord(each)
    if each.isprintable() and not 0xD800 <= code <= 0xDFFF:
        return each
    if code == 0 or 0xD800 <= code <= 0xDFFF:
        return "?"  # R has no such characters
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{{{code:x}}}" if code < 0x10000 else f"\\U{{{code:x}}}"


def comment(text: str) -> str:
    r"""Return a text as a comment of one line.

    >>> comment("Mathematics\nsystem('ls')")
    "# Mathematics system('ls')"
    """
    return "# " + " ".join("".join(c if c.isprintable() else " " for c in text).split())


def number(value: float) -> str:
    """Return a number with all its digits.

    >>> number(3.0), number(0.1), number(1e22), number(float("-inf"))
    ('3', '0.1', '1e+22', '-Inf')
    """
    if value != value:
        return "NA_real_"
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def vector(parts: Iterable[str]) -> str:
    """Return parts as a vector; one part stands alone.

    >>> vector(["1"]), vector(["1", "2"])
    ('1', 'c(1, 2)')
    """
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"c({', '.join(parts)})"


def column(text: str, frame: str = DATA) -> str:
    """Return a column of a data frame.

    >>> column("ses"), column("my group")
    ('d$ses', 'd$`my group`')
    """
    return f"{frame}${name(text)}"


def joined(head: str, parts: Sequence[str], tail: str = ")") -> str:
    """Return a call, broken into lines if it is long.

    >>> print(joined("f(", ["a = 1", "b = 2"]))
    f(a = 1, b = 2)
    """
    line = head + ", ".join(parts) + tail
    if len(line) <= WIDTH:
        return line
    lines, current = [head], "  "
    for position, part in enumerate(parts):
        piece = part + ("," if position < len(parts) - 1 else "")
        if current.strip() and len(current) + len(piece) + 1 > WIDTH:
            lines.append(current.rstrip())
            current = "  "
        current += piece + " "
    return "\n".join([*lines, current.rstrip(), tail])
