"""The level of each variable in the hierarchy, as the profile found it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mlm_steps.records import DataProfile

__all__ = ["Level", "factor_depths", "variable_levels"]

Level = Literal["1", "2", "3"]
_LEVELS: tuple[Level, ...] = ("1", "2", "3")


def factor_depths(profile: DataProfile) -> dict[str, int]:
    """Return per grouping factor its level: 2, or one more than the highest factor nested inside it."""
    inside: dict[str, list[str]] = {factor.name: [] for factor in profile.factors}
    for relation in profile.nesting:
        if relation.relation == "nested" and relation.outer in inside and relation.inner in inside:
            inside[relation.outer].append(relation.inner)

    def depth(factor: str) -> int:
        return 1 + max((depth(inner) for inner in inside[factor]), default=1)

    return {factor: depth(factor) for factor in inside}


def variable_levels(profile: DataProfile, declared: Mapping[str, int]) -> dict[str, Level]:
    """Return per variable its declared level, else the highest at which it is constant inside each group.

    A declared level wins where the data contradict it in some groups and the spec lets that pass: the model's
    equations are those the author means.
    """
    depths = factor_depths(profile)
    levels: dict[str, Level] = {}
    for entry in profile.variable_levels:
        depth = min(depths.get(entry.factor, 1), 3) if entry.level == "between" else 1
        text = _LEVELS[depth - 1]
        levels[entry.variable] = max(levels.get(entry.variable, "1"), text)
    return {**levels, **{name: _LEVELS[min(level, 3) - 1] for name, level in declared.items()}}
