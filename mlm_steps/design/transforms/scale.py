"""``scale(x)``: less the mean, over the standard deviation; ``center(x)``: less the mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.transforms.base import Options, State, Transform, one_column
from mlm_steps.design.variables import Numbers, Value
from mlm_steps.language.faults import TransformError

__all__ = ["CENTER", "SCALE"]


def _learn_scale(value: Value, options: Options) -> State:
    x = one_column(value)
    center = _chosen(options, "center", lambda: float(x.mean()), 0.0)
    scale = _chosen(options, "scale", lambda: _root_mean_square(x - center), 1.0)
    if scale == 0 or (options.get("scale", True) is True and np.ptp(x) == 0):
        raise TransformError("scale() divides by a standard deviation, and this column is constant")
    return {"center": center, "scale": scale}


def _chosen(options: Options, name: str, computed: Callable[[], float], neutral: float) -> float:
    option = options.get(name, True)
    if option is True:
        return computed()
    if option is False:
        return neutral
    if not isinstance(option, float):
        raise TransformError(f"its argument {name} is TRUE, FALSE or a number")
    return option


def _root_mean_square(deviation: NDArray[np.float64]) -> float:
    """Return R's divisor: the standard deviation when the column is centred."""
    return float(np.sqrt(np.sum(deviation**2) / max(1, deviation.size - 1)))


def _apply_scale(value: Value, state: State) -> Value:
    return Numbers((one_column(value) - _float(state, "center")) / _float(state, "scale"))


def _learn_center(value: Value, _options: Options) -> State:
    return {"center": float(one_column(value).mean())}


def _apply_center(value: Value, state: State) -> Value:
    return Numbers(one_column(value) - _float(state, "center"))


def _float(state: State, name: str) -> float:
    return float(str(state[name]))


SCALE = Transform(_learn_scale, _apply_scale)
CENTER = Transform(_learn_center, _apply_center)
