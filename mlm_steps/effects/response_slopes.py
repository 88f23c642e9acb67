"""Slopes on the scale of the outcome of a generalized model (statistics, section 22.7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import Setting
from mlm_steps.effects.directions import Direction, stencil
from mlm_steps.effects.pair import Pair
from mlm_steps.records.effects import Pairwise, SlopeAt, Tested

__all__ = ["slopes_on_response"]

Array = NDArray[np.float64]


def slopes_on_response(
    pair: Pair,
    direction: Direction,
    given: Setting,
    slopes: Sequence[SlopeAt],
    differences: Sequence[Pairwise],
    pairs: Sequence[tuple[int, int]],
    adjust: str,
) -> tuple[tuple[SlopeAt, ...], tuple[Pairwise, ...]]:
    """Return slopes and differences with those of the population average.

    A slope is the derivative of the population average in the focal predictor at the mean of this predictor,
    or the difference between two levels or values. Its random part counts, too, if the predictor has a
    random slope. A difference of slopes is the interaction on the scale of the outcome; its sign may differ
    from that of the coefficient (Ai & Norton 2003).
    """
    response = pair.fitted.response
    own = direction if pair.focal.levels or direction.at is not None else stencil(pair.focal)
    rows = None if response is None else pair.expected(given, own.values)
    if response is None or rows is None:
        lost = Tested(code="too_large")
        return (
            tuple(each.model_copy(update={"response": lost}) for each in slopes),
            tuple(each.model_copy(update={"response": lost}) for each in differences),
        )
    weights = np.kron(np.eye(len(slopes)), np.array(own.weights))
    found = response.unadjusted(rows, weights)
    compared: tuple[Tested, ...] = ()
    if pairs:
        compared = response.differences(rows, _differences(pairs, weights), len(slopes), adjust)
    return (
        tuple(
            each.model_copy(update={"response": test, "ratio": response.ratio(each.slope)})
            for each, test in zip(slopes, found, strict=True)
        ),
        tuple(
            each.model_copy(update={"response": test, "ratio": response.ratio(each.test)})
            for each, test in zip(differences, compared, strict=True)
        ),
    )


def _differences(pairs: Sequence[tuple[int, int]], weights: Array) -> Array:
    """Return the weights of the rows in the difference of each pair of slopes."""
    return np.stack([weights[i] - weights[j] for i, j in pairs])
