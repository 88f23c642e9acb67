"""The key ``estimation``: how models are fitted and their coefficients tested."""

from __future__ import annotations

from typing import Literal

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import Share

__all__ = ["EstimationSpec"]


class EstimationSpec(SpecBlock):
    """How models are fitted and their coefficients tested."""

    method: Literal["REML", "ML"] = "REML"
    """Restricted or full maximum likelihood. Comparisons of fixed effects use ML in any case."""
    df: Literal["satterthwaite", "kenward-roger", "between-within", "residual", "z"] = "satterthwaite"
    """Degrees of freedom of the tests of coefficients and terms.

    ``kenward-roger`` also adjusts the standard errors, for few groups; ``between-within`` counts groups and
    predictors, as HLM does.
    """
    anova: Literal["III", "II", "I"] = "III"
    """Which hypothesis the F test of a term tests.

    ``III``: its effects averaged over the levels of the factors it interacts with; ``II``: what it adds to
    the terms that do not contain it; ``I``: what it adds to those before it.
    """
    confidence: Share = 0.95
    """Coverage of the intervals, for example ``0.95``."""
    optimizer: Literal["auto"] = "auto"
    """How the optimum is searched for."""
