"""Find how much single groups and rows move the estimates of the rungs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from mlm_steps.diagnose.parts.influence import Tested, influence_of
from mlm_steps.records import FitRecord
from mlm_steps.records.influence import InfluenceRecord, ModelInfluence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session

__all__ = ["influence"]

STEP = "influence"


def influence(session: Session) -> None:
    """Write the record of the headline rung, or with ``diagnostics: all`` of all rungs."""
    with session.recorded(STEP) as recorder:
        fits = [session.usable(rung.name) for rung in session.spec.rungs]
        found = [record for record in fits if isinstance(record, FitRecord)]
        everything = session.spec.diagnostics == "all"
        headline = session.headline(found)
        wanted = [record for record in found if everything or record is headline]
        parts = Parts(session, recorder, STEP, ModelInfluence)
        models = tuple(parts.of_rung(each.model, partial(_model, session, each)) for each in wanted)
        for each in models:
            session.say(*_lines(each))
        recorder.write(InfluenceRecord(models=models), session.layout.output(STEP))


def _model(session: Session, record: FitRecord) -> ModelInfluence:
    fit = estimates_at_record(session, record, methods=(record.method,)).under(record.method)
    everything = session.spec.diagnostics == "all"
    return influence_of(record.model, fit, _tested(record), "all" if everything else "quick")


def _tested(record: FitRecord) -> Tested:
    rows = [row for row in record.coefficients if not row.dropped]
    df, se, p = (
        np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        for values in ([r.df for r in rows], [r.se for r in rows], [r.p for r in rows])
    )
    method = rows[0].df_method if rows else "z"
    return Tested(method, np.where(np.isnan(df), np.inf, df), se, p, record.alpha)


def _lines(found: ModelInfluence) -> Iterator[str]:
    for factor in found.factors:
        head = f"{found.model}, groups of {factor.grouping_factor}"
        if factor.code is not None:
            yield f"{head}: {factor.code}"
            continue
        way = "one step each" if factor.approximate else "refitted without each"
        yield f"{head}: {way}; {factor.above} of {factor.n_levels} above {factor.cook_line:.3g}"
        for place in factor.most[:3]:
            yield f"  {factor.levels[place]}: Cook's distance {factor.cook[place]:.4f}"
        yield from (f"  without {level}: {reason}" for level, reason in factor.reasons.items())
