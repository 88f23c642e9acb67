"""The key ``data.reshape``: from one row per person to one row per occasion, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    NothingIsNone,
    Objection,
    OptionalText,
    Text,
    Texts,
    each_differs,
    objection,
    objections,
)
from mlm_steps.spec.written import Block, Items, Written, is_nothing, quoted

__all__ = ["LongToWide", "ReshapeSpec", "WideToLong", "pattern_parts"]

_WORD = re.compile(r"\{([^{}]*)\}")
_PATTERN_EXAMPLE = 'for example columns: "score_{time}"'
_JOINERS = "_.- "
_NAME = {"type": ["string", "number", "boolean"]}


def pattern_parts(pattern: str) -> tuple[str, str, str] | None:
    """Return the text before the word in braces, the word, and the text after it; None without braces.

    >>> pattern_parts("score_{time}"), pattern_parts("pre")
    (('score_', 'time', ''), None)
    """
    found = _WORD.search(pattern)
    return (pattern[: found.start()], found[1].strip(), pattern[found.end() :]) if found else None


def _patterns(value: object) -> object:
    """Return the patterns as a block; a list has no names of variables yet, so positions stand for them."""
    if is_nothing(value):
        raise objection("names no column", _PATTERN_EXAMPLE)
    if isinstance(value, Written):
        return Block({"0": value}, value.at)
    if isinstance(value, Items):
        if not value or not all(isinstance(each, Written) and each.strip() for each in value):
            raise objection("needs patterns or names of columns", _PATTERN_EXAMPLE)
        return Block({str(i): each for i, each in enumerate(value)}, value.at)
    if isinstance(value, Block) and any(name.isdigit() for name in value):
        raise objection("needs names of variables that are no numbers", "{score: 'score_{time}'}")
    return value


def _one_word_each(patterns: dict[str, str]) -> dict[str, str]:
    if not patterns:
        raise objection("names no column", _PATTERN_EXAMPLE)
    listed = next(iter(patterns)).isdigit()
    wrong: list[Objection] = []
    braces = [pattern for pattern in patterns.values() if _WORD.search(pattern)]
    for name, pattern in patterns.items():
        at = () if listed else (name,)
        if pattern.count("{") != pattern.count("}") or len(_WORD.findall(pattern)) != pattern.count("{"):
            wrong.append((at, f"{quoted(pattern)} has a brace without its partner", _PATTERN_EXAMPLE))
        elif len(_WORD.findall(pattern)) > 1:
            wrong.append((at, f"{quoted(pattern)} has several words in braces", "one stands for the time"))
        elif not _WORD.search(pattern) and (braces or not listed or len(patterns) == 1):
            wrong.append((at, f"{quoted(pattern)} has no word in braces", _PATTERN_EXAMPLE))
    words = {parts[1] for pattern in braces if (parts := pattern_parts(pattern))}
    if not wrong and len(words) > 1:
        what = f"the words in braces differ: {', '.join(sorted(words))}"
        wrong.append(((), what, "all patterns have the same occasions: use one word"))
    if wrong:
        raise objections(wrong)
    return patterns


class WideToLong(SpecBlock):
    """Columns of several occasions become rows: one row per row and occasion."""

    columns: Annotated[
        dict[str, Text],
        BeforeValidator(_patterns),
        AfterValidator(_one_word_each),
        WithJsonSchema({**_NAME, "type": [*_NAME["type"], "array", "object"], "items": _NAME,
                        "additionalProperties": _NAME}),
    ]  # fmt: skip
    """The columns by a pattern, ``"score_{time}"``, where the word in braces stands for the occasion; several
    variables as a list of patterns, or by their names, ``{score: "score_{t}", mood: "mood_{t}"}``. A list
    without braces names the columns of one variable, ``[pre, post]``."""
    time: OptionalText = None
    """Name of the new column of occasions. Default: the word in braces. Occasions that are all numbers become
    numbers."""
    values: Annotated[Texts, AfterValidator(each_differs)] = ()
    """Name of the new column of values, of several variables one for each pattern. Default: the pattern
    without the word in braces and without ``_``, ``.`` or ``-`` beside it."""
    times: Annotated[Texts, AfterValidator(each_differs)] = ()
    """Occasions to take, ``[0, 1, 2, 3]``, if other columns match the pattern too. Default: all that
    match."""
    id: OptionalText = None
    """Column that identifies the rows of the wide table. If the file has no such column, it is made: 1, 2, 3
    and so on."""
    missing: Literal["keep", "drop"] = "keep"
    """Rows in which all values are missing: ``keep`` or ``drop`` them."""

    @model_validator(mode="after")
    def _names_time_and_values(self) -> WideToLong:
        wrong: list[Objection] = []
        if not self.has_pattern and self.time is None:
            wrong.append(((), "does not name the column of occasions", "for example time: occasion"))
        if not self._is_listed and self.values:
            hint = "leave values out: columns names them"
            wrong.append((("values",), "the variables are named twice", hint))
        elif self.values and len(self.values) != (len(self.columns) if self.has_pattern else 1):
            count = len(self.columns) if self.has_pattern else 1
            what = f"needs one name for each variable: {count}, not {len(self.values)}"
            wrong.append((("values",), what, None))
        elif not self.has_pattern and not self.values:
            wrong.append(((), "does not name the column of values", "for example values: score"))
        elif twice := [n for n in set(self._value_names) if self._value_names.count(n) > 1]:
            wrong.append(
                (("columns",), f"two variables are called {quoted(twice[0])}", "give values: [a, b]")
            )
        elif self.time_name in self._value_names:
            what = f"{quoted(self.time_name)} names both the occasions and the values"
            wrong.append((("time" if self.time else "columns",), what, None))
        if wrong:
            raise objections(wrong)
        return self

    @property
    def _is_listed(self) -> bool:
        return next(iter(self.columns)).isdigit()

    @property
    def has_pattern(self) -> bool:
        """Whether the columns are given by patterns, not by their names."""
        return pattern_parts(next(iter(self.columns.values()))) is not None

    @property
    def time_name(self) -> str:
        """The name of the column of occasions."""
        parts = pattern_parts(next(iter(self.columns.values())))
        return self.time or (parts[1] if parts and parts[1] else "time")

    @property
    def _value_names(self) -> list[str]:
        if self.values:
            return list(self.values)
        if not self._is_listed:
            return list(self.columns)
        found = [pattern_parts(pattern) for pattern in self.columns.values()]
        return [
            (before.rstrip("_.- ") + after.lstrip("_.- ")) or "value"
            for before, _, after in filter(None, found)
        ]

    @property
    def variables(self) -> Mapping[str, tuple[str, ...]]:
        """For each new column of values its pattern, or the columns that are listed by name."""
        if not self.has_pattern:
            return {self.values[0]: tuple(self.columns.values())}
        return dict(zip(self._value_names, ((pattern,) for pattern in self.columns.values()), strict=True))


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise objection("names no column", "for example id: person")
    return names


class LongToWide(SpecBlock):
    """Rows of several occasions become columns: one row per unit."""

    id: Annotated[Texts, AfterValidator(_some), AfterValidator(each_differs)]
    """Column that identifies the units, or a list of several."""
    time: Text
    """Column of the occasions; no unit may have one of them twice."""
    values: Annotated[Texts, AfterValidator(_some), AfterValidator(each_differs)]
    """Column of values, or a list of several; each becomes a column per occasion, such as ``score_1``."""
    columns: Annotated[OptionalText, NothingIsNone] = None
    """Pattern of the new names with the words ``{values}`` and ``{time}``. Default:
    ``"{values}_{time}"``."""

    @model_validator(mode="after")
    def _tells_columns_apart(self) -> LongToWide:
        pattern = self.columns
        if pattern is not None:
            words = _WORD.findall(pattern)
            needed = ["time", *(["values"] if len(self.values) > 1 else [])]
            lacking = [word for word in needed if word not in words]
            other = [word for word in words if word not in ("time", "values")]
            if lacking or other:
                what = f"{quoted(pattern)} " + (
                    f"lacks {{{lacking[0]}}}" if lacking else f"has the unknown word {{{other[0]}}}"
                )
                raise objections([(("columns",), what, 'for example "{values}_{time}"')])
        return self

    def name(self, value: str, time: str) -> str:
        """Return the name of the column of one variable at one occasion."""
        words = {"values": value, "time": time}
        return _WORD.sub(lambda found: words[found[1]], self.columns or "{values}_{time}")


class ReshapeSpec(SpecBlock):
    """One of ``wide_to_long`` and ``long_to_wide``."""

    wide_to_long: Annotated[WideToLong | None, NothingIsNone] = None
    """Columns of several occasions become rows, ``{columns: "score_{time}"}``."""
    long_to_wide: Annotated[LongToWide | None, NothingIsNone] = None
    """Rows of several occasions become columns, ``{id: person, time: wave, values: score}``."""

    @model_validator(mode="after")
    def _goes_one_way(self) -> ReshapeSpec:
        given = [key for key in ("wide_to_long", "long_to_wide") if getattr(self, key) is not None]
        if len(given) != 1:
            what = "has both directions" if given else "does not say in which direction"
            raise objection(what, "give one of wide_to_long, long_to_wide")
        return self
