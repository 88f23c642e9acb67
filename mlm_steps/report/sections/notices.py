"""All notices of the run, failed rungs and deviations from the spec."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.fits import deviation_sentence
from mlm_steps.report.text.text import Word, join, say
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
        "notices": _notices(given),
        "deviations": [deviation_sentence(given, fit) for fit in given.run.fits if fit.deviation is not None],
        "as_declared": AS_DECLARED,
        "data": say("For notices on the data see {link}.", link=section_link("data"))
        if given.run.data_profile.notices
        else None,
    }


def _notices(given: ReportInput) -> list[dict[str, Any]]:
    """Return each text once, with the labels of all rungs that it is about."""
    models: dict[tuple[str, str], list[str]] = {}
    of_data = given.run.data_profile.notices
    for notice in given.notices:
        if notice.code != "remedy_applied" and notice not in of_data:  # told with deviations and data
            about = models.setdefault((notice.severity, notice.text), [])
            about += [] if notice.model is None or notice.model in about else [notice.model]
    return [
        {
            "severity": severity,
            "about": join([(given.names.model(name),) for name in about]),
            "text": given.names.notice(text),
        }
        for (severity, text), about in models.items()
    ]
