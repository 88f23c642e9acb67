"""The public names of the API with their signatures, as they stand in ``public_names.txt``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

import mlm_steps
from mlm_steps import api, errors

EXPECTED = Path(__file__).with_name("public_names.txt")
WITHOUT_CONSTRUCTOR = ("Fit",)
"""Classes whose instances are made by a function of the API alone."""


def signature(value: Callable[..., object]) -> str:
    """Return the parameters with their defaults, without annotations."""
    bare = inspect.signature(value)
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in bare.parameters.values()]
    return str(inspect.Signature(parameters))


def members(name: str, kind: type) -> Iterator[str]:
    """Yield the public attributes and methods of a class, those of its base classes included."""
    if name not in WITHOUT_CONSTRUCTOR:
        yield f"{name}{signature(kind)}"
    for member in sorted(vars(kind).keys() | {m for base in kind.__mro__[1:-1] for m in vars(base)}):
        if member.startswith("_"):
            continue
        value = inspect.getattr_static(kind, member)
        if isinstance(value, property | functools.cached_property):
            yield f"{name}.{member}"
        elif callable(value):
            yield f"{name}.{member}{signature(value)}"


def public_names() -> list[str]:
    """Return each public name on a line of its own, functions and methods with their signature."""
    lines = [f"mlm_steps.{name}" for name in mlm_steps.__all__]
    for name in api.__all__:
        value = getattr(api, name)
        is_class = inspect.isclass(value)
        lines += members(name, value) if is_class else [f"{name}{signature(value)}"]
    kinds = [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    ]
    return [*lines, *(f"mlm_steps.errors.{name}" for name in sorted(kinds))]


def test_names_and_signatures_of_the_api_are_those_that_users_rely_on() -> None:
    assert public_names() == EXPECTED.read_text(encoding="utf-8").splitlines()


def test_a_fit_shows_what_it_was_made_with() -> None:
    y = [1.0, 2.0, 4.0, 3.0, 5.0, 7.0, 6.0, 9.0]
    frame = pd.DataFrame({"y": y, "x": [0.0, 1.0] * 4, "g": list("aabbccdd")})
    fit = mlm_steps.fit("y ~ x + (1 | g)", frame, reml=False, df="residual", confidence=0.9)
    assert (fit.df_method, fit.confidence, fit.method) == ("residual", 0.9, "ML")
    assert fit.lmm is fit.estimates.under("ML")
