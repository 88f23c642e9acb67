"""How one run answers the items of the reporting standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.standard.answers import Item
from mlm_steps.report.standard.generalized import GENERALIZED
from mlm_steps.report.standard.items import ITEMS
from mlm_steps.report.text.text import Link, Number, Phrase, say
from mlm_steps.report.titles import section_link

__all__ = ["Answer", "answers", "count_sentence"]

Status = Literal["filled", "gap", "not applicable"]

BEFORE_THE_DATA = frozenset({"A2", "A3", "A6", "A7", "B2", "B9", "D1"})
"""The items that a plan can answer, before there are data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one run answers one item."""

    id: str
    text: str
    status: Status
    where: Link
    note: str
    prompt: str | None


def answers(given: ReportInput) -> list[Answer]:
    """Return how the run answers each item."""
    items = [item for item in ITEMS if not given.run.alone or item.id in BEFORE_THE_DATA]
    return [_answer(_as_it_reads(item, given), given) for item in items]


def _as_it_reads(item: Item, given: ReportInput) -> Item:
    """Return an item in the words for generalized models, if no model of the run is linear.

    An item that the author answers stays as it is unless the run answers it.
    """
    fits, own = given.run.fits, GENERALIZED.get(item.id)
    if own is None or not fits or any(fit.linear for fit in fits):
        return item
    return own if own.section == item.section or own.filled(given) else item


def _answer(item: Item, given: ReportInput) -> Answer:
    status: Status = "not applicable"
    own = given.run.statements.get(item.id)
    if own is not None:
        return Answer(item.id, item.text, "filled", section_link("checklist"), own, None)
    if item.applies(given):
        status = "filled" if item.filled(given) else "gap"
    where = "checklist" if status == "gap" and item.prompt else item.section
    note = item.missing if status == "gap" and item.missing else item.note
    return Answer(item.id, item.text, status, section_link(where), note, item.prompt)


def count_sentence(given: ReportInput) -> Phrase:
    """Return how many items are filled and how many are open."""
    states = [answer.status for answer in answers(given)]
    counts = {state: Number(str(states.count(state)), f"checklist:{state}") for state in ("filled", "gap")}
    return say(
        "{filled} of the {all} items of the reporting checklist that apply are filled, {gap} are gaps.",
        filled=counts["filled"],
        all=str(len(states) - states.count("not applicable")),
        gap=counts["gap"],
    )
