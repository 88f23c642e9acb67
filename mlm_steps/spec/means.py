"""The key ``means``: for which factors marginal means are estimated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from mlm_steps.errors import did_you_mean
from mlm_steps.records.effects import Compared
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    OptionalText,
    Real,
    Texts,
    each_differs,
    objection,
    objections,
)
from mlm_steps.spec.written import Block, Items, Written, is_nothing, quoted

__all__ = ["MeanSpec", "Means", "settled"]

_WORDS = ("auto", "none")


Adjust = Literal["auto", "tukey", "holm", "none", "bonferroni", "sidak", "scheffe", "dunnett", "fdr", "mvt"]
_SUITED: dict[Compared, str] = {"pairwise": "tukey", "control": "dunnett", "consecutive": "mvt"}
"""The adjustment that is exact for each kind of comparison."""


def settled(compared: Compared | Literal["auto"], adjust: str, *, has_control: bool) -> tuple[Compared, str]:
    """Return which means are compared and by which adjustment, where either may be ``auto``.

    ValueError, with a text that says what to write, for an adjustment of other comparisons.

    Examples
    --------
    >>> settled("auto", "auto", has_control=False), settled("auto", "dunnett", has_control=False)
    (('pairwise', 'tukey'), ('control', 'dunnett'))
    """
    if compared == "auto":
        compared = "control" if has_control or adjust == "dunnett" else "pairwise"
    if has_control and compared != "control":
        raise ValueError("a control is named, and the comparisons are not with a control")
    for kind, word in (("pairwise", "tukey"), ("control", "dunnett")):
        if adjust == word and compared != kind:
            suited = _SUITED[compared]
            raise ValueError(f"{word} adjusts {kind} differences; for {compared} ones write {suited}")
    return compared, _SUITED[compared] if adjust == "auto" else adjust


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise objection("names no factor", "a column, or a list of several")
    return names


Factors = Annotated[Texts, AfterValidator(_some), AfterValidator(each_differs)]


class MeanSpec(SpecBlock):
    """Estimated marginal means of one factor or of several, on every rung that has them."""

    of: Factors
    """Column of the factor, or one that a formula makes a factor; a number of two values will do. Of a list
    of factors each combination of levels has a mean."""
    by: Annotated[Texts, AfterValidator(each_differs)] = ()
    """Other such columns: means are estimated, and compared, at each of their levels."""
    at: dict[ColumnName, Real] = Field(default_factory=dict)
    """Numbers to hold at a value instead of their mean: ``{age: 8}``."""
    differences: Literal["auto"] | Compared = "auto"
    """Which means are compared: ``pairwise`` all of them, the later level less the earlier; ``control`` each
    with a control; ``consecutive`` each with the one before. ``auto``: with a control where ``control`` or
    dunnett is written, else all."""
    control: OptionalText = None
    """The level that others are compared with, of several factors as ``lo, ctl``; else the first."""
    adjust: Adjust = "auto"
    """How the differences are adjusted for their number. ``auto`` is exact: ``tukey`` for all pairs,
    ``dunnett`` for a control, ``mvt`` (the multivariate t) for consecutive ones. ``bonferroni``, ``holm``,
    ``sidak`` and ``scheffe`` hold for any, ``fdr`` bounds the rate of false discoveries (Benjamini &
    Hochberg), ``none`` adjusts nothing. holm and fdr have Bonferroni's intervals. Of more than 24
    comparisons, dunnett and mvt are replaced by sidak."""

    @model_validator(mode="after")
    def _adjusts_what_it_compares(self) -> MeanSpec:
        try:
            settled(self.differences, self.adjust, has_control=self.control is not None)
        except ValueError as error:
            at = "control" if self.differences not in ("auto", "control") and self.control else "adjust"
            raise objection(str(error), None, (at,)) from None
        return self


def _short_form(value: object) -> object:
    """Return a column's name alone as the block that it stands for."""
    if isinstance(value, Written) and not is_nothing(value):
        return Block({"of": value}, value.at)
    return value


def _is_a_known_word(value: object) -> object:
    if isinstance(value, Written) and value not in _WORDS:
        if not value:
            raise objection("is empty", "auto, none, or a list of factors")
        hint = did_you_mean(value, _WORDS) or f"for one factor write [{value}]"
        raise objection(f"{quoted(value)} is neither auto nor none", hint)
    if isinstance(value, Items) and not value:
        raise objection("is an empty list", "auto, none, or a list of factors")
    return value


def _form_of(value: object) -> str:
    return "word" if isinstance(value, str) else "factors"


def _each_once(means: tuple[MeanSpec, ...]) -> tuple[MeanSpec, ...]:
    twice = [
        ((i,), f"{quoted(', '.join(mean.of))} occurs twice", None)
        for i, mean in enumerate(means)
        if mean in means[:i]
    ]
    if twice:
        raise objections(twice)
    return means


Means = Annotated[
    Annotated[Literal["auto", "none"], Tag("word")]
    | Annotated[
        tuple[Annotated[MeanSpec, BeforeValidator(_short_form)], ...],
        AfterValidator(_each_once),
        Tag("factors"),
    ],
    Discriminator(_form_of),
    BeforeValidator(_is_a_known_word),
]
