"""The outcome of a rung as the subject of a sentence, and the size of coefficients on the scale of ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import decimals_for_se, decimals_for_size, fixed
from mlm_steps.report.text.responses import Wording, wording_of
from mlm_steps.report.text.text import Number, Phrase, Word, capital, say, source

__all__ = ["Subject", "mean_of", "outcome_phrase", "ratio_interval", "ratio_number", "subject_of", "words_of"]

AFFIRMATIVE = frozenset({"y", "yes", "true", "t", "1"})
"""Levels of an outcome that repeat its label: the odds of use are the odds that use is yes."""
RATIO_DIGITS = 3
"""Significant digits of a ratio that has no standard error."""
RATIO_DECIMALS = 2
"""Least number of decimals of a small ratio, so that a limit near 1 shows on which side it lies."""
SMALL_RATIO = 10.0
"""Ratios below this have at least ``RATIO_DECIMALS`` decimals; larger ones are far from 1."""
Field = Literal["exp_estimate", "exp_low", "exp_high"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a coefficient raises or lowers.

    Attributes
    ----------
    phrase, start : Phrase
        Inside and at the start of a sentence.
    verb : str
        ``was`` or ``were``.
    """

    phrase: Phrase
    start: Phrase
    verb: str


def words_of(fit: FitRecord) -> Wording:
    """Return the words for the outcome of a fit."""
    return wording_of(fit.response)


def outcome_phrase(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return the label of the outcome; for a category with its event, unless that is a word for yes."""
    label = given.prose.outcome(fit.outcome)
    if fit.event is None or fit.event.casefold() in AFFIRMATIVE:
        return label
    return (*label, " = ", Word(fit.event))


def subject_of(given: ReportInput, fit: FitRecord) -> Subject:
    """Return the outcome of a linear model, or what the coefficients of a generalized one change."""
    words = words_of(fit)
    phrase = say(words.subject, y=outcome_phrase(given, fit))
    return Subject(phrase, phrase if fit.linear else capital(phrase), words.verb)


def mean_of(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return the expected outcome in words, such as ``the probability of use``."""
    return say(words_of(fit).mean, y=outcome_phrase(given, fit))


def ratio_number(fit: FitRecord, coefficient: Coefficient, field: Field = "exp_estimate") -> Number | None:
    """Return the exponential of a coefficient or of a limit; None for the intercept or without a meaning.

    The exponential of an intercept is no ratio. Two significant digits of the standard error by the delta
    method are shown, and at least two decimals.
    """
    value = getattr(coefficient, field)
    if words_of(fit).ratio is None or value is None or coefficient.column == INTERCEPT:
        return None
    return Number(fixed(value, _decimals(coefficient)), source("fixed", fit.model, coefficient.column, field))


def _decimals(coefficient: Coefficient) -> int:
    value, se = coefficient.exp_estimate, coefficient.se
    if value is None or se is None or not 0 < value * se < float("inf"):
        return max(0, decimals_for_size(value, RATIO_DIGITS))
    return max(decimals_for_se(value * se), RATIO_DECIMALS if value < SMALL_RATIO else 0)


def ratio_interval(fit: FitRecord, coefficient: Coefficient) -> Phrase | None:
    """Return the interval of a ratio in brackets."""
    low = ratio_number(fit, coefficient, "exp_low")
    high = ratio_number(fit, coefficient, "exp_high")
    return None if low is None or high is None else ("[", low, ", ", high, "]")
