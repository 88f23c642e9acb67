"""Values of predictors in words: in public schools, at the school mean of status, where age is 0."""

from __future__ import annotations

import math
import re

from mlm_steps.records import ColumnProfile
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.units import places
from mlm_steps.report.text.notation import MINUS
from mlm_steps.report.text.running import running_word
from mlm_steps.report.text.text import Phrase, Word, join, plain_text, say

__all__ = [
    "at_level",
    "has_two_values",
    "join_settings",
    "members",
    "shown_level",
    "slope_noun",
    "two_values",
    "versus",
    "zero_phrase",
]

ROUNDING = 1e-9
"""A mean within this many standard deviations of 0 is 0 but for rounding in double precision, and so is the
relative difference of two variances."""
PEOPLE = frozenset({
    "adolescents", "adults", "boys", "children", "clients", "employees", "girls", "infants",
    "learners", "men", "mothers", "participants", "patients", "people", "persons", "players",
    "pupils", "raters", "readers", "respondents", "students", "subjects", "teachers", "therapists",
    "women", "workers",
})  # fmt: skip
"""Nouns for people: a statement holds among them, not in them."""
_ADJECTIVE = re.compile(r"[^\W\d_]{3,}([ -][^\W\d_]+)*")
"""Matches a level that can stand before a noun."""
_NUMBER = re.compile(rf"{MINUS}?\d+(\.\d+)?")
DEGREES = frozenset({"low", "lower", "mid", "middle", "medium", "moderate", "high", "higher"})
"""Levels that are amounts of their variable and describe no unit: low memory load, not low trials."""
ANSWERS = frozenset({"yes", "true", "false", "none", "some", "any", "other", "missing", "unknown"})
"""Levels that name no kind of unit."""


def degree(given: ReportInput, variable: str, level: str) -> Phrase | None:
    """Return the place of a level that is an amount, ``at low memory load``; None for other levels."""
    if level.casefold() not in DEGREES:
        return None
    return ("at ", running_word(level), " ", *given.prose.variable(variable))


def members(given: ReportInput, variable: str, level: str) -> Phrase | None:
    """Return the units at one level of a category, as ``public schools``; None without a word for them."""
    factor = places(given).get(variable)
    declared = given.names.has_observations if factor is None else given.names.has_noun(factor)
    if level.casefold() in DEGREES:
        return None
    if not declared or not _ADJECTIVE.fullmatch(level) or level.casefold() in ANSWERS:
        return None
    noun = given.prose.observations if factor is None else given.prose.units(factor)
    return (running_word(level), " ", *noun)


def _preposition(given: ReportInput, variable: str) -> str:
    factor = places(given).get(variable)
    noun = plain_text(given.prose.observations if factor is None else given.prose.units(factor))
    if noun in PEOPLE:
        return "among"
    profile = given.run.data_profile
    crossed = {
        name for r in profile.nesting if "crossed" in r.relation for name in (r.inner, r.outer)
    }  # items that many people answer contain no one
    return "for" if factor is None or factor in crossed else "in"


def at_level(given: ReportInput, variable: str, level: str) -> Phrase:
    """Return the place where a category has a level, ``in public schools`` or ``where Sex is Female``."""
    place = degree(given, variable, level)
    if place is not None:
        return place
    noun = members(given, variable, level)
    if noun is not None:
        return (f"{_preposition(given, variable)} ", *noun)
    return say("where {x} is {level}", x=given.prose.variable(variable), level=shown_level(level))


def versus(given: ReportInput, variable: str, level: str, reference: str) -> tuple[Phrase, Phrase]:
    """Return two levels that are compared, ``in Catholic schools`` and ``in public schools``."""
    nouns = members(given, variable, level), members(given, variable, reference)
    if nouns[0] is not None and nouns[1] is not None:
        word = _preposition(given, variable)
        return (f"{word} ", *nouns[0]), (f"{word} ", *nouns[1])
    places = degree(given, variable, level), degree(given, variable, reference)
    if places[0] is not None and places[1] is not None:
        return places[0], places[1]
    first = say("for {x} = {level}", x=given.prose.variable(variable), level=shown_level(level))
    return first, ("for ", shown_level(reference))


def shown_level(level: str) -> Word | str:
    """Return a level as a word of the user; a number as plain text."""
    return level if _NUMBER.fullmatch(level) else Word(level)


def zero_phrase(given: ReportInput, name: str) -> Phrase:
    """Return the place where a number is 0: the mean of a centred one, else ``where age is 0``.

    Zero outside the observed values is an extrapolation, which is told.
    """
    column = next((c for c in given.run.data_profile.columns if c.name == name), None)
    x = given.prose.variable(name)
    if column is None:
        return say("where {x} is 0", x=x)
    centred = _centre(given, column)
    if centred is not None:
        return centred
    low, high = column.minimum, column.maximum
    outside = low is not None and high is not None and not low <= 0 <= high
    return say("where {x} is 0{why}", x=x, why=" (outside its observed range)" if outside else None)


def _centre(given: ReportInput, column: ColumnProfile) -> Phrase | None:
    """Return the mean that 0 stands for in a centred column; None for other columns."""
    if column.mean is None or abs(column.mean) > ROUNDING * (column.sd or 1.0):
        return None
    if has_two_values(given, column.name):
        return say("at the mean of {x}", x=given.prose.variable(column.name))
    made = column.derived_by == "center" and len(column.made_from) > 0
    source = column.made_from[0] if made else column.name
    x = given.prose.variable(source)
    within = column.made_from[1:] if made else _within(given, column.name)
    if not within:
        return say("at the mean of {x}", x=x)
    group = ":".join(within)
    unit = given.prose.unit_of(group) or given.prose.group(group)
    return say("at the {unit} mean of {x}", unit=unit, x=x)


def _within(given: ReportInput, name: str) -> tuple[str, ...]:
    """Return the factor whose groups all have the mean 0; empty if there is none."""
    described = given.run.data_profile.descriptives.of(name)
    if described is None:
        return ()
    for spread in described.spreads:
        if spread.sd_between is not None and spread.sd_between <= ROUNDING * (described.sd or 1.0):
            return (spread.factor,)
    return ()


def has_two_values(given: ReportInput, name: str) -> bool:
    """Return whether a numeric column has only two values.

    A column has the largest possible variance if all of its values are at the two ends of its range.
    """
    column = next((c for c in given.run.data_profile.columns if c.name == name), None)
    known = () if column is None else (column.mean, column.sd, column.minimum, column.maximum)
    if column is None or None in known or column.minimum == column.maximum:
        return False
    mean, sd, low, high = (value or 0.0 for value in known)
    n = given.run.data_profile.rows
    return math.isclose(sd**2 * (n - 1) / n, (mean - low) * (high - mean), rel_tol=ROUNDING)


def slope_noun(given: ReportInput, name: str) -> str:
    """Return whether a random coefficient is the slope of a number or the effect of two values or levels."""
    coded = given.run.factor_of(name) != name
    return "effect" if coded or has_two_values(given, name) else "slope"


def two_values(given: ReportInput, name: str) -> tuple[str, str] | None:
    """Return the high and the low value of a number that has two values, one unit apart; None for others."""
    column = next((c for c in given.run.data_profile.columns if c.name == name), None)
    if column is None or not has_two_values(given, name):
        return None
    low, high = column.minimum or 0.0, column.maximum or 0.0
    if not math.isclose(high - low, 1.0, rel_tol=ROUNDING):
        return None
    return f"{high:g}".replace("-", MINUS), f"{low:g}".replace("-", MINUS)


def join_settings(settings: list[Phrase]) -> Phrase:
    """Return several places as one, in the order given and each once."""
    return join(list(dict.fromkeys(settings)), last=" and ")
