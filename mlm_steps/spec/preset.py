"""Presets: ladders that are generated from a few columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from pydantic import model_validator

from mlm_steps.errors import did_you_mean
from mlm_steps.records.spelling import quote_name, split_product, unquote_name
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.types import Flag, Objection, OptionalText, Text, Texts, objections
from mlm_steps.spec.written import Path, quoted

__all__ = ["PresetLadder", "Step", "TwoLevelLadder", "column"]

Step = tuple[str, Sequence[str], Sequence[str]]
"""Name of a rung, its fixed terms and its random slopes, as formulas write them."""


class PresetLadder(SpecBlock, ABC):
    """A ladder that is generated from given columns.

    To add one, write a subclass with ``preset: Literal["<name of the module>"]`` in a module of its own in
    ``spec/presets/``, and list it in ``PRESETS``.
    """

    @property
    @abstractmethod
    def rungs(self) -> tuple[ModelSpec, ...]:
        """The rungs, from the null model upwards."""

    @property
    @abstractmethod
    def declared_levels(self) -> Mapping[str, int]:
        """The declared level of each listed column."""


class TwoLevelLadder(PresetLadder):
    """A ladder for one outcome and one grouping factor."""

    outcome: Text
    """Column of the outcome."""
    group: Text
    """Column of the grouping factor, for example ``school``."""
    level_1: Texts = ()
    """Columns of level-1 predictors."""
    level_2: Texts = ()
    """Columns of level-2 predictors; one that varies within a group is a ``level_conflict``."""
    cross_level: Texts = ()
    """Interactions of a level-1 with a level-2 predictor, for example ``["ses_w:sector"]``."""
    correlated: Flag = True
    """Whether random intercept and slopes may correlate: ``false`` writes ``||``."""
    weights: OptionalText = None
    """Column of prior weights, for all rungs."""

    @property
    @abstractmethod
    def lower(self) -> tuple[str, ...]:
        """All level-1 predictors."""

    @property
    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """The rungs above the null model."""

    @property
    def rungs(self) -> tuple[ModelSpec, ...]:
        """The rungs, from the null model upwards."""
        return tuple(
            ModelSpec(name=name, formula=self._formula(fixed, random), weights=self.weights)
            for name, fixed, random in (("null", (), ()), *self.steps)
        )

    @property
    def declared_levels(self) -> Mapping[str, int]:
        """The level that each listed column is declared to have."""
        return dict.fromkeys(self.lower, 1) | dict.fromkeys(self.level_2, 2)

    @property
    def products(self) -> list[str]:
        """The cross-level interactions as formulas write them."""
        return [":".join(map(column, factors_of(product))) for product in self.cross_level]

    def _formula(self, fixed: Sequence[str], random: Sequence[str]) -> str:
        bar = "|" if self.correlated or not random else "||"
        slopes = " + ".join(random) or "1"
        return f"{column(self.outcome)} ~ {' + '.join(fixed) or '1'} + ({slopes} {bar} {column(self.group)})"

    @model_validator(mode="after")
    def _gives_each_column_its_part(self) -> TwoLevelLadder:
        wrong = [*self._objections()]
        if wrong:
            raise objections(wrong)
        return self

    def _objections(self) -> Iterator[Objection]:
        """Yield objections to the columns."""
        parts: dict[str, str] = {}
        for at, name in self._parts():
            if not name.strip():
                yield at, "is empty, but the name of a column is needed", None
            elif name in parts:
                yield at, f"{quoted(name)} is already given as {parts[name]}", None
            parts.setdefault(name, str(at[0]))
        for i, product in enumerate(self.cross_level):
            if product in self.cross_level[:i]:
                yield ("cross_level", i), f"{quoted(product)} occurs twice", None
            for what, hint in self._faults_of_product(product):
                yield ("cross_level", i), what, hint

    def _parts(self) -> Iterator[tuple[Path, str]]:
        """Yield key, position and name of each column that must differ from all others."""
        for key in type(self).model_fields:
            value = getattr(self, key)
            if key in ("outcome", "group", "time"):
                yield (key,), value
            elif key in ("level_1", "level_2"):
                yield from (((key, i), name) for i, name in enumerate(value))

    def _faults_of_product(self, product: str) -> Iterator[tuple[str, str | None]]:
        factors = factors_of(product)
        if len(factors) != 2 or not all(factors):
            yield f"{quoted(product)} is not a product of two columns", 'for example "ses_w:sector"'
            return
        first, second = factors
        if first in self.level_2 and second in self.lower:
            yield f"{quoted(product)} names the level-2 predictor first", f'write "{second}:{first}"'
            return
        for name, listed, rank in ((first, self.lower, 1), (second, self.level_2, 2)):
            if name not in listed:
                hint = did_you_mean(name, listed) or f"list it under level_{rank}"
                yield f"{quoted(name)} is not a level-{rank} predictor of this ladder", hint


def factors_of(product: str) -> tuple[str, ...]:
    """Return the columns of a product; backticks keep a colon inside a name.

    >>> factors_of("ses_w:`a:b`")
    ('ses_w', 'a:b')
    """
    return tuple(unquote_name(part.strip()) for part in split_product(product))


def column(name: str) -> str:
    """Return a column's name as a formula writes it, in backticks where R needs them.

    >>> column("ses_w"), column("test score")
    ('ses_w', '`test score`')
    """
    return quote_name(name)
