"""What one rung has that the rung before it does not have."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.records import Coefficient, FitRecord, RandomParameter
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.claims import effect_terms
from mlm_steps.report.text.names import INTERCEPT, RESIDUAL
from mlm_steps.report.text.text import Phrase, join, say

__all__ = ["Difference", "added_phrase", "difference_sentence", "rung_before"]

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """The parameters of a rung that the rung before does not have; all of them for the first rung.

    Attributes
    ----------
    fit : FitRecord
    before : FitRecord or None
    """

    fit: FitRecord
    before: FitRecord | None

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """The new fixed effects."""
        known = (
            set() if self.before is None else {_fixed_key(self.before, c) for c in self.before.coefficients}
        )
        return tuple(c for c in self.fit.coefficients if _fixed_key(self.fit, c) not in known)

    @property
    def omitted(self) -> tuple[Coefficient, ...]:
        """The fixed effects of the rung before that this one does not have."""
        if self.before is None:
            return ()
        known = {_fixed_key(self.fit, c) for c in self.fit.coefficients}
        return tuple(c for c in self.before.coefficients if _fixed_key(self.before, c) not in known)

    def is_new(self, parameter: RandomParameter) -> bool:
        """Return whether a variance or covariance is new."""
        return self.before is None or _random_key(self.fit, parameter) not in {
            _random_key(self.before, other) for other in self.before.random
        }

    @property
    def effects(self) -> tuple[tuple[str, str], ...]:
        """Grouping factor and name of each new random effect."""
        return tuple((p.group, p.effect_1 or INTERCEPT) for p in _variances(self.fit) if self.is_new(p))

    @property
    def effects_omitted(self) -> tuple[tuple[str, str], ...]:
        """Grouping factor and name of each random effect of the rung before that this one does not have."""
        if self.before is None:
            return ()
        known = {_random_key(self.fit, p) for p in self.fit.random}
        gone = (p for p in _variances(self.before) if _random_key(self.before, p) not in known)
        return tuple((p.group, p.effect_1 or INTERCEPT) for p in gone)


def rung_before(given: ReportInput, fit: FitRecord) -> FitRecord | None:
    """Return the fitted rung before this one in the ladder; None for the first."""
    fits = given.run.fits
    position = next((at for at, other in enumerate(fits) if other.model == fit.model), 0)
    return fits[position - 1] if position else None


def added_phrase(given: ReportInput, found: Difference) -> Phrase:
    """Return what a rung adds to the rung before, and what it leaves out; nothing for the first rung."""
    if found.before is None:
        return ()
    added = [*_terms(given, found.coefficients), *_random(given, found.fit, found.effects)]
    omitted = [*_terms(given, found.omitted), *_random(given, found.before, found.effects_omitted)]
    parts = [
        ("adds ", *join(added, last=" and ")) if added else (),
        ("leaves out ", *join(omitted, last=" and ")) if omitted else (),
    ]
    return join([part for part in parts if part] or [_unchanged(found)], last=" and ")


def difference_sentence(given: ReportInput, found: Difference) -> Phrase:
    """Return in what a rung differs from the rung before; nothing for the first rung."""
    if found.before is None:
        return ()
    return say(
        "Compared with {before}, this rung {what}.",
        before=given.names.model(found.before.model),
        what=added_phrase(given, found),
    )


def _unchanged(found: Difference) -> Phrase:
    """Return what differs between rungs with the same coefficients and random effects."""
    covary = any(found.is_new(p) for p in found.fit.random if p.kind == "covariance")
    return ("adds covariances of the random effects",) if covary else ("has the same coefficients",)


def _terms(given: ReportInput, coefficients: tuple[Coefficient, ...]) -> list[Phrase]:
    """Return each term once; a factor is named without its levels."""
    return [given.prose.column(term, term) for term in dict.fromkeys(c.term for c in coefficients)]


def _random(given: ReportInput, fit: FitRecord, effects: tuple[tuple[str, str], ...]) -> list[Phrase]:
    terms = effect_terms(fit)
    return [
        say("random intercepts for {group}", group=given.prose.units(group))
        if name == INTERCEPT
        else say(
            "random slopes of {x} for {group}",
            x=given.prose.effect(name, terms),
            group=given.prose.units(group),
        )
        for group, name in effects
    ]


def _variances(fit: FitRecord) -> tuple[RandomParameter, ...]:
    return tuple(p for p in fit.random if p.kind == "variance" and p.group != RESIDUAL)


def _fixed_key(fit: FitRecord, coefficient: Coefficient) -> Key:
    """Return a key that is the same in all rungs, even if they print the column differently."""
    return coefficient.term, fit.name_of_r(coefficient.column), ""


def _random_key(fit: FitRecord, parameter: RandomParameter) -> Key:
    effects = (parameter.effect_1, parameter.effect_2)
    first, second = ("" if effect is None else fit.name_of_r(effect) for effect in effects)
    return parameter.group, first, second
