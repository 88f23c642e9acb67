"""The units that each variable describes: observations, or the groups of a factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlm_steps.records.data_profile import NestingRelation, VariableLevel, factor_ranks

__all__ = ["factor_depths", "outer_factors", "place_variables"]


def outer_factors(factors: Iterable[str], nesting: Iterable[NestingRelation]) -> dict[str, tuple[str, ...]]:
    """Return per factor those in which it is nested, the innermost first."""
    names = list(factors)
    relations = tuple(nesting)
    ranks = factor_ranks(names, relations)
    found: dict[str, list[str]] = {name: [] for name in names}
    for relation in relations:
        if relation.relation == "nested" and relation.inner in found and relation.outer in found:
            found[relation.inner].append(relation.outer)
    return {name: tuple(sorted(outer, key=ranks.__getitem__)) for name, outer in found.items()}


def factor_depths(sizes: Mapping[str, int], nesting: Iterable[NestingRelation]) -> dict[str, int]:
    """Return the number of factors above each one in the longest chain, in ascending order.

    ``sizes`` holds the number of groups per factor, which orders factors of the same depth.
    """
    outer = outer_factors(sizes, nesting)

    def depth(name: str) -> int:
        return 1 + max((depth(above) for above in outer[name]), default=-1)

    depths = {name: depth(name) for name in sizes}
    return {name: depths[name] for name in sorted(sizes, key=lambda name: (depths[name], sizes[name]))}


def place_variables(
    levels: Iterable[VariableLevel],
    declared: Mapping[str, int],
    sizes: Mapping[str, int],
    nesting: Sequence[NestingRelation],
) -> dict[str, str]:
    """Return per variable above level 1 the factor whose units it describes.

    A declared level restricts the factors. Without one, it is the highest factor within whose groups the
    variable is constant or, if there is none, nearly constant.
    """
    factors = list(factor_depths(sizes, nesting))
    ranks = factor_ranks(sizes, nesting)
    entries: dict[str, list[VariableLevel]] = {}
    known = [level for level in levels if level.factor in sizes]
    for level in sorted(known, key=lambda level: factors.index(level.factor)):
        entries.setdefault(level.variable, []).append(level)
    found = {name: _place(about, declared.get(name), ranks) for name, about in entries.items()}
    return {name: factor for name, factor in found.items() if factor is not None}


def _place(levels: Sequence[VariableLevel], declared: int | None, ranks: Mapping[str, int]) -> str | None:
    """Return the factor whose units a variable describes; None for the observations."""
    if declared is None:
        constant = [level for level in levels if level.level == "between"]
        standing = constant or [level for level in levels if level.conflicting_levels]
        return standing[0].factor if standing else None
    if declared == 1:
        return None
    wanted = declared if declared in ranks.values() else max(ranks.values())
    about = [level for level in levels if ranks[level.factor] == wanted]
    return min(about, key=lambda level: len(level.conflicting_levels)).factor if about else None
