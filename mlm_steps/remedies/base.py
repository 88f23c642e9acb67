"""The input of a remedy, a fit, and its output, proposals of other formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

import pandas as pd

from mlm_steps.design import Bar, Formula
from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine import MixedFit
from mlm_steps.engine.fit.mixed import Points
from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.records.response import Response

__all__ = ["INTERCEPT", "ONE", "Case", "Home", "Proposal", "Remedy", "bar_effects", "effect_words"]

INTERCEPT = "(Intercept)"
ONE = "1"
"""The intercept in a formula."""


@dataclass(frozen=True, slots=True)
class Home:
    """The part of the formula that a random-effects term of the design comes from.

    Attributes
    ----------
    bar : int
        Position among the formula's bars.
    effects : tuple of str
        The effects of the bar that belong to the term, as in the formula; all effects of a correlated bar.
    """

    bar: int
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A singular or doubtful fit.

    Attributes
    ----------
    formula : Formula
    fit : MixedFit
        The fit by the reported method.
    frame : DataFrame
        The data of the fit.
    terms : tuple of int
        Positions of the random-effects terms to change: the singular terms, or all if none is singular.
    """

    formula: Formula
    fit: MixedFit
    frame: pd.DataFrame
    terms: tuple[int, ...]

    @classmethod
    def of(cls, formula: Formula, fit: MixedFit, frame: pd.DataFrame) -> Case:
        """Return the case of a fit."""
        singular = tuple(i for i, is_singular in enumerate(fit.term_singular) if is_singular)
        return cls(formula, fit, frame, singular or tuple(range(len(fit.term_singular))))

    def term(self, position: int) -> RandomTerm:
        """Return a term of the design."""
        return self.fit.design.random[position]

    def home(self, position: int) -> Home:
        """Return the part of the formula that a term comes from."""
        parts = cast("list[Mapping[str, int | None]]", self.fit.design.transforms["random"])
        index = cast("int", parts[position]["bar"])
        bar = self.formula.bars[index]
        if bar.correlated:
            return Home(index, bar_effects(bar))
        (effect,) = self.effects(position)
        return Home(index, tuple(e for e in bar_effects(bar) if e == effect))

    def effects(self, position: int) -> tuple[str, ...]:
        """Return the coefficients of a term as in the formula, the intercept as 1.

        A column that is only a part of an effect, such as a level of a factor, has R's name.
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
        Description of the change.
    columns : tuple of DerivedColumn
        Columns to add to the frame.
    renamed : mapping of str to str
        Columns of the data with the derived columns that replace them.
    single_level : bool
        Whether the formula has no random effects.
    response : Response or None
        The distribution, if it is not that of the model.
    agq : int, "auto" or None
        Quadrature points, if they are not those of the model.
    larger : bool
        Whether the alternative contains the model.
    without : (str, str) or None
        A column and the level whose rows are left out.
    """

    formula: str
    what: str
    columns: tuple[DerivedColumn, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    single_level: bool = False
    response: Response | None = None
    agq: Points | None = None
    larger: bool = False
    without: tuple[str, str] | None = None


class Remedy(Protocol):
    """A remedy: a function that has the name of its module and is listed in ``REMEDIES``."""

    def __call__(self, case: Case) -> Iterator[Proposal]:
        """Yield the formulas to try, smallest change first; nothing if the remedy does not apply."""
        ...


def bar_effects(bar: Bar) -> tuple[str, ...]:
    """Return the effects of a bar as in the formula, the intercept as 1."""
    return (*((ONE,) if bar.effects.intercept else ()), *bar.effects.labels)


def effect_words(names: Iterable[str]) -> str:
    """Return random effects in words, such as ``the intercept and the slope of ses``."""
    words = ["the intercept" if n in (INTERCEPT, ONE) else f"the slope of {n}" for n in names]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
