"""Words and numbers for contrasts, slopes and means."""

from __future__ import annotations

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import Condition, SimpleSlopes, Tested
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import DF_METHODS, reason_in_words
from mlm_steps.report.text.notation import (
    decimals_for_se,
    decimals_for_size,
    degrees_of_freedom,
    fixed,
    p_value,
)
from mlm_steps.report.text.text import Number, Phrase, Word, join, source

__all__ = [
    "Keys",
    "Numbers",
    "condition_phrase",
    "effects_of",
    "focal_phrase",
    "has_products",
    "level_phrase",
    "method_words",
    "number_text",
    "plain_value",
    "slope_keys",
]

Keys = tuple[object, ...]
VALUE_DIGITS = 3
LARGEST_WHOLE = 1e6
PLACES = {
    "mean - SD": "mean − 1 SD",
    "mean": "mean",
    "mean + SD": "mean + 1 SD",
    "minimum": "minimum",
    "maximum": "maximum",
}


def effects_of(given: ReportInput) -> EffectsRecord:
    """Return what the run reads from the coefficients of its fits; nothing where that step failed."""
    found = given.run.effects
    if not isinstance(found, EffectsRecord):
        return EffectsRecord()
    fitted = {fit.model for fit in given.run.fits}
    return EffectsRecord(
        contrasts=tuple(each for each in found.contrasts if each.model in fitted),
        slopes=tuple(each for each in found.slopes if each.model in fitted),
        means=tuple(each for each in found.means if each.model in fitted),
    )


def has_products(given: ReportInput) -> bool:
    """Return whether some slope depends on another predictor."""
    return any(c.level == "cross" or ":" in c.term for fit in given.run.fits for c in fit.coefficients)


def method_words(method: str) -> str:
    """Return the words for a df method."""
    return DF_METHODS.get(method, method)


class Numbers:
    """The printed numbers of one test.

    Parameters
    ----------
    test : Tested
    keys : tuple
        Table and keys of its row.
    estimate : str
        The column in which the estimate stands.
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
        """The estimate, or why there is none."""
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
    """Return table and keys of the rows of a pair."""
    held = "; ".join(f"{each.variable}={each.value}" for each in pair.conditions)
    return (table, pair.model, pair.focal, pair.focal_contrast or "", pair.moderator, held)


def plain_value(value: str | float) -> Phrase:
    """Return a value of a predictor: a label as it is, a number with a few digits."""
    return (Word(value),) if isinstance(value, str) else (number_text(value),)


def number_text(value: float) -> str:
    """Return a value of a predictor with a few digits.

    Examples
    --------
    >>> number_text(-0.420159), number_text(14.0), number_text(0.5)
    ('−0.42', '14', '0.5')
    """
    if float(value).is_integer() and abs(value) < LARGEST_WHOLE:
        return fixed(value, 0)
    return fixed(value, decimals_for_size(value, VALUE_DIGITS)).rstrip("0").removesuffix(".")


def level_phrase(value: str | float, place: str) -> Phrase:
    """Return a value of a moderator with what it is among its values."""
    words = PLACES.get(place)
    return (*plain_value(value), f" ({words})") if words else plain_value(value)


def focal_phrase(given: ReportInput, pair: SimpleSlopes) -> Phrase:
    """Return what the slope is of: a predictor, or the difference of two levels of one."""
    name = given.names.variable(pair.focal)
    if pair.focal_contrast is not None:
        return (*name, " (", Word(pair.focal_contrast.replace(" - ", " − ")), ")")
    if pair.focal_at is not None:
        return (*name, " (at ", number_text(pair.focal_at), ")")
    return name


def condition_phrase(given: ReportInput, conditions: tuple[Condition, ...]) -> Phrase:
    """Return at what other predictors are held, ``Sex = Female and Age = 8``; nothing for none."""
    parts: list[Phrase] = []
    for each in conditions:
        value: Phrase = (" at its mean",) if each.at_mean else (" = ", *plain_value(each.value))
        parts.append((*given.names.variable(each.variable), *value))
    return join(parts, last=" and ")
