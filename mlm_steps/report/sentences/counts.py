"""How many models a run fitted, those that no result comes from included."""

from __future__ import annotations

from mlm_steps.records import AllFitRecord, RemedyRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.text import Number, Phrase, join, say

__all__ = ["count_sentences"]


def count_sentences(given: ReportInput) -> list[Phrase]:
    """Return the number of models by what they were fitted for, and that of searches by other optimisers."""
    counts = _counts(given)
    listed: list[Phrase] = [
        (Number(str(n), f"counts:{one}"), " ", one if n == 1 else many)
        for (one, many), n in counts.items()
        if n
    ]
    sentences = [
        say(
            "This run fitted {n} models: {parts}. Models with random effects are fitted by REML and by ML.",
            n=Number(str(sum(counts.values())), "counts:models"),
            parts=join(listed, last=" and "),
        )
    ]
    searches = _searches(given)
    if searches:
        number = Number(str(searches), "counts:searches")
        text = "To check optima, other optimisers and starts repeated the search {n} times."
        sentences.append(say(text, n=number))
    return sentences


def _counts(given: ReportInput) -> dict[tuple[str, str], int]:
    run = given.run
    remedies = run.remedies if isinstance(run.remedies, RemedyRecord) else None
    preludes = {record.model for record in run.prelude}
    failed = [name for name in run.failed if name in given.formulas and name not in preludes]
    failed += [fit.model for fit in run.unreliable]
    return {
        ("single-level model", "single-level models"): len(run.prelude),
        ("rung", "rungs"): len(run.fits),
        ("rung that failed", "rungs that failed"): len(failed),
        ("rung as declared, replaced by a remedy", "rungs as declared, replaced by remedies"): sum(
            fit.deviation is not None for fit in run.fits
        ),
        ("alternative to a singular or doubtful rung", "alternatives to singular or doubtful rungs"): (
            0 if remedies is None else remedies.n_models
        ),
    }


def _searches(given: ReportInput) -> int:
    checked = given.run.allfit
    if not isinstance(checked, AllFitRecord):
        return 0
    return sum(refit.status != "not_installed" for rung in checked.rungs for refit in rung.refits)
