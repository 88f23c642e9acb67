"""Fit variants of the final rung and compare their coefficients with those of the rung."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from mlm_steps.records import FitRecord
from mlm_steps.records.failure import Absence
from mlm_steps.records.influence import FactorInfluence, InfluenceRecord
from mlm_steps.records.sensitivity import SensitivityRecord, Variation
from mlm_steps.sensitivity import Baseline
from mlm_steps.sensitivity.base import Distances
from mlm_steps.sensitivity.examine import examine
from mlm_steps.steps.parts.at_record import analysis_frame, estimates_at_record
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.parts.wanted import contrasted_columns
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session

__all__ = ["sensitivity"]

INFLUENCE = "influence"


def sensitivity(session: Session, kind: str) -> None:
    """Write the record of one kind of variants of the headline rung."""
    step = f"sensitivity/{kind}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        found = [session.usable(rung.name) for rung in session.spec.rungs]
        fits = [record for record in found if isinstance(record, FitRecord)]
        headline = session.headline(fits)
        if headline is None:
            session.pass_on(next(each for each in found if isinstance(each, Absence)), step, path, recorder)
            return
        parts = Parts(session, recorder, step, SensitivityRecord)
        # Kinds of variants that do not read the distances may run before them.
        reads = _is_current(session, step)
        distances = session.plan.ledger.part_key(INFLUENCE, headline.model) if reads else None
        make = partial(_examined, session, headline, kind, with_distances=reads)
        record = parts.whole(headline.model, [], make, distances)
        session.say(f"{kind} of {record.model}", *(_line(each) for each in record.variations))
        session.say(*([record.note] if record.note else []))
        recorder.write(record, path)


def _is_current(session: Session, step: str) -> bool:
    """Return whether a step reads the distances of the step ``influence``, and these are current."""
    plan = session.plan
    return INFLUENCE in plan.step(step).needs and plan.step(INFLUENCE).current


def _examined(session: Session, headline: FitRecord, kind: str, *, with_distances: bool) -> SensitivityRecord:
    distances = _distances(session, headline.model) if with_distances else {}
    baseline = replace(baseline_of(session, headline), distances=distances)
    return examine(baseline, kind, contrasted_columns(session.spec, baseline.fit.design))


def baseline_of(session: Session, record: FitRecord) -> Baseline:
    """Return a rung at the parameters of its record, with the data from which its variants are fitted."""
    estimates = estimates_at_record(session, record, methods=(record.method,))
    fit = estimates.under(record.method)
    return Baseline(
        name=record.model,
        formula=session.plan.read(record.formula),
        fit=fit,
        sample=analysis_frame(session).iloc[fit.design.rows],
        df_method=session.spec.settings[record.model].df,
        confidence=record.confidence,
        weights=record.weights,
        contrasts=session.contrasts,
        control=control_of(session.spec.estimation),
        variable_levels={**session.plan.levels, **{c.name: c.level for c in record.derived}},
    )


def _distances(session: Session, model: str) -> dict[str, Distances]:
    """Return Cook's distances of a rung that the step ``influence`` has found."""
    found = session.outcome(InfluenceRecord, INFLUENCE)
    models = found.models if isinstance(found, InfluenceRecord) else ()
    factors = (factor for each in models if each.model == model for factor in each.factors)
    return {factor.grouping_factor: _known(factor) for factor in factors if _is_whole(factor)}


def _is_whole(factor: FactorInfluence) -> bool:
    """Return whether the distances of all levels are recorded, or the reason why one has none."""
    missing = sum(value is None for value in factor.cook)
    return factor.code is None and len(factor.cook) == factor.n_levels and missing == len(factor.reasons)


def _known(factor: FactorInfluence) -> Distances:
    cook = [np.nan if value is None else value for value in factor.cook]
    return Distances(np.array(cook, dtype=np.float64), factor.approximate)


def _line(variation: Variation) -> str:
    changed = [each.column for each in variation.coefficients if each.changed]
    told = f"; conclusion changes for {', '.join(changed)}" if changed else ""
    return f"  {variation.name}: {variation.text}: {variation.ending}{told}"
