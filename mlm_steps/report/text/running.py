"""Labels as they stand within a sentence: common words without the capital letter of a heading."""

from __future__ import annotations

import re

from mlm_steps.report.text.names import Names
from mlm_steps.report.text.text import Phrase, Word, join

__all__ = ["RunningNames", "running_word", "singular"]

_COMMON = re.compile(r"[A-Z][a-z]+(-[a-z]+)*")
"""Matches a word with a capital letter at its start alone."""
_CAPITALISED = re.compile(r"\b[A-Z][a-z]")
_PLURAL = re.compile(r"[a-z]{3,}s")
PROPER_ENDINGS = ("ish", "ese", "ian", "ean")
"""Endings of adjectives of origin, such as English and Korean, which keep their capital letter."""
PROPER_WORDS = frozenset({
    "African", "Apgar", "Arab", "Arabic", "Asian", "Bayley", "Beck", "Black", "Buddhist",
    "Catholic", "Dutch", "Eastern", "Euro", "French", "German", "Glasgow", "Greek", "Hamilton",
    "Hindu", "Hispanic", "Islamic", "Israeli", "Jew", "Jewish", "Latin", "Latina", "Latino",
    "Likert", "Muslim", "Northern", "Pacific", "Protestant", "Rosenberg", "Southern", "Stroop",
    "Swiss", "Thai", "Wechsler", "Welsh", "Western", "White", "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March", "April", "June",
    "July", "August", "September", "October", "November", "December",
})  # fmt: skip
"""Proper nouns and adjectives that are frequent in labels and keep their capital letter."""
UNCOUNTED = ("ss", "us", "is")
"""Endings of words that are not plurals."""


def running_word(label: str) -> Word:
    """Return a label within a sentence; at the start of a sentence it is printed as it is.

    The first letter becomes small if it is the only capital letter of a common word and no later word of the
    label is capitalised.

    Examples
    --------
    >>> [running_word(label).text for label in ("Public school", "Catholic", "SES", "Item Difficulty")]
    ['public school', 'Catholic', 'SES', 'Item Difficulty']
    """
    first, _, rest = label.partition(" ")
    proper = first in PROPER_WORDS or (first.endswith(PROPER_ENDINGS) and len(first) > len("ish") + 1)
    if proper or not _COMMON.fullmatch(first) or _CAPITALISED.search(rest):
        return Word(label)
    return Word(label[0].lower() + label[1:], start=label)


def singular(unit: str) -> str:
    """Return one of a plural unit; any other unit as it is.

    Examples
    --------
    >>> singular("years"), singular("ms"), singular("kg/m2")
    ('year', 'ms', 'kg/m2')
    """
    is_plural = _PLURAL.fullmatch(unit) is not None and not unit.endswith(UNCOUNTED)
    return unit[:-1] if is_plural else unit


class RunningNames(Names):
    """The labels of one run within sentences.

    Parameters
    ----------
    run : RunRecords
    """

    def variable(self, name: str) -> Phrase:
        """Return the label of a data column within a sentence; a name without a label as it is."""
        found = super().variable(name)
        (label,) = found
        return (running_word(label.text),) if isinstance(label, Word) and self.has_label(name) else found

    def column(self, column: str, term: str) -> Phrase:
        """Return the label of a fixed-effects column within a sentence."""
        found = super().column(column, term)
        return ("intercept",) if found == ("Intercept",) else found

    def units(self, factor: str) -> Phrase:
        """Return the plural noun for the units of a grouping factor within a sentence."""
        return _noun(super().units(factor))

    @property
    def observations(self) -> Phrase:
        """The plural noun for the rows of the data within a sentence."""
        return _noun(super().observations)

    def slope(self, name: str, terms: dict[str, str]) -> Phrase:
        """Return a random effect as ``the slope of x`` or ``the intercept``."""
        found = self.effect(name, terms)
        return ("the intercept",) if found == ("intercept",) else ("the slope of ", *found)

    def several(self, names: list[str]) -> Phrase:
        """Return the labels of several columns in a list."""
        return join([self.variable(name) for name in names], last=" and ")


def _noun(phrase: Phrase) -> Phrase:
    """Return a declared noun, which has a capital letter at the start of a sentence."""
    match phrase:
        case (Word(text=text, start=None),):
            return (Word(text, start=text[:1].upper() + text[1:]),)
        case _:
            return phrase
