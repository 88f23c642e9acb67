"""The key ``data.derive``: new columns, each made in one way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    Flag,
    NothingIsNone,
    Objection,
    OptionalText,
    Real,
    Texts,
    nothing_is_empty,
    objection,
    objections,
    whole,
)

__all__ = ["KINDS", "DeriveSpec"]

MOST_STEPS = 1000
"""A lag of more rows than this is more likely an error than a design."""

KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "center": ((), ("within",)),
    "mean": ((), ("within",)),
    "standardize": ((), ("within",)),
    "sd": ((), ("within",)),
    "min": ((), ("within",)),
    "max": ((), ("within",)),
    "rank": ((), ("within",)),
    "count": (("within",), ()),
    "expr": ((), ()),
    "recode": (("map",), ("other",)),
    "collapse": (("into",), ("other",)),
    "scale_weights": (("within",), ("to",)),
    "lag": (("within", "by"), ("steps", "max_gap")),
    "time_since_first": (("within",), ()),
}
"""The ways to derive a column, each with the further keys that it needs and those that it may have."""

_FURTHER = ("within", "map", "into", "other", "to", "by", "steps", "max_gap")
_EXAMPLES = {
    "count": "{count: true, within: school}",
    "recode": "{recode: grade, map: {a: low, b: low, c: high}}",
    "collapse": "{collapse: grade, into: {low: [a, b], high: [c]}}",
    "scale_weights": "{scale_weights: w, within: school}",
    "lag": "{lag: mood, within: person, by: day}",
    "time_since_first": "{time_since_first: day, within: person}",
}


def _not_empty(given: dict[str, object] | None) -> dict[str, object] | None:
    if given is not None and not given:
        raise objection("is empty", "name at least one value")
    return given


def _some_levels(levels: tuple[str, ...]) -> tuple[str, ...]:
    if not levels:
        raise objection("names no level", "write [a, b]")
    return levels


def _each_level_once(into: dict[str, tuple[str, ...]] | None) -> dict[str, tuple[str, ...]] | None:
    """Refuse a level that is joined into two others."""
    home: dict[str, str] = {}
    wrong: list[Objection] = []
    for new, levels in (into or {}).items():
        for level in levels:
            if level in home:
                what = f"the level '{level}' stands in '{home[level]}' already"
                wrong.append(((new,), what, "each level has one place"))
            home.setdefault(level, new)
    if wrong:
        raise objections(wrong)
    return into


_InOrder = PlainSerializer(lambda given: given and list(given.items()), when_used="json")
"""The order of these entries is the order of levels, so a hash must see it."""


class DeriveSpec(SpecBlock):
    """How a column is derived: exactly one of ``center``, ``mean``, … ``time_since_first``."""

    center: OptionalText = None
    """Column to centre at its mean, ``{center: ses}``; with ``within``, at the mean of each group."""
    mean: OptionalText = None
    """Column whose mean becomes the new column, ``{mean: ses, within: school}``."""
    standardize: OptionalText = None
    """Column to centre and divide by its standard deviation, ``{standardize: ses}``."""
    sd: OptionalText = None
    """Column whose standard deviation becomes the new column, ``{sd: ses, within: school}``; missing in a
    group of one row."""
    min: OptionalText = None
    """Column whose smallest value becomes the new column, ``{min: day, within: person}``."""
    max: OptionalText = None
    """Column whose largest value becomes the new column, ``{max: day, within: person}``."""
    rank: OptionalText = None
    """Column whose ranks become the new column, ``{rank: ses, within: school}``: 1 for the smallest value;
    equal values share the mean of their ranks."""
    count: Annotated[Flag | None, NothingIsNone] = None
    """Number of rows of each group, ``{count: true, within: school}``."""
    expr: OptionalText = None
    """Expression that is computed in each row, ``{expr: "log(rt)"}`` or
    ``{expr: "if_else(age < 18, 'young', 'old')"}``. Text gives a category whose levels are in the order of
    writing, a condition a category of FALSE and TRUE. A result that is not finite is an error."""
    recode: OptionalText = None
    """Column whose values are replaced as ``map`` says, ``{recode: grade, map: {a: low, b: low, c: high}}``.
    The result is a number if all its values are numbers, else a category with the levels of ``map``."""
    collapse: OptionalText = None
    """Category whose levels are joined as ``into`` says,
    ``{collapse: grade, into: {low: [a, b], high: [c]}}``. The new levels are in the order of writing; the
    first is the reference."""
    scale_weights: OptionalText = None
    """Sampling weights to scale within groups, ``{scale_weights: w, within: school, to: n}``."""
    lag: OptionalText = None
    """Column whose value in an earlier row of the group becomes the new column,
    ``{lag: mood, within: person, by: day}``; missing in the first row."""
    time_since_first: OptionalText = None
    """Column of times from which the first time of the group is subtracted,
    ``{time_since_first: day, within: person}``."""
    within: OptionalText = None
    """Grouping column: ``{center: ses, within: school}`` centres at the mean of each school."""
    map: Annotated[
        dict[ColumnName, OptionalText] | None, NothingIsNone, AfterValidator(_not_empty), _InOrder
    ] = None
    """For ``recode``, the new value of each old one, ``{a: low, b: low, c: high}``; a new value that is empty
    or among ``na`` is missing."""
    into: Annotated[
        dict[ColumnName, Annotated[Texts, BeforeValidator(nothing_is_empty), AfterValidator(_some_levels)]]
        | None,
        NothingIsNone,
        AfterValidator(_not_empty),
        AfterValidator(_each_level_once),
        _InOrder,
    ] = None
    """For ``collapse``, the old levels of each new one, ``{low: [a, b], high: [c]}``."""
    other: Annotated[Literal["error", "keep", "missing"] | None, NothingIsNone] = None
    """Values that ``map`` or ``into`` does not name: ``error`` (the default), ``keep`` them, or make them
    ``missing``."""
    to: Annotated[Literal["n", "mean", "effective_n"] | None, NothingIsNone] = None
    """What scaled weights sum to in a group: ``n``, its number of rows (the default, also called ``mean``,
    since their mean is then 1), or ``effective_n``, the squared sum of the weights divided by the sum of
    their squares."""
    by: OptionalText = None
    """For ``lag``, the number or ordered category that orders the rows of a group, such as the day."""
    steps: Annotated[Annotated[int, *whole(1, MOST_STEPS)] | None, NothingIsNone] = None
    """For ``lag``, how many rows earlier. Default: 1."""
    max_gap: Annotated[Real | None, NothingIsNone] = None
    """For ``lag``, the largest difference in ``by``: ``max_gap: 1`` makes the lag missing after an absent
    day. Default: the earlier row counts, whenever it was."""

    @model_validator(mode="after")
    def _does_one_thing(self) -> DeriveSpec:
        asked = [key for key in KINDS if getattr(self, key) is not None]
        if not asked:
            raise objection("does not say what to derive", f"give one of {', '.join(KINDS)}")
        if len(asked) > 1:
            raise objection(f"has {' and '.join(asked)} together", "derive two columns", (asked[1],))
        if self.count is False:
            raise objection("count is true or left out", None, ("count",))
        wrong = self._wrong_keys(asked[0])
        if wrong:
            raise objections(wrong)
        return self

    def _wrong_keys(self, kind: str) -> list[Objection]:
        """Return the keys that this way to derive needs and lacks, and those that it does not have."""
        needed, possible = KINDS[kind]
        wrong: list[Objection] = [
            ((), f"{kind} needs {key}", f"for example {_EXAMPLES[kind]}")
            for key in needed
            if getattr(self, key) is None
        ]
        for key in _FURTHER:
            if getattr(self, key) is not None and key not in (*needed, *possible):
                homes = [other for other in KINDS if key in (*KINDS[other][0], *KINDS[other][1])]
                wrong.append(((key,), f"{kind} has no {key}", f"it belongs to {', '.join(homes)}"))
        if self.max_gap is not None and self.max_gap <= 0:
            wrong.append((("max_gap",), "is not above 0", "for example max_gap: 1"))
        return wrong

    @property
    def kind(self) -> str:
        """The way in which the column is derived, a key of ``KINDS``."""
        return next(key for key in KINDS if getattr(self, key) is not None)

    @property
    def source(self) -> str:
        """The column it is made from; empty for an expression and for a count."""
        return "" if self.kind in ("expr", "count") else str(getattr(self, self.kind))
