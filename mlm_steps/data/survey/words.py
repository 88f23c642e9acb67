"""Guess what a column means from its name: an identifier of units, a time, an experimental treatment."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mlm_steps.data.naming import is_id_name

__all__ = [
    "is_control_label",
    "is_cycle_name",
    "is_diary_name",
    "is_exposure_name",
    "is_measure_label",
    "is_negative_label",
    "is_treatment_name",
    "is_trials_name",
    "is_unit_name",
    "names_objects",
    "names_of_failures",
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
    "section|cohort|manager|supervisor|store|branch|unit|course|room|tank|cage|pot|tray|dish|pen|hive|pond|transect|quadrat|lab|sch|cl|fam|dist|tch|teach|"
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
_NEGATIVE = re.compile(
    r"(no|non|none|not|never|false|nein|absent|without|negative|neg|fail|failed|failure|incorrect|wrong|miss|missed|"
    r"unsuccessful|loss|lost|lose|healthy|alive|censored)([_. -].*)?",
    re.IGNORECASE,
)
_TRIALS = re.compile(
    r"n|size|trials?|total|denom(inator)?|attempts?|tested|examined|sown|planted|tries|sample_?size|"
    r"(n|num|number|nr|no|total)[_. ]?(of[_. ])?"
    r"(trials?|items?|questions?|attempts?|tests?|tested|total|obs|all)|"
    r"(trials?|total|attempts?)[_. ]?(n|count)",
    re.IGNORECASE,
)
_EXPOSURE = re.compile(
    r"exposure|(person|patient|animal|man|bed|trap|observation|follow_?up|risk)[_. ]?"
    r"(time|years?|days?|months?|hours?|nights?)|"
    r"(time|years|days|months|hours)[_. ](at[_. ]risk|observed|of[_. ]follow_?up)|population|pop|effort",
    re.IGNORECASE,
)
_FAILURES = {
    "success": "failure", "successes": "failures", "correct": "incorrect|wrong|errors?", "right": "wrong",
    "hits": "misses", "hit": "miss", "passed": "failed", "won": "lost", "wins": "losses", "yes": "no",
    "dead": "alive", "died": "survived", "survived": "died|dead", "alive": "dead",
    "infected": "uninfected|healthy",
}  # fmt: skip
"""Words for events, and the pattern of the words for the trials without the event."""
_DIARY = re.compile(r"(^|[_. ])(day|night|hour|beep|prompt)s?($|[_. 0-9])", re.IGNORECASE)
_MEASURE = re.compile(
    r"[-+<>]?\s*\d+([.,]\d+)?\s*(k|mio|[munk]?g|[cmk]?m|m?l|h|hrs?|hours?|min|s|secs?|ms|y|yrs?|years?|months?|days?|"
    r"weeks?|°?[cf]|°|pts?|points?)",
    re.IGNORECASE,
)
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


def is_negative_label(label: str) -> bool:
    """Return whether a level of two says that something did not happen, so that the other is the event.

    >>> [is_negative_label(label) for label in ("no", "not passed", "control", "wrong", "yes", "none of it")]
    [True, True, True, True, False, True]
    """
    return _NEGATIVE.fullmatch(label.strip()) is not None or is_control_label(label)


def is_measure_label(label: str) -> bool:
    """Return whether a text is a number with its unit, which labels nothing.

    >>> [is_measure_label(label) for label in ("45k", "3.5 kg", "12 years", "s20", "3+", "4")]
    [True, True, True, False, False, False]
    """
    return _MEASURE.fullmatch(label.strip()) is not None


def is_trials_name(name: str) -> bool:
    """Return whether a column's name says that it holds numbers of trials.

    >>> [is_trials_name(name) for name in ("size", "n_items", "trials", "numberOfTrials", "age", "nest")]
    [True, True, True, True, False, False]
    """
    return _TRIALS.fullmatch(_HUMP.sub("_", name)) is not None


def is_exposure_name(name: str) -> bool:
    """Return whether a column's name says that it holds the time or size in which events were counted.

    >>> [is_exposure_name(name) for name in ("exposure", "person_years", "days at risk", "years")]
    [True, True, True, False]
    """
    return _EXPOSURE.fullmatch(_HUMP.sub("_", name)) is not None


def names_of_failures(name: str, names: Collection[str]) -> Iterator[str]:
    """Yield the columns whose name says that they count the trials without the event that a column counts.

    >>> list(names_of_failures("n_correct", ["n_wrong", "wrong", "n_items"]))
    ['n_wrong']
    """
    for event, failure in _FAILURES.items():
        parts = re.fullmatch(rf"(.*[_. ])?{event}([_. ].*)?", name, re.IGNORECASE)
        if parts:
            before, after = (re.escape(part or "") for part in parts.groups())
            pattern = re.compile(rf"{before}(?:{failure}){after}", re.IGNORECASE)
            yield from (other for other in names if pattern.fullmatch(other))


def is_cycle_name(name: str) -> bool:
    """Return whether a column's name says that its numbers repeat in cycles, as days of the week do.

    >>> [is_cycle_name(name) for name in ("weekday", "dow", "day", "week")]
    [True, True, False, False]
    """
    return _CYCLE.fullmatch(name) is not None


def is_diary_name(name: str) -> bool:
    """Return whether a time counts days or hours, as in diaries.

    >>> [is_diary_name(name) for name in ("day", "studyDay", "wave", "birthday")]
    [True, True, False, False]
    """
    return _DIARY.search(_HUMP.sub("_", name)) is not None


def time_rank(name: str) -> int | None:
    """Return how surely a column's name means time, 0 being the surest; None if it does not mean it.

    >>> [time_rank(name) for name in ("wave", "Days", "age", "storage")]
    [0, 1, 2, None]
    """
    return next((rank for rank, pattern in enumerate(_TIME) if pattern.search(_HUMP.sub("_", name))), None)
