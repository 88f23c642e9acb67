"""The ladder of growth models (Singer & Willett 2003): means, time, own slopes, predictors of change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mlm_steps.spec.preset import Step, TwoLevelLadder, column
from mlm_steps.spec.types import Text

__all__ = ["GrowthLadder"]


class GrowthLadder(TwoLevelLadder):
    """Rungs ``null``, ``time``, ``growth``, ``l1``, ``l2``, ``cross``; what would add nothing is left out."""

    preset: Literal["growth"]
    """``growth``: means, time, own slopes of time, time-varying predictors, predictors of persons, their
    products with time (Singer & Willett 2003)."""
    time: Text
    """Column of time, a number; its slope varies between groups from the rung ``growth`` on."""

    @property
    def lower(self) -> tuple[str, ...]:
        """Time and the time-varying predictors."""
        return (self.time, *self.level_1)

    @property
    def steps(self) -> Iterator[Step]:
        """The rungs above the null model."""
        time = [column(self.time)]
        yield "time", time, ()
        yield "growth", time, time
        fixed = [*time, *map(column, self.level_1)]
        if self.level_1:
            yield "l1", fixed, time
        fixed = [*fixed, *map(column, self.level_2)]
        if self.level_2:
            yield "l2", fixed, time
        if self.cross_level:
            yield "cross", [*fixed, *self.products], time
