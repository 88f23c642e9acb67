"""Return the analysis sample of the rungs, and the estimates of a rung at the parameters of its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.design.matrices import Design
from mlm_steps.engine import Estimates, LmmFit, Method, evaluate_at
from mlm_steps.engine.fit.generalized import evaluate_generalized
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.records import FitRecord, Optimum
from mlm_steps.remedies.columns import with_columns
from mlm_steps.steps.run.kept import state_of
from mlm_steps.steps.run.session import Session

__all__ = ["analysis_frame", "at_optimum", "estimates_at_record", "keep_estimates"]

MOST_ROWS = 100_000
"""Sum of the numbers of rows of the rungs whose estimates are kept: each row takes about .3 kB, and the peak
memory of every step includes it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """The estimates of a rung, and what they depend on."""

    basis: tuple[object, ...]
    design: Design
    fits: Mapping[Method, LmmFit | GlmmFit]


_kept: dict[Path, _Kept] = {}
"""By the file of the rung's record; filled by the pool of a run, inherited by its forks."""


def analysis_frame(session: Session) -> pd.DataFrame:
    """Return the analysis sample with all columns that rungs use, including those made by remedies."""
    return with_columns(session.sample(), session.derived)


def estimates_at_record(
    session: Session, record: FitRecord, *, methods: Sequence[Method] = ("REML", "ML")
) -> Estimates:
    """Return a rung's estimates at the parameters of its record, without optimisation."""
    wanted = methods if record.linear else ("ML",)
    kept = _kept.get(session.layout.output(f"fit/{record.model}"))
    if kept is not None and kept.basis == _basis(session, record):
        return Estimates(kept.design, fits={method: kept.fits[method] for method in wanted}, agq=record.agq)
    design, fits = _evaluated(session, record, wanted)
    return Estimates(design, fits=fits, agq=record.agq)


def keep_estimates(session: Session, model: str) -> None:
    """Keep the estimates of a linear rung for the forks of this process, unless they need much memory.

    Up to eight steps of a run need the estimates of each rung.
    """
    record = session.fit_record(model)
    rows = sum(each.design.n for each in _kept.values())
    if isinstance(record, FitRecord) and record.linear and rows + record.n <= MOST_ROWS:
        found = _evaluated(session, record, ("REML", "ML"))
        _kept[session.layout.output(f"fit/{model}")] = _Kept(_basis(session, record), *found)


def _basis(session: Session, record: FitRecord) -> tuple[object, ...]:
    """Return everything that the estimates of a record depend on."""
    spec = session.spec
    formulas = [rung.formula for rung in spec.rungs]  # the names of grouping factors are those of the first
    return (record, session.derived, formulas, spec.data.columns, state_of(session.layout.analysis))


def _evaluated(
    session: Session, record: FitRecord, methods: Sequence[Method]
) -> tuple[Design, Mapping[Method, LmmFit | GlmmFit]]:
    data = with_columns(analysis_frame(session), record.derived)
    formula = session.plan.read(record.formula)
    design = build_design(
        formula, data, weights=record.weights, contrasts=session.contrasts, response=record.response
    )
    optima = [optimum for optimum in record.optima if optimum.method in methods]
    return design, {found.method: at_optimum(design, found, record.agq) for found in optima}


def at_optimum(design: Design, found: Optimum, agq: int) -> LmmFit | GlmmFit:
    """Return the fit of a design at a recorded optimum, without the report on its search.

    The parameters are those of the record to the last bit, so that a step that reads them finds the same
    numbers whether the rung has just been fitted or not.
    """
    if design.response.linear:
        return evaluate_at(design, np.array(found.theta), method=found.method)
    others = [] if found.phi is None else [np.log(found.phi)]
    at = evaluate_generalized(design, np.array([*found.theta, *found.beta, *others]), agq)
    return replace(
        at,
        theta=np.array(found.theta),
        beta=np.array(found.beta),
        phi=found.phi,
        vcov_internal=None if found.vcov_internal is None else np.array(found.vcov_internal),
        vcov=np.array(found.vcov).reshape(design.p, design.p),
        deviance=found.criterion,
        notices=found.notices,
    )
