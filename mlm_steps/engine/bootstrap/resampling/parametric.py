"""New outcomes from the fitted distributions (statistics, section 8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.engine.bootstrap.simulate import draw_outcomes, refit_outcomes
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["parametric"]


def parametric(fit: MixedFit, generators: Sequence[np.random.Generator]) -> Replicates:
    """Return the refits to outcomes drawn from the model at its estimates."""
    return refit_outcomes(fit, draw_outcomes(fit, generators).T)
