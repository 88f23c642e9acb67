"""Determine the level of each variable in the hierarchy from the profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mlm_steps.records import DataProfile

__all__ = ["HierarchyLevel", "variable_levels"]

HierarchyLevel = Literal["1", "2", "3"]
_LEVELS: tuple[HierarchyLevel, ...] = ("1", "2", "3")


def variable_levels(profile: DataProfile, declared: Mapping[str, int]) -> dict[str, HierarchyLevel]:
    """Return per variable its declared level, else the highest at which it is constant inside each group.

    A declared level has priority if the data contradict it in some groups and the spec allows this, since the
    equations of the model should be those that the author intends.
    """
    ranks = profile.ranks
    levels: dict[str, HierarchyLevel] = {}
    for entry in profile.variable_levels:
        rank = min(ranks.get(entry.factor, 1), 3) if entry.level == "between" else 1
        text = _LEVELS[rank - 1]
        levels[entry.variable] = max(levels.get(entry.variable, "1"), text)
    return {**levels, **{name: _LEVELS[min(level, 3) - 1] for name, level in declared.items()}}
