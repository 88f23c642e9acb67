"""The key ``hypotheses``: what was expected, and the coefficient that tests it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import OptionalText, Text, nothing_is_empty, objections
from mlm_steps.spec.written import quoted

__all__ = ["Hypotheses", "HypothesisSpec"]


class HypothesisSpec(SpecBlock):
    """A hypothesis and the term or coefficient that tests it."""

    no_keys: ClassVar[Mapping[str, str]] = {
        "coefficient": "the key is term; it takes a term or a coefficient",
        "model": "the key is rung",
        "type": "the key is kind: confirmatory or exploratory",
    }

    name: Text
    """Short name, for example ``H1``."""
    text: Text
    """The hypothesis in words, for example ``The SES slope is flatter in Catholic schools``."""
    term: Text
    """The term or the coefficient that tests it, as in the formula or in the table ``fixed``:
    ``"ses:sector"``, ``sectorCatholic``. A term of several coefficients is tested by its joint test."""
    rung: OptionalText = None
    """The rung in which it is tested, for example ``cross``. Default: the last rung that has the term."""
    direction: Literal["positive", "negative", "any"] = "any"
    """The expected sign of the coefficient. A significant coefficient of the other sign contradicts the
    hypothesis. Tests are two-sided in any case."""
    kind: Literal["confirmatory", "exploratory"] = "confirmatory"
    """``confirmatory`` if the hypothesis was stated before the data were seen, else ``exploratory``."""


def _each_name_once(hypotheses: tuple[HypothesisSpec, ...]) -> tuple[HypothesisSpec, ...]:
    names = [each.name for each in hypotheses]
    twice = [
        ((i, "name"), f"{quoted(name)} already names a hypothesis", "choose another name")
        for i, name in enumerate(names)
        if name in names[:i]
    ]
    if twice:
        raise objections(twice)
    return hypotheses


Hypotheses = Annotated[
    tuple[HypothesisSpec, ...], BeforeValidator(nothing_is_empty), AfterValidator(_each_name_once)
]
