"""Slopes, means and contrasts in words, and sentences on slopes that depend on another predictor."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, EffectsRecord, FitRecord, TermTest
from mlm_steps.records.effects import Condition, SimpleSlopes, Tested
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.curves import variables_of
from mlm_steps.report.sentences.disputes import cautious_p, dispute_of, dispute_phrase
from mlm_steps.report.sentences.settings import at_level, join_settings
from mlm_steps.report.text.facts import CoefficientFacts, p_phrase, reason_in_words
from mlm_steps.report.text.notation import (
    decimals_for_se,
    decimals_for_size,
    degrees_of_freedom,
    fixed,
    p_value,
)
from mlm_steps.report.text.text import Number, Phrase, Symbol, Word, capital, join, say, source

__all__ = [
    "Keys",
    "PrintedNumbers",
    "condition_phrase",
    "condition_places",
    "direction_phrase",
    "effects_of",
    "focal_phrase",
    "has_products",
    "level_phrase",
    "moderation_sentence",
    "moderation_test",
    "number_text",
    "plain_value",
    "slope_keys",
    "value_place",
]

Keys = tuple[object, ...]
VALUE_DIGITS = 3
"""Values of predictors are printed with this many significant digits, which tell typical values apart."""
LARGEST_WHOLE = 1e6
"""Whole numbers below this bound are printed without decimals, however many digits they have."""
PLACES = {
    "mean - SD": "mean − 1 SD",
    "mean": "mean",
    "mean + SD": "mean + 1 SD",
    "minimum": "minimum",
    "maximum": "maximum",
}
SAME = 1e-6
"""A coefficient within this relative difference of the change of a slope equals it: both are rounded."""


def effects_of(given: ReportInput) -> EffectsRecord:
    """Return the effects of the fitted rungs; an empty record if that step failed."""
    found = given.run.result(EffectsRecord, "effects")
    if not isinstance(found, EffectsRecord):
        return EffectsRecord()
    fitted = {fit.model for fit in given.run.fits}
    return EffectsRecord(
        contrasts=tuple(each for each in found.contrasts if each.model in fitted),
        slopes=tuple(each for each in found.slopes if each.model in fitted),
        means=tuple(each for each in found.means if each.model in fitted),
        contexts=tuple(each for each in found.contexts if each.model in fitted),
        standardized=tuple(each for each in found.standardized if each.model in fitted),
        standardized_differences=tuple(
            each for each in found.standardized_differences if each.model in fitted
        ),
    )


def has_products(given: ReportInput) -> bool:
    """Return whether some slope depends on another predictor."""
    return any(c.level == "cross" or ":" in c.term for fit in given.run.fits for c in fit.coefficients)


class PrintedNumbers:
    """The printed numbers of one test.

    Parameters
    ----------
    test : Tested
    keys : tuple
        The table, and the keys of the test's row in it.
    estimate : str
        The column of the estimate.
    """

    def __init__(self, test: Tested, keys: Keys, estimate: str = "estimate") -> None:
        self._test, self._keys, self._column = test, keys, estimate
        self._decimals = decimals_for_se(test.se)

    def _number(self, column: str, value: float | None, text: str) -> Number | None:
        table, *keys = self._keys
        return None if value is None else Number(text, source(str(table), *keys, column))

    def _scaled(self, column: str, value: float | None) -> Number | None:
        return self._number(column, value, fixed(value or 0.0, self._decimals))

    @property
    def estimate(self) -> Number | str:
        """The estimate, or the reason why there is none."""
        number = self._scaled(self._column, self._test.estimate)
        return reason_in_words(self._test.code) if number is None else number

    @property
    def se(self) -> Number | None:
        """Standard error."""
        return self._scaled("se", self._test.se)

    @property
    def ci(self) -> Phrase | None:
        """Interval in brackets."""
        low = self._scaled("ci_low", self._test.ci_low)
        high = self._scaled("ci_high", self._test.ci_high)
        return None if low is None or high is None else ("[", low, ", ", high, "]")

    @property
    def statistic(self) -> Number | None:
        """T or z."""
        return self._number("statistic", self._test.statistic, fixed(self._test.statistic or 0.0, 2))

    @property
    def df(self) -> Number | None:
        """Degrees of freedom."""
        return self._number("df", self._test.df, degrees_of_freedom(self._test.df or 0.0))

    @property
    def p(self) -> Number | None:
        """P value."""
        return self._number("p", self._test.p, p_value(self._test.p or 0.0))

    @property
    def row(self) -> list[Number | Phrase | str | None]:
        """Estimate, SE, interval, statistic, df and p as the cells of a row."""
        return [self.estimate, self.se, self.ci, self.statistic, self.df, self.p]


def slope_keys(pair: SimpleSlopes, table: str = "simple_slopes") -> Keys:
    """Return the table of a pair and the keys of its rows."""
    held = "; ".join(f"{each.variable}={each.value}" for each in pair.conditions)
    return (table, pair.model, pair.focal, pair.focal_contrast or "", pair.moderator, held)


def plain_value(value: str | float) -> Phrase:
    """Return a value of a predictor: a label unchanged, a number with few digits."""
    return (Word(value),) if isinstance(value, str) else (number_text(value),)


def number_text(value: float) -> str:
    """Return a numeric value of a predictor with few digits.

    Examples
    --------
    >>> number_text(-0.420159), number_text(14.0), number_text(0.5)
    ('−0.42', '14', '0.5')
    """
    if float(value).is_integer() and abs(value) < LARGEST_WHOLE:
        return fixed(value, 0)
    return fixed(value, decimals_for_size(value, VALUE_DIGITS)).rstrip("0").removesuffix(".")


def level_phrase(value: str | float, place: str) -> Phrase:
    """Return a value of a moderator with its place, for example ``−0.66 (mean − 1 SD)``."""
    words = PLACES.get(place)
    return (*plain_value(value), f" ({words})") if words else plain_value(value)


def focal_phrase(given: ReportInput, pair: SimpleSlopes) -> Phrase:
    """Return the focal predictor, with the two levels that are compared if it is a category."""
    name = given.prose.variable(pair.focal)
    if pair.focal_contrast is not None:
        return (*name, " (", Word(pair.focal_contrast.replace(" - ", " − ")), ")")
    if pair.focal_at is not None:
        return (*name, " (at ", number_text(pair.focal_at), ")")
    return name


def direction_phrase(given: ReportInput, pair: SimpleSlopes) -> Phrase:
    """Return what depends on a moderator: the slope of a number or the effect of a category."""
    noun = "slope" if pair.focal_contrast is None else "effect"
    return say(f"the {noun} of {{x}}", x=focal_phrase(given, pair))


def condition_phrase(given: ReportInput, conditions: tuple[Condition, ...]) -> Phrase:
    """Return the values at which other predictors are held, ``Sex = Female and Age = 8``; may be empty."""
    parts: list[Phrase] = []
    for each in conditions:
        value: Phrase = (" at its mean",) if each.at_mean else (" = ", *plain_value(each.value))
        parts.append((*given.prose.variable(each.variable), *value))
    return join(parts, last=" and ")


def condition_places(given: ReportInput, conditions: tuple[Condition, ...]) -> Phrase:
    """Return the places at which other predictors are held, ``in public schools``; may be empty."""
    places: list[Phrase] = [
        say("at the mean of {x}", x=given.prose.variable(each.variable))
        if each.at_mean
        else value_place(given, each.variable, each.value)
        for each in conditions
    ]
    return join_settings(places)


def moderation_sentence(given: ReportInput, fit: FitRecord, pairs: Sequence[SimpleSlopes]) -> Phrase:
    """Return whether the moderator changes the slope, and the slopes themselves.

    ``pairs`` differ only in the values at which other predictors are held.
    """
    pair = pairs[0]
    test, clear = moderation_test(fit, pairs)
    slopes = join([_slopes_under(given, each) for each in pairs], "; ")
    what, w = direction_phrase(given, pair), given.prose.variable(pair.moderator)
    if all(at.slope.estimate is None for each in pairs for at in each.slopes):
        return capital(say("{what} cannot be estimated along {w}{test}.", what=what, w=w, test=test))
    if clear is False:
        template = "There was no clear evidence that {w} moderated {what}{test}, which was {slopes}."
        return say(template, w=w, what=what, test=test, slopes=slopes)
    return capital(say("{what} was {slopes}{test}.", what=what, slopes=slopes, test=test))


def _slopes_under(given: ReportInput, pair: SimpleSlopes) -> Phrase:
    held = condition_places(given, pair.conditions)
    slopes: list[Phrase] = [
        say(
            "{slope} {place}",
            slope=_slope(pair, at.value),
            place=value_place(given, pair.moderator, at.value),
        )
        for at in pair.slopes
    ]
    where = (" ", *held) if held else None
    return say("{slopes}{where}", slopes=join(slopes, last=" and "), where=where)


def value_place(given: ReportInput, moderator: str, value: str | float) -> Phrase:
    """Return the place where a moderator has a value, ``in public schools`` or ``at 0.5``."""
    if isinstance(value, str):
        return at_level(given, moderator, value)
    return ("at ", *given.prose.variable(moderator), f" = {number_text(value)}")


def _slope(pair: SimpleSlopes, value: str | float) -> Number | str:
    at = next(each for each in pair.slopes if each.value == value)
    return PrintedNumbers(at.slope, (*slope_keys(pair), value), "slope").estimate


def moderation_test(fit: FitRecord, pairs: Sequence[SimpleSlopes]) -> tuple[Phrase, bool | None]:
    """Return the test of a moderation in parentheses, and whether it is clear; None if there is no test.

    ``pairs`` differ only in the values at which other predictors are held.
    """
    pair = pairs[0]
    return _test(fit, pair, alike=all(_same(_change(each), _change(pair)) for each in pairs))


def _test(fit: FitRecord, pair: SimpleSlopes, *, alike: bool) -> tuple[Phrase, bool | None]:
    """Return the test of the product in parentheses, and whether it is clear; None if there is no test.

    ``alike`` means that the change of the slope does not depend on the other predictors.
    """
    alpha = fit.alpha
    products = [c for c in fit.coefficients if _is_product(fit.formula, c, pair) and c.estimate is not None]
    if len(products) == 1 and not _is_change(products[0], pair):
        return _difference_test(fit, products[0], pair, named=alike)
    if len(products) == 1:
        facts = CoefficientFacts("fixed", fit.model, products[0], fit.alpha)
        words = say(
            " ({symbol} = {estimate}, {p}{dispute})",
            symbol=Symbol(products[0].symbol),
            estimate=facts.estimate,
            p=p_phrase(facts.p),
            dispute=_dispute(fit, products[0]),
        )
        cautious = cautious_p(fit, products[0])
        return words, cautious is not None and cautious < alpha
    terms = {c.term for c in products}
    found = next((test for test in fit.anova if test.term in terms and test.p is not None), None)
    if len(terms) != 1 or found is None or found.p is None:
        return (), None
    if found.chisq is not None:
        return _wald_test(fit, found, found.chisq, found.p)
    if found.statistic is None:
        return (), None
    numbers = {
        "F": Number(fixed(found.statistic, 2), source("anova", fit.model, found.term, "F")),
        "p": Number(p_value(found.p, fit.alpha), source("anova", fit.model, found.term, "p")),
    }
    den = "∞" if found.den_df is None else degrees_of_freedom(found.den_df)
    words = say(
        f" (*F*({found.num_df}, {den}) = {{F}}, {{p}}{{dispute}})",
        F=numbers["F"],
        p=p_phrase(numbers["p"]),
        dispute=_dispute(fit, found),
    )
    return words, (cautious_p(fit, found) or found.p) < alpha


def _wald_test(fit: FitRecord, found: TermTest, chisq: float, p: float) -> tuple[Phrase, bool]:
    """Return Wald's χ² test of a product with several columns, and whether it is clear."""
    words = say(
        " (χ²({df}) = {chisq}, {p})",
        df=Number(str(found.num_df), source("anova", fit.model, found.term, "num_df")),
        chisq=Number(fixed(chisq, 2), source("anova", fit.model, found.term, "chisq")),
        p=p_phrase(Number(p_value(p, fit.alpha), source("anova", fit.model, found.term, "p"))),
    )
    return words, p < fit.alpha


def _dispute(fit: FitRecord, test: Coefficient | TermTest) -> Phrase | None:
    found = dispute_of(fit, test)
    return None if found is None else dispute_phrase(found)


def _change(pair: SimpleSlopes) -> float | None:
    """Return the change of the slope per unit of a number, or from the first level of two to the second."""
    if pair.moderator_kind == "category":
        return pair.differences[0].test.estimate if len(pair.differences) == 1 else None
    first, last = pair.slopes[0], pair.slopes[-1]
    if first.slope.estimate is None or last.slope.estimate is None:
        return None
    step = float(last.value) - float(first.value)
    return (last.slope.estimate - first.slope.estimate) / step if step else None


def _is_change(coefficient: Coefficient, pair: SimpleSlopes) -> bool:
    """Return whether a coefficient is the change of the slope itself, in size and sign.

    It is not for sum contrasts, for functions of the moderator, or if columns were dropped.
    """
    return _same(_change(pair), coefficient.estimate)


def _same(one: float | None, other: float | None) -> bool:
    return one is None or other is None or abs(one - other) <= SAME * max(abs(one), abs(other))


def _difference_test(
    fit: FitRecord, coefficient: Coefficient, pair: SimpleSlopes, *, named: bool
) -> tuple[Phrase, bool | None]:
    """Return the test of the difference between the slopes at two levels, and whether it is clear.

    For a numeric moderator, or if the difference depends on other predictors, only the p value of the
    coefficient is shown.
    """
    if not named or len(pair.differences) != 1:
        facts = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha)
        cautious = cautious_p(fit, coefficient)
        words = say(" ({p}{dispute})", p=p_phrase(facts.p), dispute=_dispute(fit, coefficient))
        return words, cautious is not None and cautious < fit.alpha
    (found,) = pair.differences
    numbers = PrintedNumbers(found.test, (*slope_keys(pair, "slope_differences"), found.first, found.second))
    words = say(
        " ({last} − {first} = {estimate}, {p})",
        last=plain_value(found.first),
        first=plain_value(found.second),
        estimate=numbers.estimate,
        p=p_phrase(numbers.p),
    )
    return words, None if found.test.p is None else found.test.p < fit.alpha


def _is_product(formula: str, coefficient: Coefficient, pair: SimpleSlopes) -> bool:
    """Return whether a column is a function of the focal predictor times one of the moderator."""
    factors = column_factors(coefficient.column, coefficient.term)
    variables = [variables_of(formula, stem) for stem, _ in factors]
    return sorted(variables) == sorted([(pair.focal,), (pair.moderator,)])
