"""Functions of one number: nothing to remember."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.transforms.base import Options, State, Transform, number, one_column
from mlm_steps.design.variables import Numbers, Value
from mlm_steps.language.faults import TransformError

__all__ = ["ELEMENTWISE"]


def _stateless(_value: Value, _options: Options) -> State:
    return {}


def _elementwise(function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Transform:
    def apply(value: Value, _state: State) -> Value:
        return Numbers(function(one_column(value)))

    return Transform(_stateless, apply)


def _learn_base(_value: Value, options: Options) -> State:
    base = number(options, "base")
    if base is not None and (base <= 0 or base == 1):
        raise TransformError("the base of a logarithm is positive and not 1")
    return {} if base is None else {"base": base}


def _log(value: Value, state: State) -> Value:
    logarithm = np.log(one_column(value))
    base = state.get("base")
    return Numbers(logarithm / np.log(base) if isinstance(base, float) else logarithm)


def _same(value: Value, _state: State) -> Value:
    return value


ELEMENTWISE: Mapping[str, Transform] = {
    "I": Transform(_stateless, _same),
    "offset": Transform(_stateless, _same),
    "log": Transform(_learn_base, _log),
    "log10": _elementwise(np.log10),
    "log2": _elementwise(np.log2),
    "log1p": _elementwise(np.log1p),
    "exp": _elementwise(np.exp),
    "expm1": _elementwise(np.expm1),
    "sqrt": _elementwise(np.sqrt),
    "abs": _elementwise(np.abs),
    "sin": _elementwise(np.sin),
    "cos": _elementwise(np.cos),
}
