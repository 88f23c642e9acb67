"""The key ``tests``: what is computed beside the likelihood ratio tests of ``compare``."""

from __future__ import annotations

from typing import Annotated, Literal

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Flag, whole

__all__ = ["TestsSpec"]


class TestsSpec(SpecBlock):
    """What is computed beside the likelihood ratio tests of ``compare``."""

    __test__ = False  # no test case, whatever pytest makes of its name

    rlrt: Flag = True
    """The exact restricted likelihood ratio test, wherever a single variance is tested by REML."""
    bootstrap: Literal["where_needed", "always", "never"] = "where_needed"
    """Which comparisons have their null distribution simulated (parametric bootstrap).

    ``where_needed``: tests of variances whose null distribution is not known (several effects at once, or a
    smaller model on its own boundary), as far as ``effort`` allows; ``always``: all, whatever it takes.
    """
    replicates: Annotated[int, *whole(19, 100_000)] = 1000
    """Number of data sets that the bootstrap of a comparison simulates; both models are fitted to each."""
    adjust: Literal["none", "holm"] = "none"
    """``holm`` adjusts the *p* values of all declared comparisons for their number."""
    ranova: Flag = True
    """Tests of leaving out each random effect of each rung, as far as ``effort`` allows; ``true``: all."""
