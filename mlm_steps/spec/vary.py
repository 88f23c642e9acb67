"""The key ``vary``: several outcomes, subsets or data files over one ladder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, model_validator

from mlm_steps.errors import did_you_mean, listing
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    Objection,
    OptionalText,
    Slug,
    Text,
    Texts,
    nothing_is_empty,
    objection,
    objections,
    slugified,
)
from mlm_steps.spec.written import Block, Items, Path, Written, is_nothing, quoted

__all__ = ["AXES", "BETWEEN", "FileValue", "OutcomeValue", "SubsetValue", "VariantChoice", "VarySpec"]

MOST_VARIANTS = 2000
"""Largest number of variants, since a crossing of long lists is more likely an error than a plan."""
LONGEST = 150
"""Largest number of characters of a variant's name, since it names a folder."""
EVERYTHING = "all"
"""The word for a subset without a filter."""
BETWEEN = "--"
"""The sign between the names of values in the name of a variant."""


def _block_of(key: str, value: object) -> object:
    """Return a value of an axis as a block with a name; a text alone is the value of its key."""
    if isinstance(value, Written) and not is_nothing(value):
        value = Block({"name" if (key, value) == ("filter", EVERYTHING) else key: value}, value.at)
    if not isinstance(value, Block) or "name" in value:
        return value
    text = value.get(key)
    if isinstance(text, Items) and len(text) == 1:
        text = text[0]
    name = slugified(_stem(text) if key == "file" else text) if isinstance(text, Written) else ""
    return Block({**value, "name": Written(name, value.at)}, value.at) if name else value


def _stem(file: str) -> str:
    """Return the name of a file without its folder and ending."""
    return file.replace("\\", "/").rpartition("/")[2].partition(".")[0]


class AxisValue(SpecBlock):
    """What all values of an axis have."""

    name: Slug
    """Names the value in tables and in the names of variants. Default: the value itself, made a name."""
    label: OptionalText = None
    """Words for the report. Default: the name."""


class OutcomeValue(AxisValue):
    """An outcome."""

    outcome: Text
    """What stands left of ``~`` in the formulas of the variant: a column, or for example ``log(time)``."""


class SubsetValue(AxisValue):
    """A subset of the rows."""

    filter: Texts = ()
    """Conditions that rows must meet besides those of ``data``; without any, all rows are used."""


class FileValue(AxisValue):
    """A data file."""

    file: Text
    """The file that replaces that of ``data``; the path is relative to the spec."""


class ExcludedSpec(SpecBlock):
    """Variants that are left out: those that have all of these values."""

    outcome: OptionalText = None
    """Name of a value of ``outcomes``."""
    subset: OptionalText = None
    """Name of a value of ``subsets``."""
    file: OptionalText = None
    """Name of a value of ``files``."""


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """The values of one variant.

    Attributes
    ----------
    name : str
        The names of its values.
    outcome, subset, file
        None if the axis is not varied.
    """

    name: str
    outcome: OutcomeValue | None
    subset: SubsetValue | None
    file: FileValue | None

    @property
    def values(self) -> dict[str, AxisValue]:
        """The value of each axis that is varied."""
        found = {"outcome": self.outcome, "subset": self.subset, "file": self.file}
        return {axis: value for axis, value in found.items() if value is not None}


AXES = {"outcome": "outcomes", "subset": "subsets", "file": "files"}
"""The key that lists the values of each axis."""


class VarySpec(SpecBlock):
    """Several outcomes, subsets or data files over one ladder, all combined with all."""

    no_keys: ClassVar[Mapping[str, str]] = {
        "filters": "the key is subsets, each with a filter",
        "outcome": "the key is outcomes, a list",
        "data": "the key is files, a list",
        "subset": "the key is subsets, a list",
    }

    outcomes: Annotated[
        tuple[Annotated[OutcomeValue, BeforeValidator(lambda value: _block_of("outcome", value))], ...],
        BeforeValidator(nothing_is_empty),
    ] = ()
    """Outcomes that replace that of all formulas: ``[math, reading, {outcome: "log(time)", label: Time}]``.
    Default: that of the ladder alone."""
    subsets: Annotated[
        tuple[Annotated[SubsetValue, BeforeValidator(lambda value: _block_of("filter", value))], ...],
        BeforeValidator(nothing_is_empty),
    ] = ()
    """Subsets of the rows: ``[all, {name: girls, filter: "sex == 'f'"}]``. Filters are written as in
    ``data``, and ``all`` is the subset without one. Default: the rows of ``data`` alone."""
    files: Annotated[
        tuple[Annotated[FileValue, BeforeValidator(lambda value: _block_of("file", value))], ...],
        BeforeValidator(nothing_is_empty),
    ] = ()
    """Data files that replace ``file`` of ``data`` and are read as it is: ``[wave1.csv, wave2.csv]``."""
    exclude: Annotated[tuple[ExcludedSpec, ...], BeforeValidator(nothing_is_empty)] = ()
    """Combinations that are left out, by the names of their values:
    ``[{outcome: reading, subset: girls}]``."""
    coefficient: OptionalText = None
    """The term or coefficient that is shown for all variants, for example ``"ses:sector"``. Default: the
    one that the report answers first: that of the first hypothesis, else what the headline rung adds."""
    rung: OptionalText = None
    """The rung whose coefficient is drawn, for example ``slope``. Default: the headline of the report."""

    @model_validator(mode="after")
    def _values_have_names_of_their_own(self) -> Self:
        wrong: list[Objection] = [
            ((key, i, "name"), f"{quoted(value.name)} already names a value", "give it another name")
            for key in AXES.values()
            for i, value in enumerate(self._values(key))
            if value.name in [other.name for other in self._values(key)[:i]]
        ]
        if not any(self._values(key) for key in AXES.values()):
            raise objection("varies nothing", "list outcomes, subsets or files")
        if wrong:
            raise objections(wrong)
        return self

    @model_validator(mode="after")
    def _leaves_out_what_there_is(self) -> Self:
        wrong = [*self._unknown()]
        if wrong:
            raise objections(wrong)
        count = sum(1 for _ in self.variants)
        longest = max((each.name for each in self.variants), key=len, default="")
        if len(longest) > LONGEST:
            raise objection(f"the name {quoted(longest)} is too long", "give its values short names")
        if not count:
            raise objection("leaves out every combination", None, ("exclude",))
        if count > MOST_VARIANTS:
            raise objection(f"has {count} combinations, but at most {MOST_VARIANTS} are allowed")
        return self

    def _values(self, key: str) -> Sequence[AxisValue]:
        found: Sequence[AxisValue] = getattr(self, key)
        return found

    def _unknown(self) -> Iterator[Objection]:
        for i, entry in enumerate(self.exclude):
            named = {axis: name for axis in AXES if (name := getattr(entry, axis)) is not None}
            if not named:
                yield ("exclude", i), "names no value", "for example {outcome: reading}"
            for axis, name in named.items():
                at: Path = ("exclude", i, axis)
                names = [value.name for value in self._values(AXES[axis])]
                if not names:
                    yield at, f"there are no {AXES[axis]} of which one could be left out", None
                elif name not in names:
                    hint = did_you_mean(name, names) or f"one of {listing(names)}"
                    yield at, f"no value {quoted(name)} in {AXES[axis]}", hint

    @property
    def variants(self) -> Iterator[VariantChoice]:
        """All combinations that are not left out; the last axis varies fastest."""
        for outcome, subset, file in product(
            self.outcomes or (None,), self.subsets or (None,), self.files or (None,)
        ):
            values = [value.name for value in (outcome, subset, file) if value is not None]
            choice = VariantChoice(BETWEEN.join(values), outcome, subset, file)
            if not any(_fits(entry, choice) for entry in self.exclude):
                yield choice


def _fits(entry: ExcludedSpec, choice: VariantChoice) -> bool:
    """Return whether a combination has all the values of an entry of ``exclude``."""
    named = {axis: name for axis in AXES if (name := getattr(entry, axis)) is not None}
    return all(axis in choice.values and choice.values[axis].name == name for axis, name in named.items())
