"""The record of the optional steps of a run: which of them are made, which are left out, and why."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = ["EffortRecord", "EvaluationCost", "OptionalStep", "OptionalWork"]

OptionalStep = Literal["remedies", "profile", "deletions", "simulate", "allfit"]


class EvaluationCost(Part):
    """What it takes to evaluate a model, in seconds of the machine on which the constants were measured."""

    value: float
    """One evaluation of the criterion."""
    derivatives: float
    """One evaluation with the derivatives that a search needs."""
    refit: float
    """One refit to a simulated outcome, among many."""


class OptionalWork(Part):
    """One optional piece of work on one rung or comparison."""

    step: OptionalStep
    of: str
    """A rung, or a comparison such as ``null--slope``."""
    seconds: float
    """What it takes, by counting operations."""
    decision: Literal["asked", "within", "left_out"]
    """``asked``: the spec demands it; ``within``: the effort allows it."""
    key: str
    """What in the spec demands it."""


class EffortRecord(Record):
    """The optional work of a run in the order in which it was considered."""

    effort: Literal["quick", "normal", "full"]
    budget: float | None
    """Seconds that the work may take which the spec does not demand; None for no limit."""
    work: tuple[OptionalWork, ...]

    @property
    def left_out(self) -> tuple[OptionalWork, ...]:
        """The work that is not done."""
        return tuple(work for work in self.work if work.decision == "left_out")

    def allows(self, step: OptionalStep, of: str) -> bool:
        """Return whether a piece of work is done; False where there is no reason for it."""
        return any((work.step, work.of) == (step, of) for work in self.work if work.decision != "left_out")
