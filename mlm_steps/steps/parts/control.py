"""Convert the optimiser settings of the spec to those of the engine."""

from __future__ import annotations

from mlm_steps.engine import Control
from mlm_steps.spec import EstimationSpec

__all__ = ["control_of"]


def control_of(estimation: EstimationSpec) -> Control:
    """Return the settings of the search for optima."""
    return Control(
        optimizer=estimation.optimizer,
        max_evaluations=estimation.max_evaluations,
        tolerance=estimation.tolerance,
        start=estimation.start,
        restarts=estimation.restarts,
    )
