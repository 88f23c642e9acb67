"""How many models a run fitted, how their searches ended, and which replaced the declared ones."""

from __future__ import annotations

from mlm_steps.records import AllFitRecord, FitRecord, RemedyRecord
from mlm_steps.records.sensitivity import SensitivityRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.text import Code, Number, Phrase, join, say
from mlm_steps.report.titles import section_link

__all__ = ["count_sentences", "deviation_sentence", "status_words"]

OUTCOMES = {
    "applied": "holds",
    "does_not_apply": "does not apply",
    "singular": "is singular too",
    "failed": "did not converge",
    "not_estimable": "cannot be estimated",
    "single_level": "has no random effect",
}


def count_sentences(given: ReportInput) -> list[Phrase]:
    """Return the number of models by their purpose, and the number of searches by other optimisers."""
    counts = _counts(given)
    listed: list[Phrase] = [
        (Number(str(n), f"counts:{one}"), " ", one if n == 1 else many)
        for (one, many), n in counts.items()
        if n
    ]
    sentences = [
        say(
            "This run fitted {n} models: {parts}. {methods}",
            n=Number(str(sum(counts.values())), "counts:models"),
            parts=join(listed, last=" and "),
            methods=_methods(given),
        )
    ]
    searches = _searches(given)
    if searches:
        number = Number(str(searches), "counts:searches")
        text = "The search was repeated {n} times with other optimisers and starts to check the optima."
        sentences.append(say(text, n=number))
    return sentences


def _methods(given: ReportInput) -> str:
    """Return by which criteria the models with random effects are fitted."""
    kinds = {fit.linear for fit in given.run.fits}
    if kinds == {False}:
        return "Models with random effects are fitted by ML."
    if kinds == {True, False}:
        return "Linear models with random effects are fitted by REML and by ML, models with a family by ML."
    return "Models with random effects are fitted by REML and by ML."


def _counts(given: ReportInput) -> dict[tuple[str, str], int]:
    run = given.run
    remedies = run.result(RemedyRecord, "remedies")
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
            remedies.n_models if isinstance(remedies, RemedyRecord) else 0
        ),
        ("variant for the sensitivity analysis", "variants for the sensitivity analysis"): sum(
            record.n_models for record in run.results_of(SensitivityRecord, "sensitivity")
        ),
    }


def _searches(given: ReportInput) -> int:
    checked = given.run.result(AllFitRecord, "allfit")
    if not isinstance(checked, AllFitRecord):
        return 0
    return sum(refit.status != "not_installed" for rung in checked.rungs for refit in rung.refits)


def status_words(fit: FitRecord) -> str:
    """Return how the search of a fit ended, in a sentence."""
    status = fit.reported.convergence.status
    return {
        "converged": "The fit converged.",
        "singular": "The fit converged to a singular covariance matrix of the random effects.",
        "failed": "The search did not converge: no estimate, test or comparison of this rung is reported.",
    }[status]


def deviation_sentence(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return which formula replaced the declared one, and which others were tried before."""
    found = fit.deviation
    if found is None:
        return ()
    before = [
        (Code(t.remedy), *((" (", Code(t.formula), ")") if t.formula else ()), " ", OUTCOMES[t.outcome])
        for t in found.trials[:-1]
    ]
    return say(
        "{model}: the declared formula {declared} gives a singular fit. As requested by on_singular, "
        "{fitted} was fitted instead ({remedy}: {what}){before}. All results of this rung are those of the "
        "fitted formula; see {link} for the declared one.",
        model=given.names.model(fit.model),
        declared=Code(found.declared),
        fitted=Code(fit.formula),
        remedy=Code(found.remedy),
        what=given.names.notice(found.what),
        before=("; tried first: ", *join(before)) if before else None,
        link=section_link("remedies"),
    )
