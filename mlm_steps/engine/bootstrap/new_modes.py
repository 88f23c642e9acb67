"""Outcomes drawn from a generalized model, each with the conditional modes that belong to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.generalized import draw_from
from mlm_steps.engine.families import Outcome
from mlm_steps.engine.pirls.modes import find_modes, rows_of
from mlm_steps.engine.result.glmm_fit import GlmmFit

__all__ = ["Drawn", "drawn_with_modes"]

Array = NDArray[np.float64]


class Drawn(NamedTuple):
    """One drawn outcome and the linear predictor at its own modes, each of shape (n,)."""

    y: Array
    eta: Array


def drawn_with_modes(fit: GlmmFit, generators: Sequence[np.random.Generator]) -> Iterator[Drawn]:
    """Yield outcomes with new random effects, and their modes at the parameters of the fit.

    The modes of a drawn outcome are shrunken as those of the data are, so that statistics at the modes of
    both can be compared. An outcome without modes is left out.
    """
    model = fit.prepared
    theta, fixed, phi = model.split(fit.psi_internal)
    rows, base = rows_of(model, theta), model.offset + model.X @ fixed
    for generator in generators:
        y = draw_from(fit, [generator])[0]
        outcome = Outcome(y[model.order], model.outcome.trials, model.outcome.weights)
        state = find_modes(replace(model, outcome=outcome), rows, base, phi)
        if state is not None:
            eta = np.where(np.isfinite(fit.eta), model.original(state.eta), fit.eta)
            yield Drawn(y, eta)
