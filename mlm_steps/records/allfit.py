"""The record of rungs that were refitted by every optimiser."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = ["AllFitRecord", "RefitRow", "RungRefits"]


class RefitRow(Part):
    """One row of the ``allfit`` table: where one optimiser ended from one start."""

    optimizer: str
    start: Literal["optimum", "default"]
    criterion: float | None
    delta: float | None
    """How far the criterion is above the best one."""
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
    """Whether the fit and all searches that ended normally are at one optimum."""
    verdict: str
    """The same in words; who is wrong is named."""
    refits: tuple[RefitRow, ...]


class AllFitRecord(Record):
    """The rungs that were checked; none where there was no reason to."""

    rungs: tuple[RungRefits, ...]
