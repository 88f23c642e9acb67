"""Guess what a column means from its name: an identifier of units, a time, an experimental treatment."""

from __future__ import annotations

import re

from mlm_steps.data.naming import is_id_name

__all__ = [
    "is_control_label",
    "is_cycle_name",
    "is_treatment_name",
    "is_unit_name",
    "names_objects",
    "names_persons",
    "time_rank",
]

_PERSONS = (
    "pupil|student|child|person|participant|respondent|subject|subj|patient|employee|worker|member|case|"
    "record|row|animal|rat|mouse|bird|woman|man|individual|stud?|pat|ppt|sub|hh|indiv"
)
_PLACES = (
    "school|class|classroom|teacher|tutor|lecturer|instructor|therapist|counsell?or|clinic|clinician|hospital|"
    "ward|doctor|physician|nurse|site|cent(?:er|re)|district|region|county|country|nation|state|province|city|"
    "town|village|neighbou?rhood|location|area|block|plot|field|farm|herd|litter|dam|sire|brood|nest|colony|"
    "tree|batch|cask|family|household|couple|dyad|team|firm|company|department|dept|organi[sz]ation|cluster|"
    "section|cohort|manager|supervisor|store|branch|unit|course|room|tank|cage|lab|sch|cl|fam|dist|tch|teach|"
    "org|schule|klasse|lehrer"
)
_OBJECTS = (
    "item|stimulus|stim|word|picture|image|sentence|question|rater|judge|coder|scorer|grader|interviewer|"
    "experimenter|plate|sample|task|face|voice|scenario|vignette"
)
_SUFFIX = r"s?(?:[_. ]?(?:id|nr|no|num|number|code|key))?[_. ]?\d*"


def _named(words: str) -> re.Pattern[str]:
    """Return the pattern of a name that is one of some words, with or without ``id``, ``nr`` and the like."""
    return re.compile(rf"(?:{words}){_SUFFIX}", re.IGNORECASE)


_PERSON, _UNIT, _OBJECT = _named(_PERSONS), _named(f"{_PERSONS}|{_PLACES}|{_OBJECTS}"), _named(_OBJECTS)
_TREATMENT = re.compile(
    r"(^|[_. ])(treat|treated|treatment|trt|tx|condition|cond|intervention|arm|therapy|drug|dose|"
    r"experimental|randomi[sz]ed|allocation|assigned|assignment|manipulation)($|[_. 0-9])",
    re.IGNORECASE,
)
_TIMES = (
    r"(time|occasion|wave|visit|session|measurement|phase|round)s?",
    r"(day|week|month|quarter|hour|minute)s?",
    r"(year|yr|age|grade|period)s?",
)
"""Patterns of the names of times, those that can mean little else first."""
_CONTROL = re.compile(
    r"(no|none|ctrl?|ctl|contr?ol|placebo|plc|pbo|baseline|untreated|usual|tau|wait.*|reference|standard)"
    r"([_. -].*)?",
    re.IGNORECASE,
)
_CYCLE = re.compile(r"week_?days?|dow|day_?of_?week|season", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Place between the words of a name such as ``treatmentGroup``."""
_TIME = tuple(re.compile(rf"(^|[_. ]){words}($|[_. 0-9])", re.IGNORECASE) for words in _TIMES)


def is_unit_name(name: str) -> bool:
    """Return whether a column's name looks like that of units, such as schools, wards or items.

    >>> [is_unit_name(name) for name in ("childid", "Therapist", "ward_nr", "item", "valid", "size")]
    [True, True, True, True, False, False]
    """
    return is_id_name(name) or _UNIT.fullmatch(name) is not None


def names_persons(name: str) -> bool:
    """Return whether the units that a column names are persons, which are not shared by groups.

    >>> [names_persons(name) for name in ("pupilNR", "id", "item_id", "rater")]
    [True, True, False, False]
    """
    return _PERSON.fullmatch(name) is not None or (is_id_name(name) and not _UNIT.fullmatch(name))


def names_objects(name: str) -> bool:
    """Return whether a column names things that all persons meet.

    >>> [names_objects(name) for name in ("item_id", "Rater", "pupil")]
    [True, True, False]
    """
    return _OBJECT.fullmatch(name) is not None


def is_treatment_name(name: str) -> bool:
    """Return whether a column's name says that it holds an experimental treatment.

    >>> [is_treatment_name(name) for name in ("treatment", "trt", "cond_2", "threat", "harm")]
    [True, True, True, False, False]
    """
    return _TREATMENT.search(_HUMP.sub("_", name)) is not None


def is_control_label(label: str) -> bool:
    """Return whether a level of a treatment is the one that others are compared with.

    >>> [is_control_label(label) for label in ("control", "Placebo", "waiting list", "cbt")]
    [True, True, True, False]
    """
    return _CONTROL.fullmatch(label.strip()) is not None


def is_cycle_name(name: str) -> bool:
    """Return whether a column's name says that its numbers repeat in cycles, as days of the week do.

    >>> [is_cycle_name(name) for name in ("weekday", "dow", "day", "week")]
    [True, True, False, False]
    """
    return _CYCLE.fullmatch(name) is not None


def time_rank(name: str) -> int | None:
    """Return how surely a column's name means time, 0 being the surest; None if it does not mean it.

    >>> [time_rank(name) for name in ("wave", "Days", "age", "storage")]
    [0, 1, 2, None]
    """
    return next((rank for rank, pattern in enumerate(_TIME) if pattern.search(_HUMP.sub("_", name))), None)
