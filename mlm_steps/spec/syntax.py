"""Explain YAML syntax errors to users who do not know YAML."""

from __future__ import annotations

import re

import yaml

from mlm_steps.spec.indents import misplaced_line
from mlm_steps.spec.written import SpecFault, quoted

__all__ = ["LARGEST_FILE", "UnreadableSpec", "decoded", "syntax_fault"]

LARGEST_FILE = 256 * 1024
"""Bytes of the largest spec that is read; a larger file is most likely the data file."""
_LONGEST_PARSED_TWICE = 40_000
"""Longer texts are not parsed again with the slower Python parser, which would take seconds."""
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r" *\t[ \t]*\S")
_QUOTE = "put the text in quotes"
_CLOSE = "close it with the same mark"
_SENTENCES: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not",
        "a colon makes a key where none is allowed",
        "put text with ': ' in quotes",
    ),
    ("unexpected end of stream", "the quote opened here is never closed", _CLOSE),
    ("unexpected document separator", "the quote opened here is never closed", _CLOSE),
    ("could not find expected ':'", "this line is neither a key nor an item", "a key ends in ': '"),
    (
        "expected ',' or ']'",
        "the list opened here with [ is not closed",
        "commas between items, ] at the end; text that has a [ or ] in it goes in quotes",
    ),
    (
        "expected ',' or '}'",
        "the block opened here with { is not closed",
        "commas between keys, } at the end",
    ),
    (
        "expected '<document start>'",
        "this fits no block above it",
        "keys of one block begin in the same column",
    ),
    ("mapping keys are not", "a value cannot begin with '? '", _QUOTE),
    ("found unexpected ':'", "a colon is not allowed here", _QUOTE),
    ("expected escape sequence", "no such escape between double quotes", "\\\\ stands for a backslash"),
    ("unknown escape character", "no such escape between double quotes", "\\\\ stands for a backslash"),
    (
        "expected <block end>",
        "this line fits no block above it",
        "keys of one block begin in the same column",
    ),
    ("sequence entries are not", "an item cannot begin here", "put '- ' on a line of its own"),
    ("found '<stream end>'", "the file ends where a value is needed", "close what is opened with [ or {"),
    ("expected the node content", "a value cannot begin like this", _QUOTE),
    ("expected alphabetic or numeric", "a value cannot begin with * or &", _QUOTE),
    ("expected a comment or a line break", "a value cannot begin with | or > and text", _QUOTE),
    ("expected chomping or indentation", "a value cannot begin with | or > and text", _QUOTE),
)
_MISPLACED = ("expected <block end>", "expected '<document start>'", "mapping values are not")
"""Messages of the parser that may mean a line with wrong indentation."""
_AT_CONTEXT = ("is never closed", "is not closed")


class UnreadableSpec(Exception):  # noqa: N818 - the caller adds its fault to the others
    """The text of a spec cannot be parsed."""

    def __init__(self, found: SpecFault) -> None:
        super().__init__(found.what)
        self.found = found


def decoded(content: bytes) -> str:
    """Return the text of a file; UnreadableSpec if it is too large, not UTF-8 or holds control characters."""
    if len(content) > LARGEST_FILE:
        hint = "is it the data file? mlm init DATA writes a spec for it"
        raise _unreadable(f"the file is larger than {LARGEST_FILE // 1024} kB, too large for a spec", hint)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        what = f"the file is not UTF-8: the byte 0x{content[error.start]:02x} stands here"
        raise _unreadable(what, "save the file as UTF-8", _place_after(before)) from error
    control = _CONTROL.search(text)
    if control:
        what = f"the character U+{ord(control[0]):04X} cannot stand in YAML"
        raise _unreadable(what, "delete it", _place_after(text[: control.start()]))
    return text


def _unreadable(what: str, hint: str, place: tuple[int, int] = (1, 1)) -> UnreadableSpec:
    return UnreadableSpec(SpecFault((), what, hint, place=place))


def _place_after(text: str) -> tuple[int, int]:
    """Return line and column of the character that follows a text."""
    lines = re.split("\r\n|\r|\n", text)
    return len(lines), len(lines[-1]) + 1


def syntax_fault(text: str, error: yaml.YAMLError) -> SpecFault:
    """Return the meaning and place of a parser's error.

    The Python parser gives other messages and places than the C parser, and the sentences here are for the
    Python parser. A faulty text is therefore parsed again with it, unless the text is long.
    """
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader) if len(text) < _LONGEST_PARSED_TWICE else ():
            pass
    except yaml.MarkedYAMLError as precise:
        error = precise
    problem = str(getattr(error, "problem", None) or "it is not YAML")
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    if mark is not None and mark.line + 1 in (lines := _tab_lines(text)):
        return _tab_fault(text, lines)
    if mark is not None and any(words in problem for words in _MISPLACED):
        misplaced = misplaced_line(text, mark.line, colon="mapping values" in problem)
        if misplaced is not None:
            return misplaced
    what, hint = _sentence(problem, text, mark)
    place = opened if opened is not None and what.endswith(_AT_CONTEXT) else mark
    return SpecFault((), what, hint, place=(place.line + 1, place.column + 1) if place else (1, 1))


def _tab_lines(text: str) -> list[int]:
    """Return the numbers of the lines that are indented with tabs."""
    return [i for i, line in enumerate(text.split("\n"), start=1) if _TAB_INDENT.match(line)]


def _tab_fault(text: str, lines: list[int]) -> SpecFault:
    line = lines[0]
    column = text.split("\n")[line - 1].index("\t") + 1
    others = f", also in line {', '.join(map(str, lines[1:6]))}" if lines[1:] else ""
    return SpecFault((), "the line begins with a tab", f"indent with spaces{others}", place=(line, column))


def _sentence(problem: str, text: str, mark: yaml.Mark | None) -> tuple[str, str | None]:
    if "cannot start any token" in problem and mark is not None:
        sign = text[mark.index : mark.index + 1]
        if sign == "\t":
            return "a tab stands where only spaces may", "use spaces"
        return f"unquoted text cannot begin with {quoted(sign)}", _QUOTE
    for beginning, what, hint in _SENTENCES:
        if beginning in problem:
            return what, hint
    return f"YAML cannot be read here: {problem}", None
