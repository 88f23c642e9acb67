"""Find outcomes with two values; a linear model of them is an approximation."""

from __future__ import annotations

import numpy as np

from mlm_steps.data.flags.base import DataView
from mlm_steps.data.outcomes import about_two_values
from mlm_steps.records.base import Notice

__all__ = ["find"]


def find(view: DataView) -> tuple[Notice, ...]:
    """Return a notice for each outcome that has two values in the analysis sample."""
    outcomes = {name: view.frame[name].to_numpy(dtype=np.float64) for name in view.outcomes}
    return tuple(notice for name, y in outcomes.items() for notice in about_two_values(name, y))
