"""Estimate a rung, or reuse the optima of an earlier run if only the tests have changed.

In both cases the tests are computed at the recorded optimum, so that both give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlm_steps.design.build import build_design
from mlm_steps.design.matrices import Design
from mlm_steps.engine import Estimates, LmmFit, Method, MixedFit, evaluate_at
from mlm_steps.engine.criterion.criterion import TracePoint
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import ConvergenceReport
from mlm_steps.engine.result.notices import notices_of
from mlm_steps.records import FitRecord, OptimaRecord, Optimum, read_record
from mlm_steps.remedies.columns import with_columns
from mlm_steps.steps.parts.at_record import at_optimum
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.parts.fit_record import optimum
from mlm_steps.steps.parts.on_singular import Settled, settle
from mlm_steps.steps.run.session import Session

__all__ = ["at_optima", "estimated", "optima_record"]


def estimated(session: Session, model: str) -> Settled:
    """Return the model that is fitted for a rung, at its optima; raise FitError if the fit fails."""
    kept = _kept(session, model)
    if kept is not None:
        return _from_record(session, kept)

    frame, formula = session.sample(), session.plan.formulas[model]
    settings = session.spec.settings[model]
    design = build_design(
        formula,
        frame,
        weights=session.model(model).weights,
        contrasts=session.contrasts,
        response=settings.response,
    )
    estimates = Estimates(design, control=control_of(session.spec.estimation), agq=settings.agq)
    found = settle(session, model, estimates, frame)
    fits = [found.estimates.under(method) for method in found.estimates.methods]
    at = at_optima(found.estimates.design, [optimum(fit) for fit in fits], fits[-1].agq)
    return replace(found, estimates=at)


def optima_record(record: FitRecord, settled: Settled) -> OptimaRecord:
    """Return the part of a rung's record that does not depend on the tests."""
    return OptimaRecord(
        model=record.model,
        formula=record.formula,
        deviation=record.deviation,
        derived=record.derived,
        reml=record.reml,
        ml=record.ml,
        agq=record.agq,
        notices=settled.notices,
    )


def _kept(session: Session, model: str) -> OptimaRecord | None:
    """Return the recorded optima of a rung if their key is current, else None."""
    step, path, ledger = f"fit/{model}", session.layout.optima(model), session.plan.ledger
    if not ledger.holds(step, path) or ledger.steps[step].estimates != session.plan.estimates_key(model):
        return None
    return read_record(OptimaRecord, path)


def _from_record(session: Session, record: OptimaRecord) -> Settled:
    """Return the model of a record, at its optima."""
    frame, formula = session.sample(), session.plan.read(record.formula)
    if record.derived:
        frame = with_columns(frame, record.derived)
    design = build_design(
        formula,
        frame,
        weights=session.model(record.model).weights,
        contrasts=session.contrasts,
        response=session.spec.settings[record.model].response,
    )
    estimates = at_optima(design, record.optima, record.agq)
    return Settled(formula, frame, estimates, record.deviation, record.derived, record.notices)


def at_optima(design: Design, optima: Sequence[Optimum], agq: int) -> Estimates:
    """Return the fits of a design at recorded optima, with the reports on their searches."""
    fits: dict[Method, MixedFit] = {}
    if not design.response.linear:
        for found in optima:
            fits[found.method] = _generalized(design, found, agq)
        return Estimates(design, fits=fits, agq=agq)
    prepared = None
    for found in optima:
        at = evaluate_at(design, np.array(found.theta), method=found.method, prepared=prepared)
        fits[found.method], prepared = _found(at, found), at.prepared
    return Estimates(design, fits=fits)


def _generalized(design: Design, found: Optimum, agq: int) -> MixedFit:
    at = at_optimum(design, found, agq)
    return replace(at, convergence=_report(found)) if isinstance(at, GlmmFit) else at


def _found(fit: LmmFit, optimum: Optimum) -> LmmFit:
    """Return a fit with the report on the search that found its parameters."""
    reported = replace(fit, convergence=_report(optimum))
    return replace(reported, notices=notices_of(reported))


def _report(optimum: Optimum) -> ConvergenceReport:
    """Return the recorded report on a search."""
    end = optimum.convergence
    low, high = end.hessian_eigenvalue_min, end.hessian_eigenvalue_max
    return ConvergenceReport(
        status=end.status,
        optimizer=end.optimizer,
        evaluations=end.evaluations,
        gradient=np.empty(0),
        max_gradient=end.max_gradient,
        hessian=np.empty((0, 0)) if low is None or high is None else np.diag([low, high]),
        reasons=end.reasons,
        trace=tuple(TracePoint(*point) for point in end.trace),
    )
