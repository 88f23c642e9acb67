"""The indices of units, predictors and random effects in the level equations of a fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, DataProfile, FitRecord
from mlm_steps.records.spelling import unquote_name
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import symbol_indices

__all__ = ["Effect", "FactorIndex", "Hierarchy", "IndexedPredictor", "hierarchy"]

UNIT_LETTERS = "jklmopqstuvwxyz"
_VARIABLE = re.compile(r"^(`(?:[^`\\]|\\.)+`|[^\[]*)")
"""Matches the variable of a factor such as ``sector[Catholic]``."""
DEVIATION_LETTERS = ("U", "V", "W", "S", "Q", "G", "H")


@dataclass(frozen=True, slots=True)
class IndexedPredictor:
    """One variable or contrast with the index of its units.

    Attributes
    ----------
    texts : tuple of str
        Its factors as written in the equations, for example ``("sector[Catholic]",)``.
    index : str
        The index of its units, for example ``ij``.
    """

    texts: tuple[str, ...]
    index: str


@dataclass(frozen=True, slots=True)
class Effect:
    """One random effect of a grouping factor.

    Attributes
    ----------
    name : str
        The name in the record.
    number : int
        The index in U and in tau: that of the coefficient that varies, if there is one.
    place : tuple of int
        The indices of the coefficient that varies.
    term : int
        The position of its term; effects of different terms do not covary.
    """

    name: str
    number: int
    place: tuple[int, ...]
    term: int


@dataclass(frozen=True, slots=True)
class FactorIndex:
    """One grouping factor with its letters; ``inner`` if it is nested in another factor of the model."""

    name: str
    deviation: str
    letter: str
    index: str
    effects: tuple[Effect, ...]
    inner: bool


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The places of all coefficients, predictors and random effects of one fit.

    Attributes
    ----------
    depth : int
        The number of levels of the equations, 2 or 3.
    unit : str
        The index of one observation, for example ``ij`` or ``i(jk)``.
    coefficients : mapping of indices to Coefficient
    predictors : tuple of mappings
        For each level, the predictors by their index, which starts at 1.
    factors : tuple of FactorIndex
    """

    depth: int
    unit: str
    coefficients: dict[tuple[int, ...], Coefficient]
    predictors: tuple[dict[int, IndexedPredictor], ...]
    factors: tuple[FactorIndex, ...]

    def regressors(self, place: tuple[int, ...]) -> tuple[IndexedPredictor, ...]:
        """Return the regressors of the coefficient with these indices."""
        return tuple(self.predictors[level][index] for level, index in enumerate(place) if index)

    @property
    def outer_index(self) -> str:
        """Index of the units of the highest level."""
        return "".join(factor.index for factor in self.factors if not factor.inner)

    @property
    def group_index(self) -> str:
        """Index of the units above the observations."""
        return self.unit.removeprefix("i")


def hierarchy(fit: FitRecord, profile: DataProfile) -> Hierarchy:
    """Return the places of a fit's coefficients and random effects in the level equations."""
    kept = [c for c in fit.coefficients if not c.dropped]
    places = {symbol_indices(c.symbol): c for c in kept}
    depth = max((len(place) for place in places), default=2)
    names = tuple(dict.fromkeys(term.group for term in fit.terms))
    inner = {name for name in names if any(_nested(name, other, profile) for other in names)}
    letters = dict(zip(names, UNIT_LETTERS, strict=False))
    unit = _unit_index(names, letters, nested=depth == 3)
    parts = _parts(fit, places, depth)
    effects = _effects(fit, {c.column: place for place, c in places.items()}, parts)
    predictors = tuple(
        {index: IndexedPredictor(texts, _index(texts, level, depth, unit, letters, inner, profile))
         for index, texts in known.items()}
        for level, known in enumerate(parts)
    )  # fmt: skip
    factors = tuple(
        FactorIndex(
            name,
            DEVIATION_LETTERS[min(position, len(DEVIATION_LETTERS) - 1)],
            letters[name],
            _factor_index(name, names, letters, inner) if depth == 3 else letters[name],
            effects[name],
            inner=depth == 3 and name in inner,
        )
        for position, name in enumerate(names)
    )
    return Hierarchy(depth, unit, places, predictors, factors)


def _nested(inner: str, outer: str, profile: DataProfile) -> bool:
    if inner == outer:
        return False
    if set(outer.split(":")) < set(inner.split(":")):
        return True
    return any((r.inner, r.outer, r.relation) == (inner, outer, "nested") for r in profile.nesting)


def _unit_index(names: tuple[str, ...], letters: dict[str, str], *, nested: bool) -> str:
    joined = "".join(letters[name] for name in names)
    return f"i{joined}" if nested or len(names) < 2 else f"i({joined})"


def _factor_index(name: str, names: tuple[str, ...], letters: dict[str, str], inner: set[str]) -> str:
    if name not in inner:
        return letters[name]
    return letters[name] + "".join(letters[other] for other in names if other not in inner)


def _texts(fit: FitRecord, coefficient: Coefficient) -> tuple[str, ...]:
    """Return the factors of a column with the contrast in brackets: ``sector[Catholic]``."""
    if coefficient.column == INTERCEPT:
        return ()
    factors = column_factors(fit.name_of_r(coefficient.column), coefficient.term)
    return tuple(_bracketed(stem, text) for stem, text in factors)


def _bracketed(stem: str, text: str) -> str:
    contrast = text.removeprefix(stem)
    return f"{stem}[{contrast}]" if contrast and contrast != text else text


def _parts(
    fit: FitRecord, places: dict[tuple[int, ...], Coefficient], depth: int
) -> tuple[dict[int, tuple[str, ...]], ...]:
    """Return, for each level and index, the factors of the columns that belong to this level."""
    parts: tuple[dict[int, tuple[str, ...]], ...] = tuple({} for _ in range(depth))
    for place, coefficient in sorted(places.items(), key=lambda item: sum(map(bool, item[0]))):
        remaining = list(_texts(fit, coefficient))
        unknown = []
        for level, index in enumerate(place):
            known = parts[level].get(index, ())
            if index and not known:
                unknown.append(level)
            remaining = [text for text in remaining if text not in known]
        for position, level in enumerate(unknown):
            is_last = position == len(unknown) - 1
            parts[level][place[level]] = tuple(remaining if is_last else remaining[:1])
            remaining = [] if is_last else remaining[1:]
    return parts


def _effects(
    fit: FitRecord,
    places: dict[str, tuple[int, ...]],
    parts: tuple[dict[int, tuple[str, ...]], ...],
) -> dict[str, tuple[Effect, ...]]:
    """Return the random effects per factor; one without a fixed effect gets a new level-1 index."""
    depth = len(parts)
    zero = (0,) * depth
    effects: dict[str, list[Effect]] = {term.group: [] for term in fit.terms}
    for position, term in enumerate(fit.terms):
        for name in term.names:
            place = zero if name == INTERCEPT else places.get(name)
            if place is None:
                index = max(parts[0], default=0) + 1
                parts[0][index] = (name,)
                place = (index, *zero[1:])
                places[name] = place
            effects[term.group].append(Effect(name, -1, place, position))
    return {group: _numbered(found) for group, found in effects.items()}


def _numbered(effects: list[Effect]) -> tuple[Effect, ...]:
    """Return effects numbered by level-1 index; effects of higher predictors get the next free number."""
    taken: set[int] = set()
    numbers: list[int] = []
    for effect in effects:
        own = effect.place[0]
        free = own if not any(effect.place[1:]) and own not in taken else None
        numbers.append(-1 if free is None else free)
        taken.add(own if free is not None else 0)
    unused = (number for number in count(1) if number not in taken)
    return tuple(
        Effect(effect.name, next(unused) if number < 0 else number, effect.place, effect.term)
        for effect, number in zip(effects, numbers, strict=True)
    )


def _index(
    texts: tuple[str, ...],
    level: int,
    depth: int,
    unit: str,
    letters: dict[str, str],
    inner: set[str],
    profile: DataProfile,
) -> str:
    """Return the index of the units at which a predictor is measured."""
    if level == 0:
        return unit
    if depth == 3:
        above = unit.removeprefix("i")
        return above if level == 1 else "".join(x for name, x in letters.items() if name not in inner)
    if len(letters) == 1:
        return next(iter(letters.values()))
    variables = {unquote_name(_VARIABLE.split(text)[1]) for text in texts}
    constant = [
        letter
        for name, letter in letters.items()
        if variables <= {v.variable for v in profile.variable_levels if _constant(v.level, v.factor, name)}
    ]
    return constant[0] if constant else unit.removeprefix("i")


def _constant(level: str, factor: str, name: str) -> bool:
    return factor == name and level in ("between", "constant")
