"""The key ``bootstrap``: how refits to simulated data are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import whole

__all__ = ["BootstrapSpec"]


def _form_of(value: object) -> str:
    """Return whether a count is meant, or a word."""
    return "count" if isinstance(value, int) or (isinstance(value, str) and value[:1].isdigit()) else "word"


Chunks = Annotated[
    Annotated[Literal["auto"], Tag("word")] | Annotated[int, *whole(1, 1000), Tag("count")],
    Discriminator(_form_of),
]


SIZE = 500
"""Replicates of a job where the spec leaves it to us: whatever the number of replicates and of cores."""


class BootstrapSpec(SpecBlock):
    """How refits to simulated data are made, for what is declared to be bootstrapped."""

    replicates: Annotated[int, *whole(100, 100_000)] = 2000
    """Number of simulated data sets per rung."""
    chunks: Chunks = "auto"
    """Jobs that the replicates of a rung are spread over; a finished one is not repeated. ``auto``: 500
    replicates each."""
    kind: Literal["parametric", "residual", "cases"] = "parametric"
    """Where the data come from.

    ``parametric``: the fitted distributions; ``residual``: the fit's own residuals and group effects,
    reflated and drawn with replacement; ``cases``: groups drawn with replacement.
    """

    @property
    def ranges(self) -> tuple[range, ...]:
        """The replicates of each job, counted from 0.

        More replicates than before begin with the same jobs, as far as those are as large as before.
        """
        size = SIZE if self.chunks == "auto" else -(-self.replicates // self.chunks)
        starts = range(0, self.replicates, size)
        return tuple(range(start, min(start + size, self.replicates)) for start in starts)
