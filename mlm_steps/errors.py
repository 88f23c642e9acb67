"""What a person can get wrong, one class per stage."""

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
"""Names that a message lists at most: a file may have thousands of columns."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the input.

    Attributes
    ----------
    where : str
        The place, as ``file:line:column: key`` or as much of it as is known; may be empty.
    what : str
        What is wrong, in one sentence without a full stop.
    hint : str or None
        What to do about it.
    excerpt : str or None
        Lines to print below, such as a formula with a caret under the place.
    offset : int or None
        Characters of the formula before the place, where the fault is in a formula.
    key : str or None
        The key beside the formula that is at fault, such as ``weights``.
    """

    where: str
    what: str
    hint: str | None = None
    excerpt: str | None = None
    offset: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        """Return ``where: what (hint)``, followed by the excerpt on lines of its own; safe on a terminal."""
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.hint:
            line += f" ({self.hint})"
        line = printable(line)
        return f"{line}\n{self._shown_excerpt(self.excerpt)}" if self.excerpt else line

    @staticmethod
    def _shown_excerpt(excerpt: str) -> str:
        """Return an excerpt whose characters keep their places, a mark for each that cannot be printed."""
        return "".join(c if c.isprintable() or c == "\n" else "�" for c in excerpt)


class MlmError(Exception):
    """Faults of the input, all those that one stage found."""

    def __init__(self, *faults: Fault) -> None:
        if not faults:
            raise ValueError("an MlmError needs at least one Fault")
        super().__init__(*faults)
        self.faults = faults

    def __str__(self) -> str:
        """Return the faults, one after the other."""
        return "\n".join(str(fault) for fault in self.faults)


class UsageError(MlmError):
    """The command line, or a place in the file system that it names, is at fault."""


class SpecError(MlmError):
    """The spec is at fault."""


class DataError(MlmError):
    """The data are at fault."""


class DesignError(MlmError):
    """A formula cannot be read, or does not fit the data."""


class FormulaError(DesignError):
    """One place in a formula is at fault; ``offset`` counts its characters from 0."""

    def __init__(self, fault: Fault, offset: int) -> None:
        super().__init__(fault)
        self.offset = offset

    def __reduce__(self) -> tuple[type[FormulaError], tuple[Fault, int]]:
        """Return what makes an equal error, so that a worker process can hand it over."""
        return type(self), (self.faults[0], self.offset)


class FitError(MlmError):
    """A model cannot be estimated from these data.

    Attributes
    ----------
    trace : tuple of (evaluation, criterion, largest slope or None)
        The search that was given up, in order; empty where none had begun.
    """

    def __init__(self, *faults: Fault, trace: Iterable[tuple[int, float, float | None]] = ()) -> None:
        super().__init__(*faults)
        self.trace = tuple(trace)


class ComparisonError(MlmError):
    """Two fits cannot be compared."""


class StorageError(MlmError):
    """There is no room for what was made; the input is not at fault."""


def printable(text: str) -> str:
    r"""Return text whose control characters are written as escapes.

    >>> print(printable("a\x1b[31mb"))
    a\x1b[31mb
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def listing(names: Iterable[str], most: int = MOST_LISTED) -> str:
    """Return names with commas between them, the first few where there are many.

    >>> listing("abc"), listing("abcd", 2)
    ('a, b, c', 'a, b, … (4 in all)')
    """
    listed = list(names)
    more = f", … ({len(listed)} in all)" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return a hint with the known name nearest to one that is not known; None if none is near.

    >>> did_you_mean("sess", ["ses", "school"])
    "did you mean 'ses'?"
    """
    from difflib import get_close_matches

    by_small_letters = {other.lower(): other for other in reversed(list(known))}
    near = get_close_matches(name.lower(), by_small_letters, n=1, cutoff=cutoff)
    return f"did you mean '{by_small_letters[near[0]]}'?" if near else None
