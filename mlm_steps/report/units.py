"""The units of each level of the hierarchy: as boxes, and how one stands to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlm_steps.records import FactorProfile, NestingRelation, VariableLevel
from mlm_steps.report.facts import profile_number
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text import Phrase, join, say

__all__ = ["diagram", "nesting_sentence"]


def _tiers(given: ReportInput) -> list[list[FactorProfile]]:
    """Return the grouping factors in tiers, the highest first: one stands below those it is nested in."""
    factors = sorted(given.run.profile.factors, key=lambda factor: factor.n_levels)
    outer: dict[str, list[str]] = {factor.name: [] for factor in factors}
    for relation in given.run.profile.nesting:
        if relation.relation == "nested" and relation.inner in outer and relation.outer in outer:
            outer[relation.inner].append(relation.outer)

    def depth(name: str) -> int:
        return 1 + max((depth(above) for above in outer[name]), default=-1)

    tiers: dict[int, list[FactorProfile]] = {}
    for factor in factors:
        tiers.setdefault(depth(factor.name), []).append(factor)
    return [tiers[level] for level in sorted(tiers)]


def diagram(given: ReportInput) -> list[list[dict[str, Any]]]:
    """Return one box per factor, those of one tier side by side, and one for the observations."""
    factors = given.run.profile.factors
    used = {column.name for column in given.run.profile.columns if column.used}
    taken: set[str] = {factor.name for factor in factors} | {
        part for factor in factors for part in factor.name.split(":")
    }
    boxes: dict[str, dict[str, Any]] = {}
    tiers = _tiers(given)
    for factor in (factor for tier in tiers for factor in tier):
        own = [
            v.variable
            for v in given.run.profile.variable_levels
            if v.factor == factor.name and v.variable in used - taken and _belongs(v)
        ]
        taken |= set(own)
        label = given.names.group(factor.name)
        boxes[factor.name] = _box(given, label, factor.n_levels, ("factor", factor.name, "n_levels"), own)
    rest = [column.name for column in given.run.profile.columns if column.name in used - taken]
    rows = _box(given, ("Observations",), given.run.profile.rows, ("rows",), rest)
    return [*([boxes[factor.name] for factor in tier] for tier in tiers), [rows]]


def _belongs(level: VariableLevel) -> bool:
    """Return whether a variable stands at a factor: constant inside its groups, or meant to be."""
    return level.level == "between" or bool(level.conflicting_levels)


def _box(
    given: ReportInput, label: Phrase, count: int, keys: Iterable[str], variables: list[str]
) -> dict[str, Any]:
    return {
        "label": label,
        "count": profile_number(count, *keys),
        "variables": join([given.names.variable(name) for name in variables]),
    }


def nesting_sentence(given: ReportInput, relation: NestingRelation) -> Phrase:
    """Return how two grouping factors stand to each other."""
    words = {
        "nested": "{inner} is nested in {outer}",
        "crossed": "{inner} and {outer} are fully crossed",
        "partially_crossed": "{inner} and {outer} are partially crossed",
        "equal": "{inner} and {outer} divide the rows alike",
    }
    template = words[relation.relation] + " ({cells} occupied cells)."
    if relation.implicit:
        template += (
            " The labels of {inner} are few and are used again in nearly every level of {outer}: if the same "
            "label means another unit there, write the factor as nested."
        )
    cells = profile_number(relation.n_cells, "nesting", relation.inner, relation.outer, "n_cells")
    return say(
        template,
        inner=given.names.group(relation.inner),
        outer=given.names.group(relation.outer),
        cells=cells,
    )
