"""Labels of the models, columns, coefficients and groups that records identify by name."""

from __future__ import annotations

import re
from functools import cached_property

from mlm_steps.design.hlm import column_factors
from mlm_steps.records.run import RunRecords
from mlm_steps.records.spelling import OBSERVATIONS, unquote_name
from mlm_steps.report.text.notation import MINUS, SUPERSCRIPTS
from mlm_steps.report.text.text import Code, Phrase, Word, clean, join, plain_text

__all__ = ["INTERCEPT", "RESIDUAL", "Names", "events_of"]

INTERCEPT = "(Intercept)"
RESIDUAL = "Residual"
_HYPHEN_MINUS = re.compile(r"(?<![^\s(\[,])-(?=\d*\.?\d)")
_EVENTS = re.compile(r"cbind\((`(?:[^`\\]|\\.)+`|[^,`]+),")
"""Matches the events of an outcome ``cbind(events, others)``."""
_WORD = re.compile(r"[\w.]+")
_POWER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([-+]\d+)\b")


def _as_power(found: re.Match[str]) -> str:
    """Return ``2e-06`` as 2 × 10⁻⁶."""
    return f"{found[1]} × 10{str(int(found[2])).translate(SUPERSCRIPTS)}"


def events_of(outcome: str) -> str:
    """Return the column of the events of an outcome ``cbind(k, n - k)``; any other outcome as it is.

    Examples
    --------
    >>> events_of("cbind(k, n - k)"), events_of("use")
    ('k', 'use')
    """
    found = _EVENTS.match(outcome)
    return unquote_name(found[1].strip()) if found else outcome


class Names:
    """The labels of one run, as phrases.

    Parameters
    ----------
    run : RunRecords
    """

    def __init__(self, run: RunRecords) -> None:
        self._labels = run.labels
        self._run = run
        self._columns = {column.name: column for column in run.data_profile.columns}

    def model(self, name: str) -> Word:
        """Return the label of a rung or of a prelude model."""
        return Word(clean(self._labels.model(name)) or name)

    def variable(self, name: str) -> Phrase:
        """Return the label of a data column; an expression is shown as it is written."""
        if name in self._labels.columns:
            return (Word(self._labels.column(name)),)
        return (Word(name),) if name in self._columns else (Code(name),)

    def has_label(self, name: str) -> bool:
        """Return whether the spec or the file labels a data column."""
        return name in self._labels.columns

    def outcome(self, name: str) -> Phrase:
        """Return the label of an outcome; of ``cbind(k, n - k)``, that of the events."""
        return self.variable(events_of(name))

    def unit(self, name: str) -> str | None:
        """Return the unit of a column, if it has one."""
        unit = self._labels.units.get(name)
        return clean(unit) if unit else None

    def group(self, name: str) -> Phrase:
        """Return the label of a grouping factor; ``class:school`` can become Class within School."""
        parts, word = self._run.reading(name)
        return join([self.variable(part) for part in parts], f" {word} ")

    def units(self, factor: str) -> Phrase:
        """Return the plural noun for the units of a grouping factor.

        It is the word that the spec declares, such as schools, else the label as in School groups. The units
        of ``class:school`` are those that are declared for it, or those of ``class`` if it is nested.
        """
        declared = self._run.noun_of(factor)
        if declared is not None:
            return (Word(clean(declared[1])),)
        return (*self._innermost(factor), " groups")

    def has_noun(self, factor: str) -> bool:
        """Return whether the spec declares words for the units of a grouping factor."""
        return self._run.noun_of(factor) is not None

    @property
    def has_observations(self) -> bool:
        """Whether the spec declares a word for the rows of the data."""
        return self.observations != (OBSERVATIONS,)

    def unit_of(self, factor: str) -> Phrase | None:
        """Return the noun for one unit of a grouping factor, such as school; None unless it is declared."""
        declared = self._run.noun_of(factor)
        return None if declared is None or declared[0] is None else (Word(clean(declared[0])),)

    @property
    def observations(self) -> Phrase:
        """The plural noun for the rows of the data, such as students; else observations."""
        factors = {factor.name for factor in self._run.data_profile.factors}
        declared = None if OBSERVATIONS in factors else self._labels.nouns.get(OBSERVATIONS)
        return (OBSERVATIONS,) if declared is None else (Word(clean(declared[1])),)

    def _innermost(self, factor: str) -> Phrase:
        """Return the label of a grouping factor without the factors that it is nested in."""
        parts, word = self._run.reading(factor)
        return self.variable(parts[0]) if word == "within" else self.group(factor)

    def column(self, column: str, term: str) -> Phrase:
        """Return the label of a fixed-effects column of a term, such as ``Sector [Catholic] × SES``."""
        if column == INTERCEPT:
            return ("Intercept",)
        factors = column_factors(self._run.name_of_r(column), term)
        return join([self._factor(stem, text) for stem, text in factors], " × ")

    def effect(self, name: str, terms: dict[str, str]) -> Phrase:
        """Return the label of a random effect; ``terms`` holds the term of each fixed-effects column."""
        return self.column(name, terms.get(name, self._run.factor_of(name)))

    def _factor(self, stem: str, text: str) -> Phrase:
        bare = unquote_name(stem)
        label = self.variable(bare)
        contrast = text.removeprefix(stem)
        return (*label, " [", Word(contrast), "]") if contrast else label

    def notice(self, text: str) -> Word:
        """Return the text of a notice: true minus signs, powers of ten, ``f [b]`` for a column ``fb``."""
        read = _HYPHEN_MINUS.sub(MINUS, _POWER.sub(_as_power, text))
        return Word(_WORD.sub(lambda found: self._coded.get(found[0], found[0]), read))

    @cached_property
    def _coded(self) -> dict[str, str]:
        """The text for columns of random effects that code a factor, by column."""
        effects = {name for fit in self._run.fits for term in fit.terms for name in term.names}
        known = (name for name in effects - self._run.shared_names.keys() if not self._run.is_ambiguous(name))
        stems = {name: self._run.factor_of(name) for name in known}
        return {name: f"{stem} [{name.removeprefix(stem)}]" for name, stem in stems.items() if stem != name}

    def plain(self, phrase: Phrase) -> str:
        """Return a phrase as text without markup."""
        return plain_text(phrase)
