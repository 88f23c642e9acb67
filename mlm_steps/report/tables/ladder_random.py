"""Rows of the ladder table for variances, correlations and dispersions (reporting standard, part H)."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import FitRecord, RandomParameter
from mlm_steps.report.equations.levels import FactorIndex, hierarchy
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence, effect_terms
from mlm_steps.report.sentences.generalized import phi_number
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.text.facts import on_boundary, random_interval, random_number
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.names import INTERCEPT, RESIDUAL
from mlm_steps.report.text.text import Phrase, Symbol

__all__ = ["random_rows"]

DAGGER = "‡"
Fits = Sequence[FitRecord]
Identity = tuple[str, str]
"""A random effect is identified by its term and by R's name of its column."""
Key = tuple[str, Identity | None, Identity | None]


def random_rows(given: ReportInput, fits: Fits) -> list[Row]:
    """Return the variance components by grouping factor, the residual variance first."""
    residual = (RESIDUAL, None, None)
    rest: list[Row] = []
    if any(fit.linear for fit in fits):
        rest = [_variance_row(given, fits, residual, "σ²"), *_interval_rows(fits, residual)]
    groups = list(dict.fromkeys(term.group for fit in fits for term in fit.terms))
    factors = [(fit, hierarchy(fit, given.run.data_profile).factors) for fit in fits]
    rows = [heading("Random effects: residual"), *rest] if rest and len(groups) != 1 else []
    for group in groups:
        alone = bool(rest) and len(groups) == 1
        rows.append(
            heading(("Random effects: ", *(("residual and ",) if alone else ()), *given.names.group(group)))
        )
        rows += rest if alone else []
        keys = dict.fromkeys(key for fit in fits for key in _keys(fit, group))
        for key in sorted(keys, key=lambda key: key[2] is not None):
            component = _variance_row if key[2] is None else _correlation_row
            rows += [component(given, fits, key, _symbol(factors, key)), *_interval_rows(fits, key)]
    return [*rows, *_dispersion_rows(fits)]


def _dispersion_rows(fits: Fits) -> list[Row]:
    """Return the dispersion parameters of the distributions, one row per symbol."""
    found = [(words_of(fit).dispersion, phi_number(fit)) for fit in fits]
    symbols = dict.fromkeys(words[0] for words, phi in found if words is not None and phi is not None)
    if not symbols:
        return []
    return [
        heading("Distribution of the outcome"),
        *(
            row(f"Dispersion {symbol}", [p if w is not None and w[0] == symbol else None for w, p in found])
            for symbol in symbols
        ),
    ]


def _interval_rows(fits: Fits, key: Key) -> list[Row]:
    """Return the row of intervals below a variance or correlation; no row if there are none."""
    kind = "variance" if key[2] is None else "correlation"
    found = [(fit, _parameter(fit, key, kind)) for fit in fits]
    cells = [None if p is None else random_interval(fit, p) for fit, p in found]
    if not any(cells):
        return []
    return [row(f"{confidence(fits[0])} CI", cells, "detail")]


def _keys(fit: FitRecord, group: str) -> list[Key]:
    return [
        _key(fit, parameter)
        for parameter in fit.random
        if parameter.group == group and parameter.kind in ("variance", "correlation")
    ]


def _key(fit: FitRecord, parameter: RandomParameter) -> Key:
    effects = (parameter.effect_1, parameter.effect_2)
    first, second = (None if effect is None else _effect_identity(fit, effect) for effect in effects)
    return parameter.group, first, second


def _effect_identity(fit: FitRecord, effect: str) -> Identity:
    return effect_terms(fit).get(effect, effect), fit.name_of_r(effect)


def _symbol(factors: Sequence[tuple[FitRecord, Sequence[FactorIndex]]], key: Key) -> str | None:
    """Return the symbol of a component if it is the same in all rungs that have the component."""
    found = set()
    for fit, indexed in factors:
        for factor in indexed:
            if factor.name == key[0]:
                numbers = {_effect_identity(fit, effect.name): effect.number for effect in factor.effects}
                first, second = key[1], key[2] or key[1]
                if first in numbers and second in numbers:
                    pair = sorted((numbers[first], numbers[second]))
                    found.add(f"{'τ' if key[2] is None else 'ρ'}{pair[0]}{pair[1]}")
    return found.pop() if len(found) == 1 else None


def _parameter(fit: FitRecord, key: Key, kind: str) -> RandomParameter | None:
    for parameter in fit.random:
        if parameter.kind == kind and _key(fit, parameter) == key:
            return parameter
    return None


def _head(given: ReportInput, key: Key, symbol: str | None) -> Phrase:
    mark: Phrase = () if symbol is None else ("σ²",) if symbol == "σ²" else (Symbol(symbol),)
    if key[0] == RESIDUAL:
        return ("Residual ", *mark)
    first = _effect(given, key[1] or (INTERCEPT, INTERCEPT))
    if key[2] is not None:
        first = (*first, ", ", *_effect(given, key[2]))
    return (*first, " ", *mark) if mark else first


def _effect(given: ReportInput, identity: Identity) -> Phrase:
    term, name = identity
    return given.names.effect(name, {name: term} if term != name else {})


def _variance_row(given: ReportInput, fits: Fits, key: Key, symbol: str | None) -> Row:
    found = [(fit, _parameter(fit, key, "variance"), _parameter(fit, key, "sd")) for fit in fits]
    cells: list[Phrase | None] = []
    for fit, variance, sd in found:
        number = None if variance is None else random_number(fit, variance)
        if variance is None or number is None:
            cells.append(None)
            continue
        spread = None if sd is None else random_number(fit, sd)
        at_boundary = variance.at_boundary or (sd is not None and sd.at_boundary)
        inner: Phrase = () if spread is None else (" (", spread, ")")
        cells.append((number, *inner, *((DAGGER,) if at_boundary else ())))
    return row(_head(given, key, symbol), cells)


def _correlation_row(given: ReportInput, fits: Fits, key: Key, symbol: str | None) -> Row:
    cells: list[Phrase | None] = []
    for fit in fits:
        parameter = _parameter(fit, key, "correlation")
        number = None if parameter is None else random_number(fit, parameter)
        if parameter is None or number is None:
            cells.append(None)
        else:
            cells.append((number, *((DAGGER,) if on_boundary(fit, parameter) else ())))
    return row(_head(given, key, symbol), cells)
