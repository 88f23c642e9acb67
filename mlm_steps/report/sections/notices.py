"""All notices of the run in words."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import FitRecord, Notice
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.text import Code, Link, Phrase, Word, join, say

__all__ = ["all_notices", "context", "deviation_sentence"]

OUTCOMES = {
    "applied": "holds",
    "does_not_apply": "does not apply",
    "singular": "is singular too",
    "failed": "did not converge",
    "not_estimable": "cannot be estimated",
    "single_level": "leaves no random effect",
}

AS_DECLARED = (
    "Deviations between the spec and what ran: none; every model that was fitted is the declared one."
)


def context(given: ReportInput) -> dict[str, Any]:
    """Return the notices with the rung that each concerns, and what was not done as the spec says."""
    return {
        "failed": [
            say("The rung {model} could not be fitted: {why}", model=given.names.model(model), why=Word(why))
            for model, why in given.run.failed.items()
        ]
        + [
            say(
                "The rung {model} has no results, and no other rung is compared with it: {why}.",
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
            for notice in all_notices(given)
            if notice.code != "remedy_applied"  # said in full among the deviations
        ],
        "deviations": [deviation_sentence(given, fit) for fit in given.run.fits if fit.deviation is not None],
        "as_declared": AS_DECLARED,
        "singular": _singular(given),
    }


def deviation_sentence(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return which formula was fitted in place of a rung's own, and what was tried before."""
    found = fit.deviation
    if found is None:
        return ()
    before = [
        (Code(t.remedy), *((" (", Code(t.formula), ")") if t.formula else ()), " ", OUTCOMES[t.outcome])
        for t in found.trials[:-1]
    ]
    return say(
        "{model}: the spec has {declared}, whose fit is singular; as on_singular asks, {fitted} was fitted "
        "in its place ({remedy}: {what}){before}. All results of this rung are those of the second formula; "
        "what the first gives stands under {link}.",
        model=given.names.model(fit.model),
        declared=Code(found.declared),
        fitted=Code(fit.formula),
        remedy=Code(found.remedy),
        what=given.names.notice(found.what),
        before=("; tried before: ", *join(before)) if before else None,
        link=Link("Singular and doubtful fits", "remedies"),
    )


def _singular(given: ReportInput) -> Phrase | None:
    singular = [given.names.model(fit.model) for fit in given.run.fits if fit.reported.singular]
    if not singular:
        return None
    return say(
        "Singular fits: {models}. What that means, and the alternatives, stand under {link}.",
        models=join([(model,) for model in singular]),
        link=Link("Singular and doubtful fits", "remedies"),
    )


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
        *(notice for record in run.intervals.records for notice in record.notices),
    ]
    return list({(n.code, n.text, n.model): n for n in found}.values())
