"""Comparisons of two rungs.

A comparison is a module whose function takes the estimates of the smaller and of the larger model and
returns a ComparisonRecord. It is listed in ``COMPARISONS`` under the name that a spec uses. If a test would
be invalid, the record holds a reason code and an explanation.
"""

from __future__ import annotations

from typing import Protocol

from mlm_steps.compare.lrt import compare_lrt
from mlm_steps.compare.simulations import Simulations
from mlm_steps.engine.fit.estimates import Estimates
from mlm_steps.engine.fit.single_level import SingleLevelEstimates
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.records import ComparisonRecord

__all__ = ["COMPARISONS", "Comparer", "Simulations", "compare_lrt"]


class Comparer(Protocol):
    """A comparison of two models."""

    def __call__(
        self,
        smaller: Estimates | SingleLevelEstimates,
        larger: Estimates,
        *,
        names: tuple[str, str],
        method: Method,
        asked: Simulations | None = None,
    ) -> ComparisonRecord:
        """Return the record of the comparison; ComparisonError if the larger model fits worse."""
        ...


COMPARISONS: dict[str, Comparer] = {"lrt": compare_lrt}
