"""How the spec says that optima are searched for."""

from __future__ import annotations

from mlm_steps.engine import Control
from mlm_steps.spec import EstimationSpec

__all__ = ["control_of"]


def control_of(estimation: EstimationSpec) -> Control:
    """Return the engine's controls."""
    return Control(
        optimizer=estimation.optimizer,
        max_evaluations=estimation.max_evaluations,
        tolerance=estimation.tolerance,
        start=estimation.start,
        restarts=estimation.restarts,
    )
