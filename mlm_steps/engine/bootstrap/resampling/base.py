"""The signature of a kind of bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["Resample"]


class Resample(Protocol):
    """A kind of bootstrap: a function of a fit, in a module named as in the spec.

    Replicate b takes its random numbers from generator b alone, so that it is the same whatever else is
    computed along with it. A kind raises FitError for a model that it cannot resample.
    """

    def __call__(self, fit: MixedFit, generators: Sequence[np.random.Generator]) -> Replicates:
        """Return the refits to one data set per generator."""
        ...
