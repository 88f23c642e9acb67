"""The term that a report answers first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlm_steps.records.fit import Coefficient, FitRecord
from mlm_steps.records.hypotheses import judged

if TYPE_CHECKING:
    from mlm_steps.records.run import RunRecords

__all__ = ["INTERCEPT", "KeyTerm", "key_term"]

INTERCEPT = "(Intercept)"
"""The name of the column of the intercept, as in R."""


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """One term of the headline rung.

    Attributes
    ----------
    fit : FitRecord
    term : str
    coefficients : tuple of Coefficient
        The estimated coefficients of the term, or those that a hypothesis names.
    declared : bool
        Whether a hypothesis names it.
    """

    fit: FitRecord
    term: str
    coefficients: tuple[Coefficient, ...]
    declared: bool


def key_term(run: RunRecords) -> KeyTerm | None:
    """Return the term that the report answers first; None for a rung without predictors.

    It is that of the first hypothesis that the headline rung tests. Without such a hypothesis it is the last
    term that the rung adds to the one before; for a rung that adds random slopes, the first of these. It is
    never chosen by its p value.
    """
    fit = run.headline
    if fit is None:
        return None
    for found in (judged(each, run.fits) for each in run.hypotheses):
        if found.fit is fit and found.verdict != "untested":
            own = found.hypothesis.coefficients(fit)
            return KeyTerm(fit, own[0].term, own, declared=True)
    term = _added_term(run, fit)
    return None if term is None else KeyTerm(fit, term, _of_term(fit, term), declared=False)


def _of_term(fit: FitRecord, term: str) -> tuple[Coefficient, ...]:
    return tuple(c for c in fit.coefficients if c.term == term and c.estimate is not None)


def _terms(fit: FitRecord) -> tuple[str, ...]:
    """Return the terms with estimates, the intercept excluded, in the order of the formula."""
    terms = (c.term for c in fit.coefficients if c.column != INTERCEPT and c.estimate is not None)
    return tuple(dict.fromkeys(terms))


def _slopes(fit: FitRecord) -> tuple[str, ...]:
    """Return the terms whose coefficients vary between groups."""
    return tuple(dict.fromkeys(label for term in fit.terms for label in term.labels))


def _added_term(run: RunRecords, fit: FitRecord) -> str | None:
    """Return the last term that a rung adds to the one before it, or a term whose slope it lets vary."""
    position = next(i for i, each in enumerate(run.fits) if each is fit)
    before = run.fits[position - 1] if position else None
    terms = _terms(fit)
    known = () if before is None else _terms(before)
    added = [term for term in terms if term not in known]
    if added:
        return added[-1]
    varying = () if before is None else _slopes(before)
    slopes = [term for term in _slopes(fit) if term not in varying and term in terms]
    return slopes[0] if slopes else next(reversed(terms), None)
