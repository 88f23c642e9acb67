"""What a remedy is given and what it proposes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

import pandas as pd

from mlm_steps.design import Bar, Formula
from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine import LmmFit
from mlm_steps.records.remedies import DerivedColumn

__all__ = ["INTERCEPT", "ONE", "Case", "Home", "Proposal", "Remedy", "bar_effects", "effect_words"]

INTERCEPT = "(Intercept)"
ONE = "1"
"""The intercept as a formula writes it."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a random-effects term of the design stands in the formula.

    Attributes
    ----------
    bar : int
        Position among the formula's bars.
    effects : tuple of str
        The bar's effects that the term holds, as a formula writes them; all of a correlated bar.
    """

    bar: int
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A fit that calls for a remedy.

    Attributes
    ----------
    formula : Formula
    fit : LmmFit
        By the reported method.
    frame : DataFrame
        What the formula was applied to.
    terms : tuple of int
        Positions of the random-effects terms at issue: the singular ones; all, where there is none.
    """

    formula: Formula
    fit: LmmFit
    frame: pd.DataFrame
    terms: tuple[int, ...]

    @classmethod
    def of(cls, formula: Formula, fit: LmmFit, frame: pd.DataFrame) -> Case:
        """Return the case of a fit."""
        singular = tuple(i for i, is_singular in enumerate(fit.term_singular) if is_singular)
        return cls(formula, fit, frame, singular or tuple(range(len(fit.term_singular))))

    def term(self, position: int) -> RandomTerm:
        """Return a term of the design."""
        return self.fit.design.random[position]

    def home(self, position: int) -> Home:
        """Return where a term stands in the formula."""
        parts = cast("list[Mapping[str, int | None]]", self.fit.design.transforms["random"])
        index = cast("int", parts[position]["bar"])
        bar = self.formula.bars[index]
        if bar.correlated:
            return Home(index, bar_effects(bar))
        (effect,) = self.effects(position)
        return Home(index, tuple(e for e in bar_effects(bar) if e == effect))

    def effects(self, position: int) -> tuple[str, ...]:
        """Return the coefficients of a term as a formula writes them, the intercept as 1.

        A column that is not a whole effect of its bar, such as a level of a factor, has R's name.
        """
        shared = self.fit.design.shared_names
        names = (shared.get(name, name) for name in self.term(position).names)
        return tuple(ONE if name == INTERCEPT else name for name in names)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A formula to fit instead.

    Attributes
    ----------
    formula : str
    what : str
        What it changes, in words.
    columns : tuple of DerivedColumn
        Columns that it needs beyond those of the frame.
    renamed : mapping of str to str
        Columns of the data that others stand for.
    single_level : bool
        No random effect is left.
    """

    formula: str
    what: str
    columns: tuple[DerivedColumn, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    single_level: bool = False


class Remedy(Protocol):
    """A module of this package has one, under its own name."""

    def __call__(self, case: Case) -> Iterator[Proposal]:
        """Yield the formulas to try, the one that changes least first; none where the remedy is no use."""
        ...


def bar_effects(bar: Bar) -> tuple[str, ...]:
    """Return the effects left of a bar as a formula writes them, the intercept as 1."""
    return (*((ONE,) if bar.effects.intercept else ()), *bar.effects.labels)


def effect_words(names: Iterable[str]) -> str:
    """Return random effects in words, such as ``the intercept and the slope of ses``."""
    words = ["the intercept" if n in (INTERCEPT, ONE) else f"the slope of {n}" for n in names]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
