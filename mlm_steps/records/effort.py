"""The record of the optional steps of a run: which are done, which are left out, and why."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = ["EffortRecord", "EvaluationCost", "OptionalStep", "OptionalWork"]

OptionalStep = Literal["remedies", "profile", "deletions", "simulate", "allfit"]


class EvaluationCost(Part):
    """The time to evaluate a model, in seconds on the machine on which the constants were measured."""

    value: float
    """One evaluation of the criterion."""
    derivatives: float
    """One evaluation with the derivatives that a search needs."""
    refit: float
    """One of many refits to simulated outcomes."""


class OptionalWork(Part):
    """One optional piece of work on one rung or comparison."""

    step: OptionalStep
    of: str
    """A rung, or a comparison such as ``null--slope``."""
    seconds: float
    """The estimated time, from the number of operations."""
    decision: Literal["asked", "within", "left_out"]
    """``asked``: the spec requests it; ``within``: the effort allows it."""
    key: str
    """The key of the spec that requests it."""


class EffortRecord(Record):
    """The optional work of a run in the order in which it was considered."""

    effort: Literal["quick", "normal", "full"]
    budget: float | None
    """Seconds available for work that the spec does not request; None for no limit."""
    work: tuple[OptionalWork, ...]

    @property
    def left_out(self) -> tuple[OptionalWork, ...]:
        """The work that is not done."""
        return tuple(work for work in self.work if work.decision == "left_out")

    def allows(self, step: OptionalStep, of: str) -> bool:
        """Return whether a piece of work is done; False also if there is no reason for it."""
        return any((work.step, work.of) == (step, of) for work in self.work if work.decision != "left_out")
