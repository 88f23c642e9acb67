"""How a function of a fit's state becomes a method of ``Fit``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from mlm_steps.api.state import FitState

__all__ = ["Stateful", "from_state"]

P = ParamSpec("P")
R = TypeVar("R")


class Stateful(Protocol):
    """An object with the state of a fit."""

    @property
    def _state(self) -> FitState: ...


def from_state(function: Callable[Concatenate[FitState, P], R]) -> Callable[Concatenate[Stateful, P], R]:
    """Return the function as a method of ``Fit``, with its docstring, its defaults and its annotations.

    ``Fit`` then lists its methods, a line each, and every function stands once, in the module of its subject.
    """
    of_state = signature(function)
    first, *others = of_state.parameters.values()

    @wraps(function)
    def call(self: Stateful, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(self._state, *args, **kwargs)

    own = first.replace(name="self", annotation=first.empty)
    call.__signature__ = of_state.replace(parameters=[own, *others])  # type: ignore[attr-defined]  # read by signature()
    return call
