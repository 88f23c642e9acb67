"""Optimisers of optional libraries."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["NEEDS", "installed"]

NEEDS = {"bobyqa": "nlopt"}
"""Optimisers that need an optional library, and that library."""


def installed(optimizer: str) -> bool:
    """Return whether the library of an optimiser is installed."""
    return optimizer not in NEEDS or find_spec(NEEDS[optimizer]) is not None
