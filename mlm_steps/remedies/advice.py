"""Fit each remedy and compare it with the model: test, change of AIC and changes of the coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from mlm_steps.compare.lrt import compare_lrt
from mlm_steps.compare.mixtures import chi_square_tail
from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.variables import ContrastCoding
from mlm_steps.engine import Control, Estimates, Method, MixedFit, evaluate_at, linear_fit
from mlm_steps.errors import ComparisonError, MlmError
from mlm_steps.records.remedies import Alternative, Ending, RungAdvice, Verdict
from mlm_steps.remedies import REMEDIES
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.changes import coefficient_changes
from mlm_steps.remedies.columns import with_columns
from mlm_steps.remedies.diagnosis import diagnose

__all__ = ["Status", "Subject", "advise", "fit_proposal", "proposals", "status_of"]

Status = Literal["singular", "doubtful", "failed", "sound"]


UNTESTED = {"not_nested": "neither model contains the other"}
"""Short texts for the reason codes of comparisons without a test."""
NO_OPTIMUM = "the search for the optimum of {} did not converge"
"""Reason why an alternative is not compared with the model."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A fitted model with the data and settings from which its alternatives are fitted.

    Attributes
    ----------
    name : str
    formula : Formula
    estimates : Estimates
    method : {"REML", "ML"}
        The method whose estimates are reported.
    frame : DataFrame
    weights : str or None
    contrasts : mapping of str to str or ContrastCoding
    control : Control or None
    confidence : float
        An alternative fits clearly worse if its p value is below one minus this.
    """

    name: str
    formula: Formula
    estimates: Estimates
    method: Method
    frame: pd.DataFrame
    weights: str | None = None
    contrasts: Mapping[str, str | ContrastCoding] = field(default_factory=dict)
    control: Control | None = None
    confidence: float = 0.95

    @property
    def fit(self) -> MixedFit:
        """The reported fit."""
        return self.estimates.under(self.method)


def status_of(fit: MixedFit) -> Status:
    """Return the state of a fit."""
    report = fit.convergence
    if report is not None and report.status == "failed":
        return "failed"
    if fit.singular:
        return "singular"
    return "doubtful" if report is not None and report.reasons else "sound"


def advise(
    subject: Subject,
    *,
    status: Status,
    reasons: tuple[str, ...] | None = None,
    applied: str | None = None,
) -> RungAdvice:
    """Return the diagnosis of a fit and its fitted alternatives (statistics, section 12).

    Parameters
    ----------
    subject : Subject
    status : str
        The state of the fit, as ``status_of`` returns it.
    reasons : tuple of str, optional
        The reasons of the verdict on convergence; by default those of the fit.
    applied : str, optional
        The formula of the alternative that replaces the model.
    """
    fit, ml = subject.fit, subject.estimates.under("ML")
    if reasons is None:
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
            _alternative(subject, word, proposal, status, applied=proposal.formula == applied)
            for word, proposal in proposals(subject)
        ),
    )


def proposals(subject: Subject) -> Iterator[tuple[str, Proposal]]:
    """Yield the proposals of all remedies; if two remedies propose the same model, yield it once."""
    case = Case.of(subject.formula, subject.fit, subject.frame)
    seen: set[object] = set()
    for word, remedy in REMEDIES.items():
        for proposal in remedy(case):
            key = _identity(proposal)
            if key not in seen:
                seen.add(key)
                yield word, proposal


def _identity(proposal: Proposal) -> object:
    """Return a key that is equal for two formulas of the same model."""
    formula = parse_formula(proposal.formula)
    bars = frozenset(
        (bar.group.label, bar.effects.intercept, frozenset(bar.effects.labels), bar.correlated)
        for bar in formula.bars
    )
    return frozenset(formula.fixed.labels), bars


def fit_proposal(subject: Subject, proposal: Proposal) -> Estimates:
    """Return the estimates of a proposal with random effects; MlmError if it cannot be estimated."""
    frame = with_columns(subject.frame, proposal.columns)
    design = build_design(proposal.formula, frame, weights=subject.weights, contrasts=dict(subject.contrasts))
    return Estimates(design, control=subject.control)


def _alternative(
    subject: Subject, word: str, proposal: Proposal, status: Status, *, applied: bool
) -> Alternative:
    """Return the record of a proposal, with its comparison with the model if both have an optimum."""
    if proposal.single_level:
        return _record(subject, word, proposal, _without_random_effects(subject), status, applied)
    try:
        there = fit_proposal(subject, proposal)
        fitted = _Fitted.of(there.under(subject.method), there.under("ML"))
    except MlmError as error:
        return Alternative(
            remedy=word,
            formula=proposal.formula,
            what=proposal.what,
            derived=proposal.columns,
            ending="not_estimable",
            reasons=tuple(fault.what for fault in error.faults),
            untested=NO_OPTIMUM.format("the model") if status == "failed" else None,
            verdict="not_estimable",
            applied=applied,
        )
    if "failed" not in (status, fitted.ending):
        fitted = replace(fitted, test=_test(subject, there))
    return _record(subject, word, proposal, fitted, status, applied)


@dataclass(frozen=True, slots=True)
class _Test:
    """The test of an alternative against the model; ``untested`` is the reason if there is none."""

    statistic: float | None = None
    df: int | None = None
    test_method: Method | None = None
    p_naive: float | None = None
    p_boundary: float | None = None
    untested: str | None = None

    @property
    def p(self) -> float | None:
        """The p value at the boundary if it is known, else the naive one."""
        return self.p_naive if self.p_boundary is None else self.p_boundary


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """An alternative by the reported method and by ML, with its number of parameters and its test."""

    fit: MixedFit
    ml: MixedFit
    npar: int
    ending: Ending
    reasons: tuple[str, ...] = ()
    test: _Test = _Test()

    @classmethod
    def of(cls, fit: MixedFit, ml: MixedFit) -> _Fitted:
        """Return an alternative without a test."""
        report = fit.convergence
        if report is None:
            return cls(fit, ml, fit.npar, "failed")
        return cls(fit, ml, fit.npar, report.status, report.reasons)


def _record(
    subject: Subject, word: str, proposal: Proposal, found: _Fitted, status: Status, applied: bool
) -> Alternative:
    """Return the record of an alternative; without a comparison if one of the two has no optimum."""
    compared, test = "failed" not in (status, found.ending), found.test
    if not compared:
        test = _Test(untested=NO_OPTIMUM.format("the model" if status == "failed" else "the alternative"))
    own = subject.estimates.under("ML")
    (aic, bic), (own_aic, own_bic) = _criteria(found.ml, found.npar), _criteria(own, own.npar)
    changes = coefficient_changes(subject.fit, found.fit, proposal.renamed) if compared else ()
    moved = [abs(change.change_se) for change in changes if change.change_se is not None]
    return Alternative(
        remedy=word,
        formula=proposal.formula,
        what=proposal.what,
        derived=proposal.columns,
        ending=found.ending,
        reasons=found.reasons,
        criterion=found.fit.criterion,
        npar=found.npar,
        aic=aic,
        bic=bic,
        delta_aic=aic - own_aic if compared else None,
        delta_bic=bic - own_bic if compared else None,
        statistic=test.statistic,
        df=test.df,
        test_method=test.test_method,
        p_naive=test.p_naive,
        p_boundary=test.p_boundary,
        untested=test.untested,
        max_dbeta_se=max(moved, default=None),
        verdict=_verdict(found.ending, test, round(1 - subject.confidence, 12), compared=compared),
        changes=changes,
        applied=applied,
    )


def _test(subject: Subject, there: Estimates) -> _Test:
    """Return the test of an alternative against the model, or why there is none."""
    names = ("the alternative", subject.name)
    try:
        record = compare_lrt(there, subject.estimates, names=names, method=subject.method)
    except ComparisonError as error:
        return _Test(untested="; ".join(fault.what for fault in error.faults))
    if record.statistic is None:
        return _Test(untested=UNTESTED.get(record.refused or "", record.reason))
    return _Test(record.statistic, record.df, record.criterion, record.p_naive, record.p_boundary)


def _without_random_effects(subject: Subject) -> _Fitted:
    """Return the model without random effects: the same design at theta = 0."""
    design, prepared = subject.fit.design, linear_fit(subject.fit).prepared
    fits = {
        method: evaluate_at(design, np.zeros(design.n_theta), method=method, prepared=prepared)
        for method in ("ML", subject.method)
    }
    fit = fits[subject.method]
    statistic = max(fit.criterion - subject.fit.criterion, 0.0)
    p = chi_square_tail(design.n_theta, statistic)
    one_variance = design.n_theta == 1
    # With one variance: half chi-square 0, half chi-square 1, whose tail at a statistic of 0 is 1.
    p_boundary = (0.5 * p if statistic > 0 else 1.0) if one_variance else None
    test = _Test(statistic, design.n_theta, subject.method, p, p_boundary)
    return _Fitted(fit, fits["ML"], fit.npar - design.n_theta, "converged", test=test)


def _criteria(ml: MixedFit, npar: int) -> tuple[float, float]:
    """Return AIC and BIC."""
    return ml.criterion + 2.0 * npar, ml.criterion + float(np.log(ml.design.n)) * npar


def _verdict(ending: Ending, test: _Test, alpha: float, *, compared: bool) -> Verdict:
    if ending == "failed":
        return "not_converged"
    if ending == "singular":
        return "still_singular"
    if not compared:
        return "converges"
    if test.p is None:
        return "other_model"
    return "clearly_worse" if test.p < alpha else "no_worse"
