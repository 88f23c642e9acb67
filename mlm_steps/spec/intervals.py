"""The key ``intervals``: how each kind of interval is computed."""

from __future__ import annotations

from typing import Literal

from mlm_steps.spec.base import SpecBlock

__all__ = ["IntervalKind", "IntervalsSpec"]

IntervalKind = Literal["fixed", "variance", "icc", "r2"]


class IntervalsSpec(SpecBlock):
    """How each kind of interval is computed; ``none`` leaves it out.

    ``profile`` is the profile likelihood, always that of maximum likelihood; ``bootstrap`` takes percentiles
    of refits to simulated data and is set up by the key ``bootstrap``.
    """

    fixed: Literal["wald", "profile", "bootstrap", "none"] = "wald"
    """Of the fixed effects. ``wald``: estimate and standard error, with the degrees of freedom of
    ``estimation: {df: …}``."""
    variance: Literal["profile", "bootstrap", "none"] = "profile"
    """Of standard deviations, variances and correlations. Never Wald: they are far from normal. Where nothing
    is written, they are profiled as far as ``effort`` allows."""
    icc: Literal["profile", "bootstrap", "none"] = "profile"
    """Of intraclass correlations. ``profile`` serves rungs with one random intercept; others need
    ``bootstrap``."""
    r2: Literal["bootstrap", "none"] = "none"
    """Of R² and of its sources within and between groups."""

    @property
    def words(self) -> dict[IntervalKind, str]:
        """The word of each kind."""
        return {"fixed": self.fixed, "variance": self.variance, "icc": self.icc, "r2": self.r2}

    def kinds(self, source: str) -> tuple[IntervalKind, ...]:
        """Return the kinds that are computed in one way."""
        return tuple(kind for kind, word in self.words.items() if word == source)
