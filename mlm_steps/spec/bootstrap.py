"""The key ``bootstrap``: how models are refitted to simulated data."""

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
"""Replicates per job by default.

The number does not depend on replicates or cores, so that finished jobs can be reused."""


class BootstrapSpec(SpecBlock):
    """How models are refitted to simulated data, for everything that the spec declares to be bootstrapped."""

    replicates: Annotated[int, *whole(100, 100_000)] = 2000
    """Number of simulated data sets per rung."""
    chunks: Chunks = "auto"
    """Number of jobs per rung; a finished job is not repeated. ``auto``: 500 replicates per job."""
    kind: Literal["parametric", "residual", "cases"] = "parametric"
    """How the data are simulated.

    ``parametric``: from the fitted distributions; ``residual``: from the residuals and random effects of the
    fit, rescaled and drawn with replacement; ``cases``: from groups drawn with replacement.
    """

    @property
    def ranges(self) -> tuple[range, ...]:
        """The replicates of each job, counted from 0.

        If the number of replicates is increased, the first jobs stay the same, provided their size does.
        """
        size = SIZE if self.chunks == "auto" else -(-self.replicates // self.chunks)
        starts = range(0, self.replicates, size)
        return tuple(range(start, min(start + size, self.replicates)) for start in starts)
