"""Slopes on the scale of the outcome of a generalized model (statistics, section 22.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import Setting
from mlm_steps.effects.directions import Direction, stencil
from mlm_steps.effects.fitted import TOO_LARGE
from mlm_steps.effects.pair import Pair
from mlm_steps.effects.response import Averages, OnResponse
from mlm_steps.records.effects import Pairwise, SlopeAt

__all__ = ["slopes_on_response"]

Array = NDArray[np.float64]
PartT = TypeVar("PartT", SlopeAt, Pairwise)

MOST_ROWS = 3_000_000
"""Largest number of rows, over all values, for an average over the rows; more would take several seconds."""


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
    or the difference between two levels or values; and, as ``average``, the mean of this over the rows, all
    other predictors being as observed. Its random part counts, too, if the predictor has a random slope. A
    difference of slopes is the interaction on the scale of the outcome; its sign may differ from that of the
    coefficient (Ai & Norton 2003).
    """
    response = pair.fitted.response
    if response is None:
        return tuple(slopes), tuple(differences)
    found: dict[str, Sequence[object]] = {"ratio": [response.ratio(each.slope) for each in slopes]}
    compared: dict[str, Sequence[object]] = {"ratio": [response.ratio(each.test) for each in differences]}
    own = direction if pair.focal.levels or direction.at is not None else stencil(pair.focal)
    weights = np.kron(np.eye(len(slopes)), np.array(own.weights))
    between = np.stack([weights[i] - weights[j] for i, j in pairs]) if pairs else np.empty((0, 0))
    for name, averages in (
        ("response", _at_values(pair, response, given, own)),
        ("average", _over_rows(pair, response, given, own)),
    ):
        if averages is None:
            found[name] = [TOO_LARGE] * len(slopes)
            compared[name] = [TOO_LARGE] * len(differences)
            continue
        found[name] = response.compared(averages, weights, len(slopes), "none")
        if pairs:
            compared[name] = response.compared(averages, between, len(slopes), adjust)
    return _updated(slopes, found), _updated(differences, compared)


def _updated(parts: Sequence[PartT], columns: Mapping[str, Sequence[object]]) -> tuple[PartT, ...]:
    """Return the parts with a field per column."""
    return tuple(
        part.model_copy(update={name: values[i] for name, values in columns.items()})
        for i, part in enumerate(parts)
    )


def _at_values(pair: Pair, response: OnResponse, given: Setting, direction: Direction) -> Averages | None:
    """Return the population average at each point and, within it, each value of the focal predictor."""
    rows = pair.expected(given, direction.values)
    return None if rows is None else response.averages(rows)


def _over_rows(pair: Pair, response: OnResponse, given: Setting, direction: Direction) -> Averages | None:
    """Return the same averaged over the rows, whose other predictors are as observed.

    The values of a number are replaced by shifts of the observed values. None if there are too many rows.
    """
    count = len(pair.points) * len(direction.values)
    if count * response.fit.design.n > MOST_ROWS:
        return None
    middle = pair.focal.held if direction.at is None else direction.at
    found = []
    for point, x in product(pair.points, direction.values):
        setting = {**given, pair.moderator.name: point.value}
        if pair.focal.levels:
            found.append(response.over_rows({**setting, pair.focal.name: x}, {}))
        else:
            found.append(response.over_rows(setting, {pair.focal.name: float(x) - middle}))
    known = [each for each in found if each is not None]
    q = response.fit.psi_internal.size
    return Averages(
        np.array([each is not None for each in found]),
        np.array([mean for mean, _ in known]),
        np.array([gradient for _, gradient in known]).reshape(len(known), q),
    )
