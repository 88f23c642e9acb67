"""Errors that a user can correct, one class per stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ComparisonError",
    "DataError",
    "DesignError",
    "Fault",
    "FitError",
    "FormulaError",
    "MlmError",
    "SpecError",
    "StorageError",
    "UsageError",
    "did_you_mean",
    "listing",
    "printable",
]

MOST_LISTED = 12
"""A message lists at most this many names, because a file may have thousands of columns."""
MOST_SHOWN = 100
"""A message shows at most this many faults; a damaged file could have a hundred thousand."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the input.

    Attributes
    ----------
    where : str
        The place, as ``file:line:column: key``; parts that are not known are left out.
    what : str
        The problem, in one sentence without a full stop.
    hint : str or None
        How to correct it.
    excerpt : str or None
        Lines to print below, such as a formula with a caret under the place.
    offset : int or None
        Position in the formula, counted from 0, if the fault is in a formula.
    key : str or None
        The key at fault if it is not the formula, such as ``weights``.
    """

    where: str
    what: str
    hint: str | None = None
    excerpt: str | None = None
    offset: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        """Return ``where: what (hint)`` and the excerpt on separate lines, safe to print on a terminal."""
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.hint:
            line += f" ({self.hint})"
        line = printable(line)
        return f"{line}\n{self._shown_excerpt(self.excerpt)}" if self.excerpt else line

    @staticmethod
    def _shown_excerpt(excerpt: str) -> str:
        """Return an excerpt of the same width in which a mark replaces each non-printable character."""
        return "".join(c if c.isprintable() or c == "\n" else "�" for c in excerpt)


class MlmError(Exception):
    """All faults of the input that one stage found."""

    def __init__(self, *faults: Fault) -> None:
        if not faults:
            raise ValueError("an MlmError needs at least one Fault")
        super().__init__(*faults)
        self.faults = faults

    def __str__(self) -> str:
        """Return the faults, one per line, and the number of those beyond MOST_SHOWN."""
        lines = [str(fault) for fault in self.faults[:MOST_SHOWN]]
        left = self.faults[MOST_SHOWN:]
        if left:
            lines.append(str(Fault(left[0].where, f"here and below, {len(left)} more faults are not listed")))
        return "\n".join(lines)


class UsageError(MlmError):
    """The command line or a path that it names is wrong."""


class SpecError(MlmError):
    """The spec is wrong."""


class DataError(MlmError):
    """The data do not meet the requirements of the spec or of a model."""


class DesignError(MlmError):
    """A formula cannot be parsed, or does not fit the data."""


class FormulaError(DesignError):
    """One place in a formula is wrong; ``offset`` is its position, counted from 0."""

    def __init__(self, fault: Fault, offset: int) -> None:
        super().__init__(fault)
        self.offset = offset

    def __reduce__(self) -> tuple[type[FormulaError], tuple[Fault, int]]:
        """Return the arguments that recreate the error, so that a worker process can pass it on."""
        return type(self), (self.faults[0], self.offset)


class FitError(MlmError):
    """A model cannot be estimated from these data.

    Attributes
    ----------
    trace : tuple of (evaluation, criterion, largest slope or None)
        The evaluations of the failed search, in order; empty if no search had started.
    """

    def __init__(self, *faults: Fault, trace: Iterable[tuple[int, float, float | None]] = ()) -> None:
        super().__init__(*faults)
        self.trace = tuple(trace)


class ComparisonError(MlmError):
    """Two fits cannot be compared."""


class StorageError(MlmError):
    """The disk is full or fails; the input is not wrong."""


def printable(text: str) -> str:
    r"""Return text with control characters replaced by escapes.

    >>> print(printable("a\x1b[31mb"))
    a\x1b[31mb
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def listing(names: Iterable[str], most: int = MOST_LISTED) -> str:
    """Return names separated by commas, shortened if there are many.

    >>> listing("abc"), listing("abcd", 2)
    ('a, b, c', 'a, b, … (4 in all)')
    """
    listed = list(names)
    more = f", … ({len(listed)} in all)" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return a hint with the known name that is most similar to an unknown one; None if none is similar.

    >>> did_you_mean("sess", ["ses", "school"])
    "did you mean 'ses'?"
    """
    from difflib import get_close_matches

    by_small_letters = {other.lower(): other for other in reversed(list(known))}
    near = get_close_matches(name.lower(), by_small_letters, n=1, cutoff=cutoff)
    return f"did you mean '{by_small_letters[near[0]]}'?" if near else None
