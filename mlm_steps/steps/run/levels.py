"""The level of each variable in the hierarchy, as the profile found it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mlm_steps.records import DataProfile

__all__ = ["HierarchyLevel", "variable_levels"]

HierarchyLevel = Literal["1", "2", "3"]
_LEVELS: tuple[HierarchyLevel, ...] = ("1", "2", "3")


def variable_levels(profile: DataProfile, declared: Mapping[str, int]) -> dict[str, HierarchyLevel]:
    """Return per variable its declared level, else the highest at which it is constant inside each group.

    A declared level wins where the data contradict it in some groups and the spec lets that pass: the model's
    equations are those the author means.
    """
    ranks = profile.ranks
    levels: dict[str, HierarchyLevel] = {}
    for entry in profile.variable_levels:
        rank = min(ranks.get(entry.factor, 1), 3) if entry.level == "between" else 1
        text = _LEVELS[rank - 1]
        levels[entry.variable] = max(levels.get(entry.variable, "1"), text)
    return {**levels, **{name: _LEVELS[min(level, 3) - 1] for name, level in declared.items()}}
