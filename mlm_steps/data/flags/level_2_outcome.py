"""Find outcomes that are constant within groups; a multilevel model of the rows cannot explain them."""

from __future__ import annotations

import numpy as np

from mlm_steps.data.flags.base import DataView
from mlm_steps.data.outcomes import about_constant_within
from mlm_steps.records.base import Notice

__all__ = ["find"]


def find(view: DataView) -> tuple[Notice, ...]:
    """Return a notice for each outcome that does not vary within some grouping factor."""
    factors = [(factor.name, factor.codes) for factor in view.factors]
    outcomes = {name: view.frame[name].to_numpy(dtype=np.float64) for name in view.outcomes}
    return tuple(n for name, y in outcomes.items() for n in about_constant_within(name, y, factors))
