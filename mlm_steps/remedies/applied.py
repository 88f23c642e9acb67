"""Find the first of several remedies whose fit converges and is not singular."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mlm_steps.engine import Estimates
from mlm_steps.errors import MlmError
from mlm_steps.records.remedies import Trial
from mlm_steps.remedies import REMEDIES
from mlm_steps.remedies.advice import Subject, fit_proposal
from mlm_steps.remedies.base import Case, Proposal

__all__ = ["Applied", "first_that_holds"]

Outcome = Literal["applied", "does_not_apply", "singular", "failed", "not_estimable", "single_level"]


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """The remedies that were tried, and the remedy that is applied.

    Attributes
    ----------
    trials : tuple of Trial
        All tried remedies, in order.
    proposal : Proposal or None
        The proposal that is applied; None if none converged without being singular.
    estimates : Estimates or None
        The fits of the proposal.
    """

    trials: tuple[Trial, ...]
    proposal: Proposal | None = None
    estimates: Estimates | None = None


def first_that_holds(subject: Subject, words: Sequence[str]) -> Applied:
    """Return the first remedy whose fit converges and is not singular.

    If several formulas of the remedy do, the one with the smallest criterion is applied.
    """
    case = Case.of(subject.formula, subject.fit, subject.frame)
    trials: list[Trial] = []
    for word in words:
        found = [(proposal, *_attempt(subject, proposal)) for proposal in REMEDIES[word](case)]
        holding = [(p, e) for p, outcome, e in found if outcome == "applied" and e is not None]
        best = min(holding, key=lambda each: each[1].under(subject.method).criterion, default=None)
        others = [
            Trial(remedy=word, formula=p.formula, outcome=outcome)
            for p, outcome, _ in found
            if outcome != "applied"
        ]
        trials += others
        if not found:
            trials.append(Trial(remedy=word, formula=None, outcome="does_not_apply"))
        if best is not None:
            trials.append(Trial(remedy=word, formula=best[0].formula, outcome="applied"))
            return Applied(tuple(trials), *best)
    return Applied(tuple(trials))


def _attempt(subject: Subject, proposal: Proposal) -> tuple[Outcome, Estimates | None]:
    """Return the outcome of fitting a proposal; ``applied`` if it converged and is not singular."""
    if proposal.single_level:
        return "single_level", None
    try:
        estimates = fit_proposal(subject, proposal)
        fit = estimates.under(subject.method)
    except MlmError:
        return "not_estimable", None
    status = "failed" if fit.convergence is None else fit.convergence.status
    return ("applied" if status == "converged" else status), estimates
