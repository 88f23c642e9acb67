"""What only the authors know: reasons, sampling, missing data, links. The report quotes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import NothingIsNone, OptionalText, Text
from mlm_steps.spec.written import Block, Written, is_nothing

__all__ = [
    "Missing",
    "MissingSpec",
    "Preregistration",
    "PreregistrationSpec",
    "Rationale",
    "RationaleSpec",
    "stated",
]


class RationaleSpec(SpecBlock):
    """Reasons for the choices of the analysis; each answers an item of the reporting checklist."""

    multilevel: OptionalText = None
    """Why the question and the design call for a multilevel analysis."""
    levels: OptionalText = None
    """Why these are the levels of analysis, and why groups are random and not fixed."""
    centring: OptionalText = None
    """How each predictor is centred, and why."""
    sample_size: OptionalText = None
    """How the numbers of groups and observations were chosen, with the assumed ICC and its source."""
    rungs: OptionalText = None
    """Which rungs were planned, which were chosen from the data, and which models were dropped."""
    random_effects: OptionalText = None
    """Why these slopes vary, and why they covary or not."""


class MissingSpec(SpecBlock):
    """What is assumed about missing data."""

    mechanism: Text
    """The assumed mechanism of missingness, and why complete rows suffice, for example ``Missing at random
    given SES, which is in all models after the first.``"""


class PreregistrationSpec(SpecBlock):
    """Where the plan, the data and the code are, and the ethics statement."""

    plan: OptionalText = None
    """Link to the preregistration, for example ``https://osf.io/abcde``; or ``none``."""
    data: OptionalText = None
    """Link to the data, or why they are not available."""
    code: OptionalText = None
    """Link to the code."""
    ethics: OptionalText = None
    """The ethics statement."""


def _multilevel(value: object) -> object:
    """Return text alone as the block that it stands for."""
    return _block(value, "multilevel")


def _plan(value: object) -> object:
    """Return text alone as the block that it stands for."""
    return _block(value, "plan")


def _mechanism(value: object) -> object:
    """Return text alone as the block that it stands for."""
    return _block(value, "mechanism")


def _block(value: object, key: str) -> object:
    if isinstance(value, Written) and not is_nothing(value):
        return Block({key: value}, value.at)
    return value


Rationale = Annotated[RationaleSpec | None, BeforeValidator(_multilevel), NothingIsNone]
Missing = Annotated[MissingSpec | None, BeforeValidator(_mechanism), NothingIsNone]
Preregistration = Annotated[PreregistrationSpec | None, BeforeValidator(_plan), NothingIsNone]

ITEMS = {
    "multilevel": "A2",
    "levels": "A6",
    "centring": "B7",
    "sample_size": "B9",
    "rungs": "C3",
    "random_effects": "C4",
}
"""The item of the reporting standard that each reason answers."""


def stated(
    rationale: RationaleSpec | None,
    sampling: str | None,
    missing: MissingSpec | None,
    preregistration: PreregistrationSpec | None,
) -> dict[str, str]:
    """Return the statements of a spec by the item of the reporting standard that each answers.

    Examples
    --------
    >>> stated(RationaleSpec(multilevel="Students share schools."), "All schools.", None, None)
    {'A2': 'Students share schools.', 'B2': 'All schools.'}
    """
    reasons = {} if rationale is None else rationale.model_dump(exclude_none=True)
    links = {} if preregistration is None else preregistration.model_dump(exclude_none=True)
    found = {ITEMS[key]: text for key, text in reasons.items()}
    found |= {"B2": sampling} if sampling else {}
    found |= {"B4": missing.mechanism} if missing else {}
    names = {"plan": "Preregistration"}
    listed = (f"{names.get(key, key.capitalize())}: {text.rstrip('.')}." for key, text in links.items())
    return found | ({"A7": " ".join(listed)} if links else {})
