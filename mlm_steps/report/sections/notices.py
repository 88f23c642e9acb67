"""All notices of the run in words."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import Notice
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences import boundary_sentences
from mlm_steps.report.text import Word, say

__all__ = ["all_notices", "context"]


def context(given: ReportInput) -> dict[str, Any]:
    """Return the notices with the rung that each concerns, and what to do about a singular fit."""
    return {
        "failed": [
            say("The rung {model} could not be fitted: {why}", model=given.names.model(model), why=Word(why))
            for model, why in given.run.failed.items()
        ],
        "notices": [
            {
                "severity": notice.severity,
                "about": _about(given, notice),
                "text": given.names.notice(notice.text),
            }
            for notice in all_notices(given)
        ],
        "singular": [
            {"model": given.names.model(fit.model), "sentences": boundary_sentences(given, fit)}
            for fit in given.run.fits
            if fit.reported.singular
        ],
    }


def _about(given: ReportInput, notice: Notice) -> Word | None:
    return None if notice.model is None else given.names.model(notice.model)


def all_notices(given: ReportInput) -> list[Notice]:
    """Return the notices of data, models, comparisons and variance; what is said twice, once."""
    run = given.run
    found = [
        *run.profile.notices,
        *(notice for record in run.prelude for notice in record.notices),
        *(notice for fit in run.fits for notice in fit.notices),
        *(notice for record in run.comparisons for notice in record.notices),
        *(notice for record in run.variance for notice in record.notices),
    ]
    return list({(n.code, n.text, n.model): n for n in found}.values())
