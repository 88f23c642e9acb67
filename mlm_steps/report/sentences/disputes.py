"""Tests of fixed effects in singular fits for which Satterthwaite and Kenward–Roger disagree.

Satterthwaite's method uses the parameters of the search, which have a bound; Kenward and Roger's uses the
covariances, which have none (statistics, section 7). Near the bound, their degrees of freedom can differ
widely.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.records import Coefficient, FitRecord, TermTest
from mlm_steps.report.text.facts import DF_METHODS
from mlm_steps.report.text.notation import degrees_of_freedom, fixed, p_value, share
from mlm_steps.report.text.text import Number, Phrase, say, source

__all__ = ["Dispute", "cautious_p", "dispute_of", "dispute_phrase", "disputed"]

LEVELS = (0.01, 0.05, 0.10)
"""The methods disagree if one of these usual levels lies between their p values."""
APART = 3.0
"""They also disagree if their degrees of freedom differ by more than this factor, which changes the
intervals even if the p values agree."""
BOTH = ("satterthwaite", "kenward-roger")

Test = Coefficient | TermTest


@dataclass(frozen=True, slots=True)
class Dispute:
    """One hypothesis tested by both methods.

    Attributes
    ----------
    fit : FitRecord
    tests : tuple of two tests
        The test by Satterthwaite, then the one by Kenward and Roger.
    reported : str
        The method that the tables show.
    """

    fit: FitRecord
    tests: tuple[Test, Test]
    reported: str

    @property
    def safer(self) -> Test:
        """The more conservative test: the one with the larger p, or with fewer df if the p are equal."""
        return max(self.tests, key=lambda test: (_shown(test.p), -(_df(test) or 0.0)))


def dispute_of(fit: FitRecord, test: Test) -> Dispute | None:
    """Return the disagreement about a coefficient or a term; None if the methods agree."""
    found = {each.df_method: each for each in (test, *_others(fit, test))}
    if not set(BOTH) <= set(found):
        return None
    first, second = (found[method] for method in BOTH)
    return Dispute(fit, (first, second), test.df_method) if _disagree(first, second, fit.alpha) else None


def disputed(fit: FitRecord) -> list[Coefficient]:
    """Return the coefficients of a rung for which the two methods disagree."""
    return [c for c in fit.coefficients if dispute_of(fit, c) is not None]


def cautious_p(fit: FitRecord, test: Test) -> float | None:
    """Return the largest p value of a hypothesis over the methods that tested it."""
    known = [each.p for each in (test, *_others(fit, test)) if each.p is not None]
    return max(known, default=None) if test.p is not None else None


def _others(fit: FitRecord, test: Test) -> tuple[Test, ...]:
    if isinstance(test, TermTest):
        return tuple(each for each in fit.anova_other if each.term == test.term)
    key = (test.term, test.column)
    return tuple(each for each in fit.coefficients_other if (each.term, each.column) == key)


def _disagree(one: Test, other: Test, alpha: float) -> bool:
    if one.p is None or other.p is None:
        return False
    few, many = sorted((_df(one) or 0.0, _df(other) or 0.0))
    return bool(_sides(one, other, alpha)) or many > APART * few


def _sides(one: Test, other: Test, alpha: float) -> list[float]:
    """Return the levels between the two p values; the level of the run comes first."""
    low, high = sorted((one.p or 0.0, other.p or 0.0))
    return [level for level in dict.fromkeys((alpha, *LEVELS)) if low < level <= high]


def _df(test: Test) -> float | None:
    return test.den_df if isinstance(test, TermTest) else test.df


def _shown(p: float | None) -> float:
    """Return a p value, or 0 if it is printed as < .001, so that such values compare as equal."""
    return 0.0 if p is None or p < 0.001 else p


def dispute_phrase(dispute: Dispute) -> Phrase:
    """Return the test that the tables do not show, and which of the two is more conservative."""
    first, second = dispute.tests
    safer = DF_METHODS[dispute.safer.df_method]
    unseen = [test for test in (first, second) if test.df_method != dispute.reported]
    parts: Phrase = ()
    for test in unseen:
        parts += say(
            "; {method} gives {test}, {p}",
            method=DF_METHODS[test.df_method],
            test=_statistic(dispute.fit, test),
            p=_p(dispute.fit, test),
        )
    sides = _sides(first, second, dispute.fit.alpha)
    about = f"whether *p* is below {share(sides[0], 2)}" if sides else "strongly about the degrees of freedom"
    return (*parts, *say(f"; the methods disagree {about}, and {safer} is more conservative"))


def _statistic(fit: FitRecord, test: Test) -> Phrase:
    df = _df(test)
    shown = _number(fit, test, "df", "∞" if df is None else degrees_of_freedom(df))
    if isinstance(test, TermTest):
        F = _number(fit, test, "F", fixed(test.statistic or 0.0, 2))
        return say("*F*({num}, {df}) = {F}", num=str(test.num_df), df=shown, F=F)
    t = _number(fit, test, "statistic", fixed(test.statistic or 0.0, 2))
    return say("*t*({df}) = {t}", df=shown, t=t)


def _p(fit: FitRecord, test: Test) -> Phrase:
    text = p_value(test.p or 0.0, fit.alpha)
    sign = "" if text[0] in "<>" else "= "
    return say("*p* {sign}{p}", sign=sign, p=_number(fit, test, "p", text))


def _number(fit: FitRecord, test: Test, field: str, text: str) -> Number:
    if isinstance(test, TermTest):
        name = "den_df" if field == "df" else field
        return Number(text, source("anova_other_df", fit.model, test.term, test.df_method, name))
    return Number(text, source("fixed_other_df", fit.model, test.column, test.df_method, field))
