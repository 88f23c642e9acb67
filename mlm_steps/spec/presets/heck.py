"""The ladder of Heck, Thomas & Tabata (2011): null, level 1, random slope, level 2, cross-level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.preset import Step, TwoLevelLadder, column
from mlm_steps.spec.types import Objection, Texts
from mlm_steps.spec.written import quoted

__all__ = ["HeckLadder"]


class HeckLadder(TwoLevelLadder):
    """Rungs ``null``, ``l1``, ``slope``, ``l2``, ``cross``; a rung that would add nothing is left out."""

    preset: Literal["heck"]
    """``heck``: null, level 1, random slope, level 2, cross-level (Heck, Thomas & Tabata 2011)."""
    random_slopes: Texts = ()
    """Those of ``level_1`` whose slopes vary between groups."""

    @property
    def lower(self) -> tuple[str, ...]:
        """All level-1 predictors."""
        return self.level_1

    @property
    def steps(self) -> Iterator[Step]:
        """The rungs above the null model."""
        fixed = [column(name) for name in self.level_1]
        slopes = [column(name) for name in self.random_slopes]
        if self.level_1:
            yield "l1", fixed, ()
        if slopes:
            yield "slope", fixed, slopes
        fixed = [*fixed, *map(column, self.level_2)]
        if self.level_2:
            yield "l2", fixed, slopes
        if self.cross_level:
            yield "cross", [*fixed, *self.products], slopes

    def _objections(self) -> Iterator[Objection]:
        """Yield what is wrong between the columns."""
        yield from super()._objections()
        for i, name in enumerate(self.random_slopes):
            if name in self.random_slopes[:i]:
                yield ("random_slopes", i), f"{quoted(name)} occurs twice", None
            elif name not in self.level_1:
                hint = did_you_mean(name, self.level_1) or "list it under level_1"
                yield ("random_slopes", i), f"{quoted(name)} is not a level-1 predictor of this ladder", hint
