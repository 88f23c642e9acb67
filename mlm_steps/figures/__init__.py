"""Figures of a run. Each is a function that takes records and the analysis sample and returns a Figure.

To add one, write a module with a function of the protocol ``Drawer`` and list its name here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from mlm_steps.figures.base import Drawer, Figure, FigureInput

__all__ = [
    "FIGURES",
    "GENERALIZED",
    "LINEAR",
    "PLANNED",
    "Drawer",
    "Drawers",
    "Figure",
    "FigureInput",
    "load_drawers",
]


class Drawers(Mapping[str, Drawer]):
    """Functions by name, each that of the module of its name.

    A module is imported when its function is asked for, since the plan of a run needs the names only and must
    load no numpy.
    """

    def __init__(self, *names: str) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Drawer:
        if name not in self._names:
            raise KeyError(name)
        drawer: Drawer = getattr(import_module(f"{__name__}.{name}"), name)
        return drawer

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


FIGURES = Drawers(
    "hierarchy",
    "ladder",
    "forest",
    "variance_sources",
    "vpc",
    "caterpillar",
    "partial_pooling",
    "profile",
    "raw_data",
    "rates",
    "within_between",
    "simple_slopes",
    "johnson_neyman",
    "means",
    "assumptions",
    "quantile_residuals",
    "binned_residuals",
    "influence",
    "sensitivity",
    "variants",
    "optimisers",
    "power_curve",
    "power_map",
)
"""The figures, in the order of the report."""
GENERALIZED = frozenset({"rates", "quantile_residuals", "binned_residuals"})
"""The figures that show generalized models only; no step draws them for a ladder of linear models."""

LINEAR = frozenset({"within_between"})
"""The figures that show linear models only; no step draws them for a ladder of generalized models."""

PLANNED = frozenset({"power_curve", "power_map"})
"""The figures that show planned studies only."""


def load_drawers() -> Iterator[None]:
    """Import the module of every figure, one per iteration, before a process is forked."""
    for name in FIGURES:
        FIGURES[name]
        yield
