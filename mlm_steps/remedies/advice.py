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
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.engine import Control, Estimates, Method, MixedFit, evaluate_at, linear_fit
from mlm_steps.engine.fit.mixed import criterion_without_groups
from mlm_steps.engine.result import information
from mlm_steps.engine.result.information import BicSize
from mlm_steps.engine.result.mixed_fit import slope_correlation
from mlm_steps.errors import ComparisonError, MlmError
from mlm_steps.records.remedies import Alternative, Ending, RungAdvice, Verdict
from mlm_steps.remedies import REMEDIES
from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.changes import coefficient_changes
from mlm_steps.remedies.columns import with_columns
from mlm_steps.remedies.diagnosis import diagnose
from mlm_steps.remedies.distribution import DISTRIBUTION

__all__ = ["Status", "Subject", "advise", "fit_proposal", "proposals", "status_of"]

Status = Literal["singular", "doubtful", "failed", "sound"]


UNTESTED = {"not_nested": "neither model contains the other"}
"""Short texts for the reason codes of comparisons without a test."""
MORE_EXACT = "the criteria differ: one is computed more exactly"
OTHER_ROWS = "the two are fitted to different rows"
"""Reasons why two fits have no test and no difference of information criteria."""
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
    bic_n : {"rows", "groups"}
        What n counts in BIC.
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
    bic_n: BicSize = "rows"

    @property
    def fit(self) -> MixedFit:
        """The reported fit."""
        return self.estimates.under(self.method)

    @property
    def alpha(self) -> float:
        """Level of the tests; rounded, so that p = .05 is not below .05 for an interval of 95 %."""
        return round(1 - self.confidence, 12)


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
    aic, bic = _criteria(subject, ml, ml.npar)
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
    linear, singular = subject.fit.design.response.linear, status_of(subject.fit) != "sound"
    seen: set[object] = set()
    remedies = {**(REMEDIES if linear or singular else {}), **({} if linear else DISTRIBUTION)}
    for word, remedy in remedies.items():
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
    changed = proposal.response, proposal.agq, proposal.without, proposal.columns
    return frozenset(formula.fixed.labels), bars, changed if not proposal.renamed else None


def fit_proposal(subject: Subject, proposal: Proposal) -> Estimates:
    """Return the estimates of a proposal with random effects; MlmError if it cannot be estimated."""
    frame = with_columns(subject.frame, proposal.columns)
    if proposal.without is not None:
        column, level = proposal.without
        frame = frame[(frame[column].astype(str) != level).to_numpy()]
    design = build_design(
        proposal.formula,
        frame,
        weights=subject.weights,
        contrasts=dict(subject.contrasts),
        response=proposal.response or subject.estimates.design.response,
    )
    agq = subject.fit.agq if proposal.agq is None else proposal.agq
    several = len({term.group for term in design.random}) > 1
    return Estimates(design, control=subject.control, agq=1 if several else agq)


def _alternative(
    subject: Subject, word: str, proposal: Proposal, status: Status, *, applied: bool
) -> Alternative:
    """Return the record of a proposal, with its comparison with the model if both have an optimum."""
    if proposal.single_level:
        if not subject.fit.design.response.linear:
            return _single_level(subject, word, proposal, status, applied=applied)
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
        fitted = replace(fitted, test=_test(subject, there, proposal))
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
    (aic, bic), (own_aic, own_bic) = (
        _criteria(subject, found.ml, found.npar),
        _criteria(subject, own, own.npar),
    )
    changes = coefficient_changes(subject.fit, found.fit, proposal.renamed) if compared else ()
    same = compared and proposal.agq is None and proposal.without is None
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
        delta_aic=aic - own_aic if same else None,
        delta_deviance=found.ml.criterion - own.criterion if same else None,
        delta_npar=found.npar - own.npar if same else None,
        delta_bic=bic - own_bic if same else None,
        statistic=test.statistic,
        df=test.df,
        test_method=test.test_method,
        p_naive=test.p_naive,
        p_boundary=test.p_boundary,
        untested=test.untested,
        max_dbeta_se=max(moved, default=None),
        verdict=_verdict(proposal, found.ending, test, subject.alpha, compared=compared),
        correlation=slope_correlation(subject.fit),
        correlation_there=slope_correlation(found.fit),
        changes=changes,
        applied=applied,
    )


def _test(subject: Subject, there: Estimates, proposal: Proposal) -> _Test:
    """Return the test of an alternative against the model, or why there is none."""
    if proposal.agq is not None:
        return _Test(untested=MORE_EXACT)
    if proposal.without is not None:
        return _Test(untested=OTHER_ROWS)
    names, pair = ("the alternative", subject.name), (there, subject.estimates)
    if proposal.larger:
        names, pair = names[::-1], pair[::-1]
    try:
        record = compare_lrt(*pair, names=names, method=subject.method)
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


def _criteria(subject: Subject, ml: MixedFit, npar: int) -> tuple[float, float]:
    """Return AIC and BIC."""
    return ml.criterion + 2.0 * npar, information.bic(ml.criterion, npar, ml.design, subject.bic_n)


def _verdict(proposal: Proposal, ending: Ending, test: _Test, alpha: float, *, compared: bool) -> Verdict:
    if ending == "failed":
        return "not_converged"
    if ending == "singular":
        return "still_singular"
    if not compared:
        return "converges"
    if test.p is None:
        exact: Verdict = "more_exact" if proposal.agq is not None else "other_model"
        return "other_rows" if proposal.without is not None else exact
    if proposal.larger:
        return "clearly_better" if test.p < alpha else "no_better"
    return "clearly_worse" if test.p < alpha else "no_worse"


def _single_level(
    subject: Subject, word: str, proposal: Proposal, status: Status, *, applied: bool
) -> Alternative:
    """Return the record of a generalized model without random effects, by its deviance alone."""
    own, m = subject.estimates.under("ML"), subject.fit.design.n_theta
    deviance, npar = criterion_without_groups(subject.fit.design, "ML"), subject.fit.npar - m
    aic = deviance + 2.0 * npar
    bic = information.bic(deviance, npar, subject.fit.design, subject.bic_n)
    own_aic, own_bic = _criteria(subject, own, own.npar)
    compared = status != "failed"
    test = _random_part_test(deviance, own.criterion, m) if compared else _Test()
    return Alternative(
        remedy=word,
        formula=proposal.formula,
        what=proposal.what,
        ending="converged",
        criterion=deviance,
        npar=npar,
        aic=aic,
        bic=bic,
        delta_aic=aic - own_aic if compared else None,
        delta_bic=bic - own_bic if compared else None,
        statistic=test.statistic,
        df=test.df,
        test_method=test.test_method,
        p_naive=test.p_naive,
        p_boundary=test.p_boundary,
        untested=None if compared else NO_OPTIMUM.format("the model"),
        verdict=_verdict(proposal, "converged", test, subject.alpha, compared=compared),
        applied=applied,
    )


def _random_part_test(without: float, criterion: float, m: int) -> _Test:
    """Return the test of all m parameters of the random part."""
    statistic = max(without - criterion, 0.0)
    p = chi_square_tail(m, statistic)
    # With one variance: half chi-square 0, half chi-square 1, whose tail at a statistic of 0 is 1.
    p_boundary = (0.5 * p if statistic > 0 else 1.0) if m == 1 else None
    return _Test(statistic, m, "ML", p, p_boundary)
