"""Marginal means and their differences on the scale of the outcome of a generalized model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlm_steps.design.predictors import GridRows
from mlm_steps.effects.response import OnResponse
from mlm_steps.records.effects import LevelMean, Pairwise

__all__ = ["differences_on_response", "on_response"]


def on_response(response: OnResponse, means: Sequence[LevelMean], rows: GridRows) -> tuple[LevelMean, ...]:
    """Return means with their population averages and with the means of a typical group.

    Both are those of the linear predictor of the row, in which the levels of other factors are averaged.
    """
    average = response.means(rows)
    typical = response.typical([mean.test for mean in means])
    return tuple(
        mean.model_copy(update={"population": each, "typical": own})
        for mean, each, own in zip(means, average, typical, strict=True)
    )


def differences_on_response(
    response: OnResponse,
    differences: Sequence[Pairwise],
    rows: GridRows,
    pairs: Sequence[tuple[int, int]],
    adjust: str,
) -> tuple[Pairwise, ...]:
    """Return differences with their exponentials and with the differences of the population averages."""
    if not pairs:
        return tuple(differences)
    weights = np.zeros((len(pairs), len(rows.full)))
    for position, (i, j) in enumerate(pairs):
        weights[position, [i, j]] = 1.0, -1.0
    tests = response.differences(rows, weights, len(rows.full), adjust)
    return tuple(
        each.model_copy(update={"ratio": response.ratio(each.test), "response": test})
        for each, test in zip(differences, tests, strict=True)
    )
