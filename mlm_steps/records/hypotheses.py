"""Declared hypotheses, and what the fits say about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mlm_steps.records.base import Part
from mlm_steps.records.fit import Coefficient, FitRecord, TermTest
from mlm_steps.records.spelling import same_product

__all__ = ["DeclaredHypothesis", "Judgement", "Verdict", "headline_of", "judged"]

Verdict = Literal["supported", "contradicted", "unclear", "untested"]


class DeclaredHypothesis(Part):
    """A hypothesis of the spec."""

    name: str
    text: str
    term: str
    """The term or the coefficient that tests it."""
    rung: str | None = None
    """The rung in which it is tested; None for the last reliable rung that has the term."""
    direction: Literal["positive", "negative", "any"] = "any"
    kind: Literal["confirmatory", "exploratory"] = "confirmatory"

    def fit(self, fits: Sequence[FitRecord]) -> FitRecord | None:
        """Return the rung in which the hypothesis is tested; None if no reliable rung can test it."""
        if self.rung is not None:
            return next((fit for fit in fits if fit.model == self.rung), None)
        return next((fit for fit in reversed(fits) if self.coefficients(fit)), None)

    def coefficients(self, fit: FitRecord) -> tuple[Coefficient, ...]:
        """Return the estimated coefficients of a rung that the hypothesis names: one, or those of a term."""
        kept = [each for each in fit.coefficients if not each.dropped]
        named = {each.column: fit.name_of_r(each.column) for each in kept}
        own = [c for c in kept if self.term == c.column or same_product(self.term, named[c.column])]
        return tuple(own or (c for c in kept if same_product(self.term, c.term)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the fits say about one hypothesis.

    Attributes
    ----------
    hypothesis : DeclaredHypothesis
    fit : FitRecord or None
        The rung that tests it; None if it is not reliable or has no such term.
    coefficient : Coefficient or None
        The coefficient that tests it; None for a joint test.
    test : TermTest or None
        The joint test of a term of several coefficients.
    verdict : {"supported", "contradicted", "unclear", "untested"}
        ``supported`` for a significant test whose sign is the expected one, ``contradicted`` if it is the
        other one, ``unclear`` if the test is not significant.
    """

    hypothesis: DeclaredHypothesis
    fit: FitRecord | None
    coefficient: Coefficient | None
    test: TermTest | None
    verdict: Verdict


def headline_of(
    fits: Sequence[FitRecord], chosen: str | None, hypotheses: Sequence[DeclaredHypothesis]
) -> FitRecord | None:
    """Return the headline of the reliable rungs: the chosen one, that of a hypothesis, or the last.

    None if no rung is reliable.
    """
    named = next((fit for fit in fits if fit.model == chosen), None)
    if named is None and hypotheses:
        named = hypotheses[0].fit(fits)
    return named or (fits[-1] if fits else None)


def judged(hypothesis: DeclaredHypothesis, fits: Sequence[FitRecord]) -> Judgement:
    """Return what the fits say about a hypothesis; all tests are two-sided at the level of the run."""
    fit = hypothesis.fit(fits)
    found = () if fit is None else hypothesis.coefficients(fit)
    if fit is None or not found:
        return Judgement(hypothesis, fit, None, None, "untested")
    if len(found) == 1:
        verdict = _verdict(hypothesis, found[0].p, found[0].estimate, fit.alpha)
        return Judgement(hypothesis, fit, found[0], None, verdict)
    test = next((each for each in fit.anova if each.term == found[0].term), None)
    verdict = _verdict(hypothesis, None if test is None else test.p, None, fit.alpha)
    return Judgement(hypothesis, fit, None, test, verdict)


def _verdict(
    hypothesis: DeclaredHypothesis, p: float | None, estimate: float | None, alpha: float
) -> Verdict:
    if p is None:
        return "untested"
    if p >= alpha:
        return "unclear"
    if hypothesis.direction == "any":
        return "supported"
    if estimate is None:
        return "untested"
    return "supported" if (estimate > 0) == (hypothesis.direction == "positive") else "contradicted"
