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
    df: Literal["satterthwaite", "residual", "z"] = "satterthwaite"
    """Degrees of freedom of the tests of coefficients."""
    confidence: Share = 0.95
    """Coverage of the intervals, for example ``0.95``."""
    optimizer: Literal["auto"] = "auto"
    """How the optimum is searched for."""
