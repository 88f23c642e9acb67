"""Run several parts of a job and collect their results, or the faults of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from mlm_steps.errors import DesignError

__all__ = ["Gathering", "Outcome"]

Part = TypeVar("Part")


class Outcome(Generic[Part]):
    """The result of one part; it exists after ``Gathering.settle`` returned."""

    def __init__(self) -> None:
        self._given: list[Part] = []

    @property
    def value(self) -> Part:
        """The result."""
        return self._given[0]

    def keep(self, value: Part) -> None:
        """Store the result."""
        self._given.append(value)


class Gathering:
    """Runs parts one after the other and collects their faults."""

    def __init__(self) -> None:
        self._errors: list[DesignError] = []

    def attempt(self, part: Callable[[], Part]) -> Outcome[Part]:
        """Run one part."""
        outcome: Outcome[Part] = Outcome()
        try:
            outcome.keep(part())
        except DesignError as error:
            self._errors.append(error)
        return outcome

    def settle(self) -> None:
        """Raise the distinct faults.

        Raises
        ------
        DesignError
            There is a fault; a single one keeps its class and its place.
        """
        faults = dict.fromkeys(fault for error in self._errors for fault in error.faults)
        if len(faults) == 1:
            raise self._errors[0]
        if faults:
            raise DesignError(*faults)
