"""The key ``tests``: what is computed beside the likelihood ratio tests of ``compare``."""

from __future__ import annotations

from typing import Literal

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Flag

__all__ = ["TestsSpec"]


class TestsSpec(SpecBlock):
    """What is computed beside the likelihood ratio tests of ``compare``."""

    __test__ = False  # no test case, whatever pytest makes of its name

    rlrt: Flag = True
    """The exact restricted likelihood ratio test, wherever a single variance is tested by REML."""
    adjust: Literal["none", "holm"] = "none"
    """``holm`` adjusts the *p* values of all declared comparisons for their number."""
    ranova: Flag = True
    """Tests of leaving out each random effect of each rung."""
