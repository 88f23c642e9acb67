"""The reporting checklist: what is filled, what is a gap, and where each item is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.standard.answers import Item
from mlm_steps.report.standard.items import ITEMS
from mlm_steps.report.text.text import Link, Number, Phrase, say

__all__ = ["Answer", "answers", "context", "gap_sentence"]

Status = Literal["filled", "gap", "not applicable"]


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
    return [_answer(item, given) for item in ITEMS]


def _answer(item: Item, given: ReportInput) -> Answer:
    from mlm_steps.report.sections import SECTIONS

    status: Status = "not applicable"
    if item.applies(given):
        status = "filled" if item.filled(given) else "gap"
    where = Link(SECTIONS[item.section].title, item.section)
    note = item.missing if status == "gap" and item.missing else item.note
    return Answer(item.id, item.text, status, where, note, item.prompt)


def context(given: ReportInput) -> dict[str, Any]:
    """Return the checklist and its counts."""
    return {"answers": answers(given), "count": gap_sentence(given)}


def gap_sentence(given: ReportInput) -> Phrase:
    """Return how many items are filled and how many are open."""
    states = [answer.status for answer in answers(given)]
    counts = {state: Number(str(states.count(state)), f"checklist:{state}") for state in ("filled", "gap")}
    return say(
        "{filled} of the {all} items of the reporting checklist that apply are filled, {gap} are gaps; see "
        "the {link}.",
        filled=counts["filled"],
        all=str(len(states) - states.count("not applicable")),
        gap=counts["gap"],
        link=Link("checklist", "checklist"),
    )
