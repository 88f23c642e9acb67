"""All notices of the run, failed rungs and deviations from the spec."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import Notice
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.fits import deviation_sentence
from mlm_steps.report.text.text import Phrase, Word, join, say
from mlm_steps.report.titles import section_link

__all__ = ["context"]

AS_DECLARED = "There were no deviations from the spec: every model was fitted as declared."


def context(given: ReportInput) -> dict[str, Any]:
    """Return the notices with the rung of each, the failed rungs and the deviations from the spec."""
    return {
        "failed": [
            say("The rung {model} could not be fitted: {why}", model=given.names.model(model), why=Word(why))
            for model, why in given.run.failed.items()
        ]
        + [
            say(
                "The rung {model} has no results and is not compared with other rungs: {why}.",
                model=given.names.model(fit.model),
                why=Word(fit.unreliable or ""),
            )
            for fit in given.run.unreliable
        ],
        "notices": [
            {
                "severity": notice.severity,
                "about": _about(given, notice),
                "text": given.names.notice(notice.text),
            }
            for notice in given.notices
            if notice.code != "remedy_applied"  # the list of deviations has its sentence
        ],
        "deviations": [deviation_sentence(given, fit) for fit in given.run.fits if fit.deviation is not None],
        "as_declared": AS_DECLARED,
        "singular": _singular(given),
    }


def _singular(given: ReportInput) -> Phrase | None:
    singular = [given.names.model(fit.model) for fit in given.run.fits if fit.reported.singular]
    if not singular:
        return None
    return say(
        "Singular fits: {models}. See {link} for an explanation and alternatives.",
        models=join([(model,) for model in singular]),
        link=section_link("remedies"),
    )


def _about(given: ReportInput, notice: Notice) -> Word | None:
    return None if notice.model is None else given.names.model(notice.model)
