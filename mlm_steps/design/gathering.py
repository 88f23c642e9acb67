"""Several parts of one job: what each gives, or the faults of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from mlm_steps.errors import DesignError

__all__ = ["Gathering", "Outcome"]

Part = TypeVar("Part")


class Outcome(Generic[Part]):
    """What one part gave; there is a value once ``Gathering.settle`` has passed."""

    def __init__(self) -> None:
        self._given: list[Part] = []

    @property
    def value(self) -> Part:
        """What the part gave."""
        return self._given[0]

    def keep(self, value: Part) -> None:
        """Keep what the part gave."""
        self._given.append(value)


class Gathering:
    """Tries parts one after the other and keeps the faults until all have been tried."""

    def __init__(self) -> None:
        self._errors: list[DesignError] = []

    def attempt(self, part: Callable[[], Part]) -> Outcome[Part]:
        """Try one part."""
        outcome: Outcome[Part] = Outcome()
        try:
            outcome.keep(part())
        except DesignError as error:
            self._errors.append(error)
        return outcome

    def settle(self) -> None:
        """Raise the faults, each once.

        Raises
        ------
        DesignError
            Where there are any; a single one keeps its class and its place.
        """
        faults = dict.fromkeys(fault for error in self._errors for fault in error.faults)
        if len(faults) == 1:
            raise self._errors[0]
        if faults:
            raise DesignError(*faults)
