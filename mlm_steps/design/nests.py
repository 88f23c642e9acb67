"""Find nested factors from the data and from the terms of the formula, as emmeans does.

A factor is nested in another if each of its levels occurs with only one level of the other, such as schools
in districts. A factor b is also nested in a if the formula has ``a`` and ``a:b`` but not ``b``. Averages are
taken over the levels that occur within each level of the outer factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.grid import Predictor, PredictorValue, Setting

__all__ = ["MOST_ROWS", "Nests", "find_nests"]

MOST_ROWS = 20_000
"""An average is taken over at most this many combinations of levels; more would need too much memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Nests:
    """The nesting among the factors of a formula.

    Attributes
    ----------
    outer : mapping of str to tuple of str
        For each nested factor, the factors that it is nested in.
    by_terms : frozenset of str
        Factors that are nested only by the terms of the formula; their levels occur in several outer levels.
    together : mapping of (str, str) to set of (PredictorValue, PredictorValue)
        For each nested factor and one of its outer factors, the pairs of levels that occur.
    """

    outer: Mapping[str, tuple[str, ...]]
    by_terms: frozenset[str]
    together: Mapping[tuple[str, str], frozenset[tuple[PredictorValue, PredictorValue]]]

    def allows(self, setting: Setting, name: str, level: PredictorValue) -> bool:
        """Return whether a level occurs with the levels of its outer and inner factors in a setting."""
        for (inner, outer), pairs in self.together.items():
            if name == inner and outer in setting and (level, setting[outer]) not in pairs:
                return False
            if name == outer and inner in setting and (setting[inner], level) not in pairs:
                return False
        return True

    def related(self, *names: str) -> tuple[str, ...]:
        """Return the inner and outer factors of the named factors, without the named factors."""
        pairs = [pair for pair in self.together if not set(pair).isdisjoint(names)]
        return tuple(dict.fromkeys(name for pair in pairs for name in pair if name not in names))

    def combinations(
        self, given: Setting, over: Sequence[Predictor], most: int = MOST_ROWS
    ) -> list[tuple[Setting, float]]:
        """Return the given setting with each possible combination of levels of ``over``, and its weight.

        Outer factors are expanded before inner factors. At each step the possible levels divide the weight
        equally. Raises ValueError for more than ``most`` combinations.
        """
        first = sorted(over, key=lambda each: len(self.outer.get(each.name, ())))
        found: list[tuple[dict[str, PredictorValue], float]] = [(dict(given), 1.0)]
        for predictor in first:
            grown: list[tuple[dict[str, PredictorValue], float]] = []
            for setting, weight in found:
                levels = [level for level in predictor.centre if self.allows(setting, predictor.name, level)]
                grown += [({**setting, predictor.name: level}, weight / len(levels)) for level in levels]
                if len(grown) > most:
                    raise ValueError(f"more than {most} combinations of levels are too many to average over")
            found = grown
        total = sum(weight for _, weight in found)
        names = [*given, *(predictor.name for predictor in over)]
        return [({name: setting[name] for name in names}, weight / total) for setting, weight in found]


def find_nests(predictors: Sequence[Predictor], terms: Sequence[tuple[str, ...]]) -> Nests:
    """Return the nesting among predictors with levels.

    Parameters
    ----------
    predictors : sequence of Predictor
    terms : sequence of tuple of str
        The columns of each term.
    """
    factors = {p.name: p for p in predictors if len(p.levels) > 1}
    together = {
        (a.name, b.name): _pairs(a, b) for a in factors.values() for b in factors.values() if a is not b
    }
    found: dict[str, set[str]] = {}
    for name in factors:
        outer = {
            other
            for other in factors
            if other != name
            and name not in found.get(other, ())
            and len(together[name, other]) == len(factors[name].levels)
        }
        if outer:
            found[name] = outer
    by_data = set(found)
    for name, outer in _by_terms(factors, terms).items():
        found.setdefault(name, set()).update(outer)
    for name in found:
        found[name] |= {above for each in found[name] for above in found.get(each, ())}
    nests = {name: outer for name, outer in found.items() if name not in outer}
    return Nests(
        outer={name: tuple(each for each in factors if each in outer) for name, outer in nests.items()},
        by_terms=frozenset(set(nests) - by_data),
        together={(a, b): together[a, b] for a, outer in nests.items() for b in outer},
    )


def _pairs(one: Predictor, other: Predictor) -> frozenset[tuple[PredictorValue, PredictorValue]]:
    """Return the pairs of levels of two factors that occur in the data."""
    first, second = _codes(one), _codes(other)
    k = len(other.levels)
    pair, count = first * k + second, len(one.levels) * k
    # Counting takes a hundredth of the time of sorting if there are fewer possible pairs than rows.
    seen = np.flatnonzero(np.bincount(pair, minlength=count)) if count <= pair.size else np.unique(pair)
    return frozenset((one.levels[code // k], other.levels[code % k]) for code in seen.tolist())


def _codes(predictor: Predictor) -> NDArray[np.intp]:
    """Return the position of the level in each row; the two values of a number count as levels 0 and 1."""
    if predictor.category:
        return predictor.values.astype(np.intp)
    second: NDArray[np.intp] = (predictor.values == predictor.levels[1]).astype(np.intp)
    return second


def _by_terms(factors: Mapping[str, Predictor], terms: Sequence[tuple[str, ...]]) -> dict[str, set[str]]:
    """Return the factors without a main effect, each with the factors within whose levels it is coded.

    In ``a + a:b`` the columns of a:b are contrasts of b within each level of a, because a has a main effect
    and b has none.
    """
    sets = [frozenset(term) for term in terms]

    def by_levels(term: frozenset[str], name: str) -> bool:
        """Return whether a term has a column for each level of a factor, because its margin is not a term."""
        return len(term) > 1 and term - {name} not in sets

    nested: dict[str, set[str]] = {}
    for name in factors:
        if frozenset({name}) in sets:
            continue
        own = [term for term in sets if name in term and not by_levels(term, name)]
        own = own or [term for term in sets if name in term]
        outer = [{o for o in term - {name} if o in factors and by_levels(term, o)} for term in own]
        least = [each for each in outer if each and not any(other < each for other in outer if other)]
        if least:
            nested[name] = set().union(*least)
    return nested
