"""The key ``contrasts``: combinations of coefficients to be tested."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import ColumnName, Real, Text, Texts, nothing_is_empty, objection, objections
from mlm_steps.spec.written import quoted

__all__ = ["ContrastSpec", "Contrasts"]


class ContrastSpec(SpecBlock):
    """One contrast; it is tested on every rung that has all its coefficients."""

    name: Text
    """Name of the contrast in tables and report, for example ``Catholic minus public``."""
    weights: dict[ColumnName, Real] | None = None
    """Weight per coefficient, named as in the table ``fixed``: ``{ses: 1, "ses:sectorCatholic": 0.5}``. The
    hypothesis is that the weighted sum is 0."""
    hypothesis: Texts = ()
    """The same as text, ``"ses - 2*sectorCatholic = 0"``. A list of hypotheses is also tested jointly. If
    R gives one name to several coefficients, write the level in brackets: ``a[bc]`` or ``ab[c]``."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> ContrastSpec:
        if (self.weights is None) == (not self.hypothesis):
            what = "has both weights and hypothesis" if self.hypothesis else "does not say what to test"
            raise objection(what, 'give weights: {a: 1, b: -1}, or hypothesis: "a - b = 0"')
        if self.weights is not None and not any(self.weights.values()):
            raise objection("has only weights of 0", "for example {a: 1, b: -1}", ("weights",))
        return self


def _differ_by_name(contrasts: tuple[ContrastSpec, ...]) -> tuple[ContrastSpec, ...]:
    names = [contrast.name for contrast in contrasts]
    twice = [
        ((i, "name"), f"{quoted(name)} already names a contrast", "choose another name")
        for i, name in enumerate(names)
        if name in names[:i]
    ]
    if twice:
        raise objections(twice)
    return contrasts


Contrasts = Annotated[
    tuple[ContrastSpec, ...], BeforeValidator(nothing_is_empty), AfterValidator(_differ_by_name)
]
