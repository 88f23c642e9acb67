"""Reasons why two models have no likelihood ratio test (statistics, sections 0 and 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.compare.nesting import Relation, spans
from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import listing

__all__ = ["Refusal", "approximation_mismatch", "data_mismatch", "no_test", "search_failed"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason for which there is no test.

    Attributes
    ----------
    code : str
        ``sample_mismatch``, ``outcome_mismatch``, ``trials_mismatch``, ``family_mismatch``, ``agq_mismatch``,
        ``weights_mismatch``, ``offset_mismatch``, ``not_nested``, ``wrong_order``, ``equal_models`` or
        ``fit_failed``.
    reason : str
        The reason in words.
    """

    code: str
    reason: str


def data_mismatch(smaller: Design, larger: Design, names: tuple[str, str]) -> Refusal | None:
    """Return why the criteria of two models are not comparable: different rows or different outcomes."""
    first, second = names
    if not np.array_equal(smaller.rows, larger.rows):
        reason = f"'{first}' has {smaller.n} rows and '{second}' {larger.n}"
        if smaller.n == larger.n:
            reason = f"'{first}' and '{second}' have {smaller.n} rows each, but not the same ones"
        return Refusal("sample_mismatch", f"{reason}; their likelihoods are of different data")
    if not np.array_equal(smaller.y, larger.y):
        reason = f"the outcome of '{first}' is {smaller.outcome}, that of '{second}' {larger.outcome}"
        if smaller.outcome == larger.outcome:
            differ = _difference(smaller, larger)
            reason = f"'{first}' and '{second}' have different values of {smaller.outcome}: {differ}"
        return Refusal("outcome_mismatch", reason)
    if not _equal(_trials(smaller), _trials(larger)):
        return Refusal("trials_mismatch", f"'{first}' and '{second}' differ in their numbers of trials")
    if not smaller.response.comparable(larger.response):
        families = f"{smaller.response.family} and {larger.response.family}"
        reason = f"'{first}' and '{second}' have the families {families}"
        return Refusal("family_mismatch", f"{reason}, whose likelihoods are of different kinds")
    return None


def _trials(design: Design) -> NDArray[np.float64] | None:
    """Return the numbers of trials; those of an outcome without trials are 1."""
    if not design.response.takes_trials:
        return None
    return np.ones(design.n) if design.trials is None else design.trials


def approximation_mismatch(pair: tuple[MixedFit, MixedFit], names: tuple[str, str]) -> Refusal | None:
    """Return why deviances by different numbers of quadrature points are not comparable."""
    points = [fit.agq for fit in pair]
    if points[0] == points[1] or not pair[0].design.random:  # without random effects there is no integral
        return None
    what = ["Laplace's approximation" if each == 1 else f"{each} quadrature points" for each in points]
    reason = f"'{names[0]}' was fitted by {what[0]} and '{names[1]}' by {what[1]}"
    return Refusal("agq_mismatch", f"{reason}; their deviances are different approximations")


def _difference(smaller: Design, larger: Design) -> str:
    """Return the number of rows in which two outcomes differ, and the values in the first such row."""
    apart = np.flatnonzero(smaller.y != larger.y)
    first = apart[0]
    values = f"{smaller.y[first]:.15g} and {larger.y[first]:.15g}"
    return f"{len(apart)} of {smaller.n} rows differ, the first is row {smaller.rows[first] + 1} ({values})"


def search_failed(pairs: Iterable[tuple[MixedFit, MixedFit]], names: tuple[str, str]) -> Refusal | None:
    """Return a refusal if the search for an optimum of either model did not converge.

    A criterion that is not a minimum does not measure how well a model can fit. Fits at given parameters
    have no search and pass.
    """
    for pair in pairs:
        for name, fit in zip(names, pair, strict=True):
            report = fit.convergence
            if report is not None and report.status == "failed":
                why = f"the search for the {fit.method} optimum did not converge"
                return Refusal("fit_failed", f"'{name}': {why} ({'; '.join(report.reasons)})")
    return None


def no_test(smaller: Design, larger: Design, relation: Relation, names: tuple[str, str]) -> Refusal | None:
    """Return why two models of the same data have no test, or None if they have one."""
    first, second = names
    for what, one, other in (
        ("weights", smaller.weights, larger.weights),
        ("offset", smaller.offset, larger.offset),
    ):
        if not _equal(one, other):
            return Refusal(f"{what}_mismatch", f"'{first}' and '{second}' differ in their {what}")
    if relation.nested and (relation.reversed or relation.df <= 0):
        return Refusal("equal_models", f"'{first}' and '{second}' are the same model")
    if relation.nested:
        return None
    if relation.reversed:
        reason = f"'{first}' contains '{second}': it is the larger of the two; name them the other way round"
        return Refusal("wrong_order", reason)
    return Refusal("not_nested", "; ".join(_obstacles(smaller, larger, relation, names)))


def _equal(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _obstacles(smaller: Design, larger: Design, relation: Relation, names: tuple[str, str]) -> list[str]:
    """Return the parts of the smaller model that the larger one does not contain, in words."""
    columns = [
        name
        for name, column in zip(smaller.columns, smaller.X.T, strict=True)
        if not spans(larger.X, column[:, None])
    ]
    terms = [
        term.source for term, home in zip(smaller.random, relation.up.homes, strict=True) if home is None
    ]
    obstacles = []
    if not relation.family_up:
        one, other = (f"{r.family} with the link {r.link}" for r in (smaller.response, larger.response))
        obstacles.append(f"{other}, the distribution of '{names[1]}', does not contain {one}")
    if columns:
        obstacles.append(f"'{names[1]}' lacks fixed effects of '{names[0]}': {listing(columns)}")
    if terms:
        sources = ", ".join(dict.fromkeys(terms))
        obstacles.append(f"no random term of '{names[1]}' contains {sources} of '{names[0]}'")
    return obstacles
