"""Apply the remedies of ``on_singular`` to a rung whose fit is singular."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlm_steps.design import Formula, parse_formula
from mlm_steps.engine import Estimates
from mlm_steps.records import Notice
from mlm_steps.records.remedies import DerivedColumn, Deviation, Trial
from mlm_steps.remedies.advice import Subject
from mlm_steps.remedies.applied import first_that_holds
from mlm_steps.remedies.columns import with_columns
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.run.session import Session

__all__ = ["OUTCOME_WORDS", "Settled", "settle", "subject_of"]

OUTCOME_WORDS = {
    "applied": "holds",
    "does_not_apply": "does not apply",
    "singular": "singular too",
    "failed": "did not converge",
    "not_estimable": "cannot be estimated",
    "single_level": "leaves no random effect",
}


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The model that is fitted for a rung: the declared one, or that of a remedy.

    Attributes
    ----------
    formula : Formula
    frame : DataFrame
        The sample with the columns that the formula needs.
    estimates : Estimates
    deviation : Deviation or None
        None if it is the declared model.
    derived : tuple of DerivedColumn
    notices : tuple of Notice
        The remedy that was applied, or a notice that no remedy helped.
    """

    formula: Formula
    frame: pd.DataFrame
    estimates: Estimates
    deviation: Deviation | None = None
    derived: tuple[DerivedColumn, ...] = ()
    notices: tuple[Notice, ...] = ()


def settle(session: Session, model: str, estimates: Estimates, frame: pd.DataFrame) -> Settled:
    """Return the fitted model of a rung: the declared formula, or the first acceptable remedy."""
    declared = session.plan.formulas[model]
    words = session.spec.remedies
    if not words or not estimates.under(session.spec.estimation.method).singular:
        return Settled(declared, frame, estimates)

    found = first_that_holds(subject_of(session, model, estimates, frame), words)
    if found.proposal is None or found.estimates is None:
        return Settled(declared, frame, estimates, notices=(_none_holds(model, found.trials),))
    proposal = found.proposal
    derived = tuple(_with_level(session, column) for column in proposal.columns)
    deviation = Deviation(
        declared=declared.text, remedy=found.trials[-1].remedy, what=proposal.what, trials=found.trials
    )
    return Settled(
        parse_formula(proposal.formula),
        with_columns(frame, derived),
        found.estimates,
        deviation,
        derived,
        (_applied(model, deviation, proposal.formula),),
    )


def subject_of(session: Session, model: str, estimates: Estimates, frame: pd.DataFrame) -> Subject:
    """Return a rung with its declared formula and the values that advice on it needs."""
    estimation = session.spec.estimation
    return Subject(
        name=model,
        formula=session.plan.formulas[model],
        estimates=estimates,
        method=estimation.method if estimates.design.response.linear else "ML",
        frame=frame,
        weights=session.model(model).weights,
        contrasts=session.contrasts,
        control=control_of(estimation),
        confidence=estimation.confidence,
        bic_n=estimation.bic_n,
    )


def _with_level(session: Session, column: DerivedColumn) -> DerivedColumn:
    """Return a column with its level; a group mean has the level of its grouping factor."""
    if column.kind == "center" or not column.within:
        return column
    depth = min(session.profile.ranks.get(":".join(column.within), 2), 3)
    return column.with_values(level="3" if depth == 3 else "2")


def _applied(model: str, deviation: Deviation, formula: str) -> Notice:
    text = (
        f"The declared model {deviation.declared} is singular; as on_singular asks, {formula} was fitted in "
        f"its place ({deviation.remedy}: {deviation.what})."
    )
    return Notice(code="remedy_applied", severity="warning", text=text, model=model, subject="formula")


def _none_holds(model: str, trials: tuple[Trial, ...]) -> Notice:
    tried = "; ".join(
        f"{trial.remedy} {f'({trial.formula}) ' if trial.formula else ''}{OUTCOME_WORDS[trial.outcome]}"
        for trial in trials
    )
    text = f"The fit is singular and no remedy of on_singular holds: {tried}. The rung stays as declared."
    return Notice(code="no_remedy_holds", severity="warning", text=text, model=model, subject="formula")
