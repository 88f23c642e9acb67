"""The effect that a report answers first: that of the first hypothesis, else what the headline adds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, FitRecord, TermTest
from mlm_steps.records.effects import FactorMeans, SimpleSlopes
from mlm_steps.records.hypotheses import judged
from mlm_steps.records.spelling import split_product, unquote_name
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.disputes import cautious_p
from mlm_steps.report.sentences.effects import effects_of
from mlm_steps.report.text.names import INTERCEPT

__all__ = ["KeyEffect", "joint_test", "key_effect", "key_figures"]


@dataclass(frozen=True)
class KeyEffect:
    """One term of the headline rung.

    Attributes
    ----------
    given : ReportInput
    fit : FitRecord
    term : str
        Label of the term.
    coefficients : tuple of Coefficient
        The estimated coefficients of the term, or the one that a hypothesis names.
    declared : bool
        Whether a hypothesis names it.
    """

    given: ReportInput
    fit: FitRecord
    term: str
    coefficients: tuple[Coefficient, ...]
    declared: bool = False

    @property
    def factorial(self) -> bool:
        """Whether it is an interaction of categories that is tested jointly."""
        return self.categorical and len(self.variables) > 1 and not self.declared and self.test is not None

    @property
    def coefficient(self) -> Coefficient | None:
        """The coefficient, if there is one alone."""
        return self.coefficients[0] if len(self.coefficients) == 1 else None

    @property
    def test(self) -> TermTest | None:
        """The joint test of several coefficients."""
        return joint_test(self.fit, self.term)

    @property
    def clear(self) -> bool:
        """Whether the test of the effect is significant."""
        found = self.test if self.coefficient is None else self.coefficient
        p = None if found is None else cautious_p(self.fit, found)
        p = found.p if p is None and found is not None else p
        return p is not None and p < self.fit.alpha

    @cached_property
    def variables(self) -> frozenset[str]:
        """The factors of the term."""
        return frozenset(unquote_name(part) for part in split_product(self.term))

    @cached_property
    def slopes(self) -> SimpleSlopes | None:
        """The simple slopes of a product of two straight predictors that hold without conditions."""
        found = (
            pair
            for pair in effects_of(self.given).slopes
            if pair.model == self.fit.model
            and {pair.focal, pair.moderator} == self.variables
            and not pair.conditions
            and pair.focal_contrast is None
            and pair.focal_at is None
            and all(at.slope.estimate is not None for at in pair.slopes)
        )
        return next(found, None)

    @cached_property
    def means(self) -> FactorMeans | None:
        """The marginal means of the levels of the term, or of their combinations."""
        found = (each for each in effects_of(self.given).means if each.model == self.fit.model)
        return next((each for each in found if {*each.factors} == self.variables), None)

    @property
    def categorical(self) -> bool:
        """Whether every factor of the term is a category."""
        return all(
            stem != text
            for coefficient in self.coefficients
            for stem, text in column_factors(self.fit.name_of_r(coefficient.column), coefficient.term)
        )


def joint_test(fit: FitRecord, term: str) -> TermTest | None:
    """Return the joint test of a term; None if there is none with a p value."""
    return next((test for test in fit.anova if test.term == term and test.p is not None), None)


def key_effect(given: ReportInput) -> KeyEffect | None:
    """Return the effect that the report answers first; None for a rung without predictors.

    It is the effect of the first hypothesis that the headline rung tests. Without such a hypothesis it is the
    last term that the rung adds to the one before; for a rung that adds random slopes, the first of these.
    It is never chosen by its p value.
    """
    fit = given.headline
    if fit is None:
        return None
    for found in (judged(each, given.run.fits) for each in given.run.hypotheses):
        if found.fit is fit and found.verdict != "untested":
            own = found.hypothesis.coefficients(fit)
            return KeyEffect(given, fit, own[0].term, own, declared=True)
    term = _added_term(given, fit)
    return None if term is None else KeyEffect(given, fit, term, _of_term(fit, term))


def _of_term(fit: FitRecord, term: str) -> tuple[Coefficient, ...]:
    return tuple(c for c in fit.coefficients if c.term == term and c.estimate is not None)


def _terms(fit: FitRecord) -> tuple[str, ...]:
    """Return the terms with estimates, the intercept excluded, in the order of the formula."""
    terms = (c.term for c in fit.coefficients if c.column != INTERCEPT and c.estimate is not None)
    return tuple(dict.fromkeys(terms))


def _slopes(fit: FitRecord) -> tuple[str, ...]:
    """Return the terms whose coefficients vary between groups."""
    return tuple(dict.fromkeys(label for term in fit.terms for label in term.labels))


def _added_term(given: ReportInput, fit: FitRecord) -> str | None:
    """Return the last term that a rung adds to the one before it, or a term whose slope it lets vary."""
    position = next(i for i, each in enumerate(given.run.fits) if each is fit)
    before = given.run.fits[position - 1] if position else None
    terms = _terms(fit)
    known = () if before is None else _terms(before)
    added = [term for term in terms if term not in known]
    if added:
        return added[-1]
    varying = () if before is None else _slopes(before)
    slopes = [term for term in _slopes(fit) if term not in varying and term in terms]
    return slopes[0] if slopes else next(reversed(terms), None)


def key_figures(effect: KeyEffect | None) -> tuple[str, ...]:
    """Return the names of figures that show the effect, the best first."""
    if effect is None:
        return ("caterpillar", "ladder")
    if effect.slopes is not None:
        return ("simple_slopes", "partial_pooling", "ladder")
    if effect.categorical:
        return ("means", "rates", "forest", "ladder")
    if not effect.fit.linear:
        return ("rates", "partial_pooling", "forest", "ladder")
    return ("partial_pooling", "raw_data", "forest", "ladder")
