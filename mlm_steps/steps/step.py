"""One step of a run, as it is planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Entry", "Step"]

Key = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run.

    Attributes
    ----------
    name : str
        ``data``, ``fit/slope``, ``compare/null--l1`` …
    head : Path
        The file that says that the step is done.
    needs : tuple of str
        The steps whose files it reads, but for the data.
    key : str or None
        What it is made from; None while the data are not current.
    why : str or None
        Why it has to be made; None if its files were made from that key and have not changed since.
    """

    name: str
    head: Path
    needs: tuple[str, ...]
    key: str | None
    why: str | None

    @property
    def current(self) -> bool:
        """Whether its files were made from its key and have not changed since."""
        return self.why is None


@dataclass(frozen=True, slots=True)
class Entry:
    """A step whose key nobody has asked for yet: a command needs that of its own step alone."""

    name: str
    head: Path
    needs: Iterable[str]
    key: Key
