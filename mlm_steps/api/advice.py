"""Alternatives to a singular or doubtful fit."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.design import parse_formula
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.remedies import Alternative, RungAdvice
from mlm_steps.remedies.advice import Subject, advise, status_of

__all__ = ["Advice", "advise_on"]

COLUMNS = ("remedy", "formula", "ending", "statistic", "df", "p", "delta_aic", "max_dbeta_se", "verdict")
VERDICTS = {
    "converges": "converges",
    "no_worse": "converges and does not clearly fit worse",
    "clearly_worse": "converges and fits clearly worse",
    "clearly_better": "converges and fits clearly better",
    "no_better": "converges and does not clearly fit better",
    "more_exact": "converges; computed more exactly, compare the coefficients",
    "other_rows": "converges; fitted to fewer rows",
    "other_model": "converges; another model, compare AIC",
    "still_singular": "singular too",
    "not_converged": "did not converge",
    "not_estimable": "cannot be estimated",
}
KEEP = "To keep the model and say that it is singular is an answer too."


@dataclass(frozen=True, slots=True, eq=False)
class Advice(Shown):
    """The reasons why a fit is singular, and its fitted alternatives; ``print`` shows both.

    Attributes
    ----------
    record : RungAdvice
        All numbers of the diagnosis and the alternatives.
    """

    record: RungAdvice

    @property
    def table(self) -> pd.DataFrame:
        """One row per alternative: its test against the fit, the change in AIC, the largest change in SE."""
        rows = [[getattr(other, name) for name in COLUMNS] for other in self.record.alternatives]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row per alternative and coefficient: estimates, standard errors and their changes."""
        rows = [
            {"remedy": other.remedy, "formula": other.formula, **change.model_dump()}
            for other in self.record.alternatives
            for change in other.changes
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        record = self.record
        lines = [f"{record.formula}: {record.status}"]
        lines += [term.text for term in record.terms]
        lines += [f"{reason}." for reason in record.reasons]
        for other in record.alternatives:
            lines += ["", f"{other.remedy}: {other.formula}", f"  {_test(other)}{VERDICTS[other.verdict]}"]
            lines += [f"  {change}" for change in _changes(other)]
            lines += [f"  {reason}" for reason in other.reasons]
        return "\n".join([*lines, "", KEEP])


def advise_on(state: FitState) -> Advice:
    """Return why the fit is singular or doubtful, and its alternatives, fitted to the same data.

    If the fit is neither, the alternatives show the effect of removing parts of its random effects.
    """
    origin = state.origin
    if origin is None:
        raise UsageError(Fault("advice", "this fit is at given parameters", "ask the fit it came from"))
    formula = parse_formula(state.fit.design.formula)
    subject = Subject(
        name=state.fit.design.formula,
        formula=formula,
        estimates=state.estimates,
        method=state.method,
        frame=origin.data,
        weights=state.weights,
        contrasts=origin.contrasts,
        control=origin.control,
        confidence=state.confidence,
    )
    return Advice(advise(subject, status=status_of(state.fit)))


def _test(other: Alternative) -> str:
    parts = []
    if other.statistic is not None and other.p is not None:
        parts.append(f"Chisq {other.statistic:.4f}, df {other.df}, p {other.p:.4g}")
    if other.delta_aic is not None:
        parts.append(f"AIC {other.delta_aic:+.2f}")
    return f"{', '.join(parts)}: " if parts else ""


def _changes(other: Alternative) -> list[str]:
    width = max((len(c.column or c.column_there or "") for c in other.changes), default=0)
    lines = []
    for change in other.changes:
        name = change.column or change.column_there or ""
        here = "" if change.estimate is None else f"{change.estimate:10.4f} ({change.se:.4f})"
        there = (
            "gone"
            if change.estimate_there is None
            else f"{change.estimate_there:10.4f} ({change.se_there:.4f})"
        )
        moved = "" if change.change_se is None else f"  {change.change_se:+.2f} SE"
        lines.append(f"{name:{width}} {here:>20} -> {there:>20}{moved}")
    return lines
