"""Optional analyses that exceed the effort of the run, and the keys of the spec that request them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlm_steps.records import OptionalWork
from mlm_steps.records.effort import EffortRecord, OptionalStep
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.notation import integer
from mlm_steps.report.text.text import Code, Phrase, Word, join, say

__all__ = ["context"]

WORDS: Mapping[OptionalStep, str] = {
    "remedies": "Alternatives to the random effects of {what}",
    "profile": "Profile intervals of {what}",
    "deletions": "Tests of single random effects of {what}",
    "simulate": "The bootstrap of {what}",
    "allfit": "Refits of {what} by other optimisers",
}


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return a sentence per kind of omitted analysis; None if no analysis was omitted."""
    found = given.run.result(EffortRecord, "effort")
    if isinstance(found, Absence):
        text = say(
            "The optional analyses could not be planned and were omitted: {why}", why=Word(found.reason)
        )
        return {"lead": text, "items": []}
    if found is None or not found.left_out:
        return None
    kinds = dict.fromkeys(work.step for work in found.left_out)
    return {
        "lead": say(
            "These optional analyses were not computed because they take longer than {effort} allows; {full} "
            "in the spec computes all of them. The times are estimated from the number of operations.",
            effort=Code(f"effort: {found.effort}"),
            full=Code("effort: full"),
        ),
        "items": [_item(given, kind, [w for w in found.left_out if w.step == kind]) for kind in kinds],
    }


def _item(given: ReportInput, kind: OptionalStep, works: list[OptionalWork]) -> Phrase:
    seconds = sum(work.seconds for work in works)
    return say(
        "{what}: about {seconds} s; {key} in the spec requests it.",
        what=say(WORDS[kind], what=join([_subject(given, work) for work in works], last=" and ")),
        seconds=Word(integer(max(1, round(seconds)))),
        key=Code(works[0].key),
    )


def _subject(given: ReportInput, work: OptionalWork) -> Phrase:
    if work.step != "simulate":
        return say("{model}", model=given.names.model(work.of))
    smaller, larger = work.of.split("--")
    names = given.names
    return say("{larger} against {smaller}", larger=names.model(larger), smaller=names.model(smaller))
