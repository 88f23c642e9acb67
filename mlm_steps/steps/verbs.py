"""The steps as commands: their options, and the function that loads the code of a step."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from mlm_steps.steps import STEPS
from mlm_steps.steps.run.declaration import Option

__all__ = ["load_step", "options_of"]


def options_of(step: str) -> tuple[Option, ...]:
    """Return the options of a step's command, in the order in which its function takes their values."""
    return (*STEPS[step].scope.options, *STEPS[step].options)


def load_step(step: str) -> Callable[..., None]:
    """Import the module of a step and return its function."""
    function: Callable[..., None] = getattr(import_module(f"mlm_steps.steps.{step}"), step)
    return function
