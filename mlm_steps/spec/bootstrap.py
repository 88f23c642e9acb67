"""The key ``bootstrap``: how refits to simulated data are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Whole

__all__ = ["BootstrapSpec"]


def _form_of(value: object) -> str:
    """Return whether a count is meant, or a word."""
    return "count" if isinstance(value, int) or (isinstance(value, str) and value[:1].isdigit()) else "word"


Chunks = Annotated[
    Annotated[Literal["auto"], Tag("word")] | Annotated[int, Field(ge=1), Whole, Tag("count")],
    Discriminator(_form_of),
]


class BootstrapSpec(SpecBlock):
    """How refits to simulated data are made, for what is declared to be bootstrapped."""

    replicates: Annotated[int, Field(ge=100), Whole] = 2000
    """Number of simulated data sets per rung."""
    chunks: Chunks = "auto"
    """Jobs that the replicates of a rung are spread over; a finished one is not repeated."""
    kind: Literal["parametric", "residual", "cases"] = "parametric"
    """Where the data come from.

    ``parametric``: the fitted distributions; ``residual``: the fit's own residuals and group effects,
    reflated and drawn with replacement; ``cases``: groups drawn with replacement.
    """
