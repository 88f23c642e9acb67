"""Each remedy fitted beside the model it is for: what it costs, and what it does to the coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from mlm_steps.compare.lrt import compare_lrt
from mlm_steps.compare.mixtures import chi_square_tail
from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine import Control, Estimates, LmmFit, Method, evaluate_at
from mlm_steps.errors import ComparisonError, MlmError
from mlm_steps.records.remedies import Alternative, RungAdvice
from mlm_steps.remedies import REMEDIES
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.changes import coefficient_changes
from mlm_steps.remedies.columns import with_columns
from mlm_steps.remedies.diagnosis import diagnose

__all__ = ["Status", "Subject", "advise", "fit_proposal", "proposals", "status_of"]

Status = Literal["singular", "doubtful", "failed", "sound"]


UNTESTED = {"not_nested": "neither model contains the other"}
"""Reasons for which there is no test, in fewer words than a comparison of two rungs needs."""
TEST = ("statistic", "df", "test_method", "p_naive", "p_boundary")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A model as it was fitted.

    Attributes
    ----------
    name : str
    formula : Formula
    estimates : Estimates
    method : {"REML", "ML"}
        By which estimates are reported.
    frame : DataFrame
    weights : str or None
    contrasts : mapping of str to str
    control : Control or None
    confidence : float
        A test is clear where its p value is below one minus this.
    """

    name: str
    formula: Formula
    estimates: Estimates
    method: Method
    frame: pd.DataFrame
    weights: str | None = None
    contrasts: Mapping[str, str] = field(default_factory=dict)
    control: Control | None = None
    confidence: float = 0.95

    @property
    def fit(self) -> LmmFit:
        """The reported fit."""
        return self.estimates.under(self.method)


def status_of(fit: LmmFit) -> Status:
    """Return what is the matter with a fit."""
    report = fit.convergence
    if report is not None and report.status == "failed":
        return "failed"
    if fit.singular:
        return "singular"
    return "doubtful" if report is not None and report.reasons else "sound"


def advise(subject: Subject, *, status: Status) -> RungAdvice:
    """Return the diagnosis of a fit and its alternatives, each fitted (statistics, section 12).

    Parameters
    ----------
    subject : Subject
    status : str
        What is the matter with it.
    """
    fit, ml = subject.fit, subject.estimates.under("ML")
    reasons = fit.convergence.reasons if fit.convergence is not None else ()
    aic, bic = _criteria(ml, ml.npar)
    return RungAdvice(
        model=subject.name,
        formula=subject.formula.text,
        method=subject.method,
        status=status,
        reasons=reasons,
        criterion=fit.criterion,
        npar=fit.npar,
        aic=aic,
        bic=bic,
        terms=() if status == "failed" else diagnose(fit),
        alternatives=tuple(
            _uncompared(found, status) if "failed" in (status, found.ending) else found
            for found in (_alternative(subject, word, proposal) for word, proposal in proposals(subject))
        ),
    )


def _uncompared(found: Alternative, status: Status) -> Alternative:
    """Return an alternative without what compares it with the model, as one of the two has no optimum."""
    blank = dict.fromkeys(("delta_aic", "delta_bic", *TEST, "max_dbeta_se"))
    verdict = "converges" if found.ending == "converged" else found.verdict
    whose = "the model" if status == "failed" else "the alternative"
    why = f"the search for the optimum of {whose} did not converge"
    return found.model_copy(update={**blank, "untested": why, "changes": (), "verdict": verdict})


def proposals(subject: Subject) -> Iterator[tuple[str, Proposal]]:
    """Yield what each remedy proposes, each formula once."""
    case = Case.of(subject.formula, subject.fit, subject.frame)
    seen: set[object] = set()
    for word, remedy in REMEDIES.items():
        for proposal in remedy(case):
            key = _identity(proposal)
            if key not in seen:
                seen.add(key)
                yield word, proposal


def _identity(proposal: Proposal) -> object:
    """Return what makes two proposals the same model, however they are written."""
    formula = parse_formula(proposal.formula)
    bars = frozenset(
        (bar.group.label, bar.effects.intercept, frozenset(bar.effects.labels), bar.correlated)
        for bar in formula.bars
    )
    return frozenset(formula.fixed.labels), bars


def fit_proposal(subject: Subject, proposal: Proposal) -> Estimates:
    """Return the estimates of a proposal that keeps random effects; MlmError if there are none."""
    frame = with_columns(subject.frame, proposal.columns)
    design = build_design(proposal.formula, frame, weights=subject.weights, contrasts=dict(subject.contrasts))
    return Estimates(design, control=subject.control)


def _alternative(subject: Subject, word: str, proposal: Proposal) -> Alternative:
    if proposal.single_level:
        return _single_level(subject, word, proposal)
    blank = Alternative(
        remedy=word,
        formula=proposal.formula,
        what=proposal.what,
        derived=proposal.columns,
        ending="not_estimable",
        verdict="not_estimable",
    )
    try:
        there = fit_proposal(subject, proposal)
        fit = there.under(subject.method)
    except MlmError as error:
        return blank.model_copy(update={"reasons": tuple(fault.what for fault in error.faults)})
    report = fit.convergence
    found = blank.model_copy(
        update={
            "ending": "failed" if report is None else report.status,
            "reasons": () if report is None else report.reasons,
            **_test(subject, there),
            **_numbers(subject, fit, there.under("ML"), fit.npar),
            **_changes(subject, fit, proposal),
        }
    )
    return found.model_copy(update={"verdict": _verdict(found, round(1 - subject.confidence, 12))})


def _test(subject: Subject, there: Estimates) -> dict[str, object]:
    """Return the test of an alternative against the model, or why there is none."""
    names = ("the alternative", subject.name)
    try:
        record = compare_lrt(there, subject.estimates, names=names, method=subject.method)
    except ComparisonError as error:
        return {"untested": "; ".join(fault.what for fault in error.faults)}
    if record.statistic is None:
        return {"untested": UNTESTED.get(record.refused or "", record.reason)}
    return {
        "statistic": record.statistic,
        "df": record.df,
        "test_method": record.criterion,
        "p_naive": record.p_naive,
        "p_boundary": record.p_boundary,
    }


def _single_level(subject: Subject, word: str, proposal: Proposal) -> Alternative:
    """Return the model without random effects: the same design at theta = 0."""
    design = subject.fit.design
    fits = {
        method: evaluate_at(design, np.zeros(design.n_theta), method=method, prepared=subject.fit.prepared)
        for method in ("ML", subject.method)
    }
    fit, ml = fits[subject.method], fits["ML"]
    npar = fit.npar - design.n_theta
    statistic = max(fit.criterion - subject.fit.criterion, 0.0)
    p = chi_square_tail(design.n_theta, statistic)
    one_variance = design.n_theta == 1
    found = Alternative(
        remedy=word,
        formula=proposal.formula,
        what=proposal.what,
        ending="converged",
        statistic=statistic,
        df=design.n_theta,
        test_method=subject.method,
        p_naive=p,
        # Half chi-square 0, half chi-square 1: all of it lies at or above a statistic of 0.
        p_boundary=(0.5 * p if statistic > 0 else 1.0) if one_variance else None,
        verdict="no_worse",
    ).model_copy(update={**_numbers(subject, fit, ml, npar), **_changes(subject, fit, proposal)})
    return found.model_copy(update={"verdict": _verdict(found, round(1 - subject.confidence, 12))})


def _numbers(subject: Subject, fit: LmmFit, ml: LmmFit, npar: int) -> dict[str, object]:
    aic, bic = _criteria(ml, npar)
    own = subject.estimates.under("ML")
    own_aic, own_bic = _criteria(own, own.npar)
    return {
        "criterion": fit.criterion,
        "npar": npar,
        "aic": aic,
        "bic": bic,
        "delta_aic": aic - own_aic,
        "delta_bic": bic - own_bic,
    }


def _criteria(ml: LmmFit, npar: int) -> tuple[float, float]:
    return ml.criterion + 2.0 * npar, ml.criterion + float(np.log(ml.design.n)) * npar


def _changes(subject: Subject, fit: LmmFit, proposal: Proposal) -> dict[str, object]:
    changes = coefficient_changes(subject.fit, fit, proposal.renamed)
    moved = [abs(change.change_se) for change in changes if change.change_se is not None]
    return {"changes": changes, "max_dbeta_se": max(moved, default=None)}


def _verdict(found: Alternative, alpha: float) -> str:
    if found.ending == "failed":
        return "not_converged"
    if found.ending == "singular":
        return "still_singular"
    if found.p is None:
        return "other_model"
    return "clearly_worse" if found.p < alpha else "no_worse"
