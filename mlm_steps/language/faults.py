"""Faults in a formula or an expression, with a caret under the place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from mlm_steps.errors import Fault, FormulaError

__all__ = ["Span", "TransformError", "formula_error", "formula_fault", "nearest"]

_EXCERPT_WIDTH = 100
"""Characters of a formula that a message shows, about one line of a terminal."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a formula, from ``start`` up to but not including ``end``."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the span from the start of this one to the end of the other."""
        return Span(self.start, other.end)


class TransformError(Exception):
    """A transform cannot be applied; the evaluator adds the place."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def formula_fault(text: str, span: Span, what: str, hint: str | None = None) -> Fault:
    """Return a fault whose excerpt is the formula's line and carets under the span."""
    return Fault(where="", what=what, hint=hint, excerpt=_excerpt(text, span), offset=span.start)


def formula_error(text: str, span: Span, what: str, hint: str | None = None) -> FormulaError:
    """Return a FormulaError at the start of the span."""
    return FormulaError(formula_fault(text, span, what, hint), offset=span.start)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the most similar known word, or None where none is similar."""
    lowered = {name.lower(): name for name in sorted(known, reverse=True)}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return f"did you mean {lowered[close[0]]}?" if close else None


def _excerpt(text: str, span: Span) -> str:
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.start)
    last = len(text) if last < 0 else last
    if last - first > _EXCERPT_WIDTH:
        first = max(first, span.start - _EXCERPT_WIDTH // 2)
        last = min(last, first + _EXCERPT_WIDTH)
    line = "".join(" " if c.isspace() else c for c in text[first:last])
    width = max(1, min(span.end, last) - span.start)
    return f"  {line}\n  {' ' * (span.start - first)}{'^' * width}"
