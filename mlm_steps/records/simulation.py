"""The record of some replicates of a bootstrapped comparison."""

from __future__ import annotations

from mlm_steps.records.base import Record

__all__ = ["SimulationRecord"]


class SimulationRecord(Record):
    """Statistics of a comparison, simulated from its smaller model."""

    smaller: str
    larger: str
    statistics: tuple[float | None, ...] | None
    """One value per replicate, None if a model could not be fitted; None if nothing is bootstrapped."""
