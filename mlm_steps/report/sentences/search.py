"""How the search for the estimates of a rung ended, and by which criteria that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlm_steps.records import FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import number_text
from mlm_steps.report.sentences.fits import status_words
from mlm_steps.report.text.facts import fit_number
from mlm_steps.report.text.notation import fixed
from mlm_steps.report.text.text import Number, Phrase, say, source

__all__ = ["search_phrase", "tolerance_sentence"]

GRADIENT_DECIMALS = 9
"""Number of decimals of gradients, beyond the limit of plain notation, so that they have a power of ten."""


def search_phrase(fit: FitRecord) -> Phrase:
    """Return the status of a rung, its criterion, and the effort of the search."""
    convergence = fit.reported.convergence
    reasons = "; ".join(convergence.reasons)
    return say(
        "{status} {criterion_name} {criterion}; optimiser {optimizer}, {evaluations} evaluations, largest "
        "free gradient {gradient}.{reasons}",
        status=status_words(fit),
        criterion_name=f"{fit.method} criterion" if fit.linear else "Deviance",
        criterion=fit_number(fit, "d_reml" if fit.method == "REML" else "d_ml", fit.reported.criterion, 4),
        optimizer=convergence.optimizer,
        evaluations=fit_number(fit, "evaluations", convergence.evaluations),
        gradient=Number(
            fixed(convergence.max_gradient, GRADIENT_DECIMALS), source("fit", fit.model, "max_gradient")
        ),
        reasons=f" {reasons[:1].upper()}{reasons[1:]}." if reasons else None,
    )


def tolerance_sentence(given: ReportInput) -> Phrase | None:
    """Return the criteria of convergence and singularity; None if they are not known."""
    control = given.provenance.get("estimation")
    if not isinstance(control, Mapping):
        return None
    if given.run.fits and not any(fit.linear for fit in given.run.fits):
        return say(
            "A search fails after {most} evaluations. A fit has converged if a Newton step from its end "
            "would lower the deviance by less than {decrement}, and the Hessian is positive definite. It is "
            "singular if a diagonal element of a covariance factor is below {singular}.",
            most=_setting(control, "max_evaluations"),
            decrement="5 × 10⁻⁷",
            singular=_setting(control, "singular_below"),
        )
    return say(
        "A search stops when the relative change of the criterion is below {tolerance}, and fails after "
        "{most} evaluations. A fit has converged if the scaled gradient is at most {gradient} and the "
        "Hessian has no negative eigenvalue. It is singular if a diagonal element of a relative covariance "
        "factor is below {singular}.",
        tolerance=_setting(control, "tolerance"),
        most=_setting(control, "max_evaluations"),
        gradient=_setting(control, "largest_gradient"),
        singular=_setting(control, "singular_below"),
    )


def _setting(control: Mapping[str, Any], name: str) -> Number:
    return Number(number_text(float(control[name])), source("provenance", "run", "estimation", name))
