"""The effect that a report answers first: that of the first hypothesis, else what the headline adds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, FitRecord, TermTest
from mlm_steps.records.effects import FactorMeans, SimpleSlopes
from mlm_steps.records.key_term import key_term
from mlm_steps.records.spelling import split_product, unquote_name
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.disputes import cautious_p
from mlm_steps.report.sentences.effects import effects_of

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

    `mlm_steps.records.key_term` says how it is chosen.
    """
    found = key_term(given.run)
    if found is None:
        return None
    return KeyEffect(given, found.fit, found.term, found.coefficients, declared=found.declared)


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
