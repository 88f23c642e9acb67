"""The random coefficients and principal components of a rung as parts of its record."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine import MixedFit
from mlm_steps.engine.posterior.components import principal_components
from mlm_steps.engine.posterior.ranges import random_coefficients
from mlm_steps.records.random_effects import RandomCoefficient, RandomComponents

__all__ = ["coefficient_rows", "component_rows"]


def coefficient_rows(fit: MixedFit) -> tuple[RandomCoefficient, ...]:
    """Return the ranges and reliabilities of the random coefficients."""
    return tuple(RandomCoefficient(**asdict(each)) for each in random_coefficients(fit))


def component_rows(fit: MixedFit) -> tuple[RandomComponents, ...]:
    """Return the principal components of the terms, and of the factors with several terms."""
    return tuple(
        RandomComponents(
            term_index=each.term_index,
            group=each.group,
            effects=each.effects,
            sds=tuple(each.sds.tolist()),
            shares=_known(each.shares),
            outcome_shares=_known(each.outcome_shares),
            effective_rank=each.effective_rank,
        )
        for each in principal_components(fit)
    )


def _known(values: NDArray[np.float64]) -> tuple[float, ...] | None:
    return tuple(values.tolist()) if np.isfinite(values).all() else None
