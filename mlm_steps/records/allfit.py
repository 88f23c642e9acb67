"""The record of the rungs that were refitted with every optimiser."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = ["AllFitRecord", "RefitRow", "RungRefits"]


class RefitRow(Part):
    """One row of the ``allfit`` table: the optimum that one optimiser found from one start."""

    optimizer: str
    start: Literal["optimum", "default"]
    criterion: float | None
    delta: float | None
    """Difference of the criterion from the smallest one."""
    max_dbeta_se: float | None
    """Largest difference of a coefficient from the best fit, in its standard errors."""
    max_dsd: float | None
    """Largest difference of a standard deviation from the best fit."""
    evaluations: int | None
    status: Literal["converged", "singular", "doubtful", "wrong", "failed", "not_installed"]
    reasons: tuple[str, ...] = ()


class RungRefits(Part):
    """One rung that was checked."""

    model: str
    method: Literal["REML", "ML"]
    agree: bool
    """Whether the fit and all searches that ended normally found the same optimum."""
    verdict: str
    """The same in words, with the names of the optimisers that differ."""
    refits: tuple[RefitRow, ...]


class AllFitRecord(Record):
    """The rungs that were checked; empty if none needed a check."""

    rungs: tuple[RungRefits, ...]
