"""The ladder of a first spec: derived columns, formulas of the rungs, and the preset where one fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlm_steps.data.survey.look import Survey
from mlm_steps.data.survey.predictors import Candidate
from mlm_steps.spec.preset import column

__all__ = ["FirstLadder", "Rung"]

_GROUPS_FOR_MEANS = 10
"""Smallest number of groups for group means in a new spec, since their effects are estimated from groups."""
_GROUPS_FOR_SLOPES = 6
"""Smallest number of groups for a random slope in a new spec, since it adds a variance between groups."""
_ROWS_FOR_SLOPES = 3
"""Smallest mean number of rows per group for a random slope; with fewer, hardly any group shows its slope."""
_TRIALS_FOR_SLOPES = 10
"""The same number for an outcome of 0 and 1, of which a row tells less than of a quantity."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: its name, its formula, and the question that it answers."""

    name: str
    formula: str
    question: str


class FirstLadder:
    """Names of the derived columns and formulas of the rungs.

    Parameters
    ----------
    found : Survey
    """

    def __init__(self, found: Survey) -> None:
        self.found = found
        self.names = set(found.names)
        self.term = found.units.terms[0]
        self.lower = [c for c in found.candidates if c.rank == 1]
        self.upper = [c for c in found.candidates if c.rank > 1]
        self.centring_group = self._centring_group()
        self.time = self._time()
        self.within = {c.name: self._new_name(c.name, "w") for c in self.lower if c.centred}
        self.slope = self._slope()
        self.mean_of = self._mean_of()
        self.mean = self._new_name(self.mean_of, "m") if self.mean_of else None

    @property
    def is_diary(self) -> bool:
        """Whether the ladder describes what goes with what from day to day, besides a trend."""
        time = self.found.time
        return time is not None and time.daily and any(c.centred for c in self.lower)

    @property
    def is_growth(self) -> bool:
        """Whether the ladder describes change over time."""
        return self.found.time is not None and not self.is_diary

    def _centring_group(self) -> str:
        """Return the smallest units as ``within`` names them; reused labels need the larger units, too."""
        inner = self.term[-1]
        if inner not in self.found.units.reused:
            return inner
        if not any(":" in name for name in self.term):
            return ":".join(self.term)
        return next(name for name in reversed(self.term) if name not in self.found.units.reused)

    @property
    def fits_preset(self) -> bool:
        """Whether the preset ``growth``, which has one grouping factor, can say the same."""
        one = len(self.found.units.terms) == 1 and len(self.term) == 1
        return self.is_growth and one and self.slope is not None

    @property
    def outcome(self) -> str:
        """The outcome as a formula writes it."""
        found = self.found.outcome
        if found.failures is None:
            return column(found.name)
        return f"cbind({column(found.name)}, {column(found.failures)})"

    def _time(self) -> str | None:
        """Return the column of time from a start at 0: the file's or a derived one."""
        time = self.found.time
        if time is None or time.contains_zero:
            return time.name if time else None
        return self._new_name(time.name, "0")

    def _slope(self) -> str | None:
        """Return the predictor whose slope varies between groups, as a formula writes it."""
        binary = self.found.outcome.binary
        factor = self.found.units.chains[0][0 if self.time is None else -1]
        each = _TRIALS_FOR_SLOPES if binary else _ROWS_FOR_SLOPES
        rows = self.found.rows >= each * len(factor.labels)
        if self.time is not None and self.is_growth:
            return column(self.time) if rows or not binary else None
        leading = self._leading()
        enough = len(factor.labels) >= _GROUPS_FOR_SLOPES
        return self._term(leading) if leading and enough and rows else None

    def _leading(self) -> Candidate | None:
        """Return the predictor of level 1 that leads: a treatment of two arms, else a continuous column."""
        varying = [*self.lower, *(c for c in self.upper if c.shared)]
        arms = [c for c in varying if c.treatment and (c.binary or c.levels is None)]
        numbers = [c for c in varying if c.levels is None and c.kind == "number"]
        two = [c for c in varying if c.binary]
        return next(iter([*arms, *(c for c in numbers if not c.binary), *numbers, *two]), None)

    def _mean_of(self) -> str | None:
        """Return the predictor of level 1 whose group mean explains differences between groups."""
        centred = [c for c in self.lower if c.centred]
        leading = self._leading()
        first = leading if leading in centred else next(iter(centred), None)
        roomy = len(self.found.units.chains[0][-1].labels) >= _GROUPS_FOR_MEANS
        return first.name if first is not None and roomy and not first.treatment else None

    def _new_name(self, name: str, suffix: str) -> str:
        """Return a name for a derived column that no column has and no formula needs to quote."""
        stem = re.sub(r"\W+", "_", name).strip("_")
        stem = stem if re.match(r"[^\W\d]", stem) else f"x{stem}"
        new = f"{stem}_{suffix}"
        while new in self.names:
            new += "_"
        self.names.add(new)
        return new

    @property
    def level_1(self) -> list[str]:
        """Predictors of level 1 as formulas write them, without the time."""
        return [self._term(c) for c in self.lower]

    @property
    def level_2(self) -> list[str]:
        """Predictors above level 1 as formulas write them."""
        return [*([self.mean] if self.mean else []), *(column(c.name) for c in self.upper)]

    @property
    def moderated(self) -> str | None:
        """The product of the predictor with a slope and a trait of the groups; None without either."""
        traits = [c for c in self.upper if not c.shared]
        leading = column(self.time) if self.time and self.is_growth else None
        if leading is None and (found := self._leading()) is not None:
            leading = self._term(found)
        return f"{leading}:{column(traits[0].name)}" if leading and traits else None

    def rungs(self) -> Iterator[Rung]:
        """Yield the rungs that the columns allow."""
        yield from self._rungs_of_growth() if self.is_growth else self._rungs_of_groups()

    def _rungs_of_groups(self) -> Iterator[Rung]:
        trend = [column(self.time)] if self.time else []
        lower, upper, slope = [*trend, *self.level_1], self.level_2, self.slope
        matters = "Does it matter more in some groups than in others? Every group has a slope of its own."
        yield self._rung(
            "null", [], None, "How much do the groups differ? Every group has an intercept of its own."
        )
        if trend:
            yield self._rung("time", trend, None, "Is there a trend over time?")
        if lower:
            yield self._rung("l1", lower, None, "Level 1: what explains differences inside the groups?")
        if slope and slope in lower:
            units = ":".join(map(column, reversed(self.term)))
            also = f" Write ({slope} + {trend[0]} | {units}) if the trends differ, too." if trend else ""
            yield self._rung("slope", lower, slope, matters + also)
        if upper:
            question = "Level 2: what explains differences between the groups?"
            yield self._rung("l2", [*lower, *upper], slope if slope in lower else None, question)
        if slope and slope not in lower:  # a trait of crossed units, which varies within the groups
            yield self._rung("slope", [*lower, *upper], slope, matters)
        if self.moderated:
            question = "Does a trait of the groups explain why slopes differ?"
            yield self._rung("cross", [*lower, *upper, self.moderated], slope, question)

    def _rungs_of_growth(self) -> Iterator[Rung]:
        time = [column(self.time or "")]
        lower, upper = self.level_1, self.level_2
        yield self._rung("null", [], None, "How much do the units differ, on average over time?")
        yield self._rung("time", time, None, "How does the outcome change over time, on average?")
        if self.slope:
            question = "Do the units change differently? Each has a slope of its own."
            yield self._rung("growth", time, self.slope, question)
        if lower:
            question = "Which conditions that change over time matter?"
            yield self._rung("l1", [*time, *lower], self.slope, question)
        if upper:
            question = "What explains differences between the units?"
            yield self._rung("l2", [*time, *lower, *upper], self.slope, question)
        if self.moderated:
            question = "Does a trait of the units explain why they change differently?"
            yield self._rung("cross", [*time, *lower, *upper, self.moderated], self.slope, question)

    def _rung(self, name: str, fixed: Sequence[str], slope: str | None, question: str) -> Rung:
        random = " + ".join(self._random(slope))
        return Rung(name, f"{self.outcome} ~ {' + '.join(['1', *fixed])} + {random}", question)

    def _random(self, slope: str | None) -> Iterator[str]:
        """Yield the random terms; the slope varies between the smallest units in growth, else the largest."""
        if slope is None or len(self.term) == 1:
            yield f"({slope or '1'} | {'/'.join(map(column, self.term))})"
        else:
            factors = [
                ":".join(map(column, reversed(self.term[:depth]))) for depth in range(1, len(self.term) + 1)
            ]
            sloping = factors[0] if self.time is None else factors[-1]
            yield from (f"({slope if factor == sloping else '1'} | {factor})" for factor in factors)
        yield from (f"(1 | {'/'.join(map(column, term))})" for term in self.found.units.terms[1:])

    def prelude(self) -> str:
        """Return the single-level model: the raw predictors of level 1."""
        raw = [*([self.time] if self.time else []), *(c.name for c in self.lower)]
        return f"{self.outcome} ~ {' + '.join(map(column, raw)) or '1'}"

    def _term(self, candidate: Candidate) -> str:
        return self.within.get(candidate.name) or column(candidate.name)
