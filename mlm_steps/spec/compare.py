"""The key ``compare``: which rungs are tested against each other."""

from __future__ import annotations

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Text

__all__ = ["PairSpec"]


class PairSpec(SpecBlock):
    """One comparison of two rungs of the ladder."""

    smaller: Text
    """Name of the rung with fewer parameters."""
    larger: Text
    """Name of the rung that holds the smaller one."""
