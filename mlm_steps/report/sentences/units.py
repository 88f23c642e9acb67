"""The units of each level of the hierarchy, as boxes of a diagram, and the nesting of factors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlm_steps.records import FactorProfile, NestingRelation
from mlm_steps.records.places import factor_depths, place_variables
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.text import Number, Phrase, capital, join, say

__all__ = ["Box", "diagram", "nesting_sentence", "places"]


@dataclass(frozen=True, slots=True)
class Box:
    """The units of one level: their name, their number, and the variables measured on them."""

    label: Phrase
    count: Number
    variables: Phrase


def _tiers(given: ReportInput) -> list[list[FactorProfile]]:
    """Return the grouping factors in tiers, the highest first; a factor is below those it is nested in."""
    profile = given.run.data_profile
    factors = {factor.name: factor for factor in profile.factors}
    sizes = {name: factor.n_levels for name, factor in factors.items()}
    tiers: dict[int, list[FactorProfile]] = {}
    for name, depth in factor_depths(sizes, profile.nesting).items():
        tiers.setdefault(depth, []).append(factors[name])
    return list(tiers.values())


def diagram(given: ReportInput) -> list[list[Box]]:
    """Return the boxes of the factors, one list per tier, and a box of the observations."""
    factors = given.run.data_profile.factors
    used = [column.name for column in given.run.data_profile.columns if column.used]
    tiers = _tiers(given)
    standing = places(given)
    boxes: dict[str, Box] = {}
    for factor in factors:
        own = [name for name in used if standing.get(name) == factor.name]
        label = given.names.group(factor.name)
        boxes[factor.name] = _box(given, label, factor.n_levels, ("factor", factor.name, "n_levels"), own)
    grouping = {part for factor in factors for part in (factor.name, *factor.name.split(":"))}
    rest = [name for name in used if name not in standing and name not in grouping]
    rows = _box(given, ("Observations",), given.run.data_profile.rows, ("rows",), rest)
    return [*([boxes[factor.name] for factor in tier] for tier in tiers), [rows]]


def places(given: ReportInput) -> dict[str, str]:
    """Return per variable above level 1 the factor whose units it describes (``place_variables``)."""
    profile = given.run.data_profile
    declared = {c.name: c.declared_level for c in profile.columns if c.declared_level is not None}
    sizes = {factor.name: factor.n_levels for factor in profile.factors}
    return place_variables(profile.variable_levels, declared, sizes, profile.nesting)


def _box(given: ReportInput, label: Phrase, count: int, keys: Iterable[str], variables: list[str]) -> Box:
    return Box(
        label,
        profile_number(count, *keys),
        join([given.names.variable(name) for name in variables]),
    )


def nesting_sentence(given: ReportInput, relation: NestingRelation) -> Phrase:
    """Return whether two grouping factors are nested or crossed."""
    words = {
        "nested": "{inner} are nested in {outer}",
        "crossed": "{inner} and {outer} are fully crossed",
        "partially_crossed": "{inner} and {outer} are partially crossed",
        "equal": "{inner} and {outer} group the rows identically",
    }
    template = words[relation.relation] + " ({cells} occupied cells)."
    if relation.implicit:
        template += (
            " Nearly all {outer} use the same few labels of {inner}. If a label denotes different units in "
            "different {outer}, write the factor as nested."
        )
    cells = profile_number(relation.n_cells, "nesting", relation.inner, relation.outer, "n_cells")
    inner, outer = given.prose.units(relation.inner), given.prose.units(relation.outer)
    return capital(say(template, inner=inner, outer=outer, cells=cells))
