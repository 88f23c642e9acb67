"""Compute what ignoring the clusters would have cost, and the fits of the clusters alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlm_steps.clusters.cost import MixedModel, cluster_cost
from mlm_steps.clusters.factors import Clusters, all_factors, default_clusters
from mlm_steps.clusters.separate import separate_level_1_fits
from mlm_steps.design.build import build_design
from mlm_steps.engine import LmmFit, linear_fit
from mlm_steps.errors import MlmError
from mlm_steps.inference import CoefficientTests
from mlm_steps.records import FitRecord
from mlm_steps.records.cost import ClusterCost, CostRecord
from mlm_steps.steps.parts.at_record import analysis_frame, estimates_at_record
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session

__all__ = ["cost"]

STEP = "cost"


def cost(session: Session) -> None:
    """Write the record of the headline rung and of the models of the prelude.

    One step serves all models, since each takes milliseconds.
    """
    with session.recorded(STEP) as recorder:
        found = [session.usable(rung.name) for rung in session.spec.rungs]
        final = session.headline([record for record in found if isinstance(record, FitRecord)])
        if final is None:
            record = CostRecord(reason="no rung was fitted")
        else:
            prelude = [model.name for model in session.spec.prelude]
            parts = Parts(session, recorder, STEP, CostRecord)
            record = parts.whole(final.model, prelude, partial(_record, session, final))
        for each in record.costs:
            session.say(f"{each.model}: {len(each.rows)} coefficients, {each.n_clusters} {each.cluster}")
        recorder.write(record, session.layout.output(STEP))


def _record(session: Session, final: FitRecord) -> CostRecord:
    if not final.linear:
        reason = f"least squares does not estimate the coefficients of the family {final.family}"
        return CostRecord(reason=reason)
    fit = linear_fit(estimates_at_record(session, final, methods=(final.method,)).under(final.method))
    clusters = default_clusters(fit)
    factors, confidence = all_factors(fit, clusters), session.spec.estimation.confidence
    rung = cluster_cost(
        fit.design,
        clusters,
        model=final.model,
        confidence=confidence,
        factors=factors,
        mixed=MixedModel(fit, _tests(final)),
    )
    return CostRecord(
        costs=(rung, *_of_prelude(session, fit, factors if rung.moulton_code is None else (clusters,))),
        separate=separate_level_1_fits(fit.design, clusters, model=final.model),
    )


def _tests(record: FitRecord) -> CoefficientTests:
    """Return the tests of a rung's coefficients as its record has them."""
    rows = [row for row in record.coefficients if not row.dropped]

    def values(name: str, missing: float = np.nan) -> NDArray[np.float64]:
        found = [getattr(row, name) for row in rows]
        return np.array([missing if value is None else value for value in found], dtype=np.float64)

    return CoefficientTests(
        estimate=values("estimate"),
        se=values("se"),
        df=values("df", np.inf),
        t=values("statistic"),
        p=values("p"),
        ci_low=values("ci_low"),
        ci_high=values("ci_high"),
    )


def _of_prelude(session: Session, fit: LmmFit, factors: Sequence[Clusters]) -> Iterator[ClusterCost]:
    """Yield the cost of each model of the prelude whose rows are all rows of the rung."""
    frame = analysis_frame(session)
    places = np.full(len(frame), -1, dtype=np.intp)
    places[fit.design.rows] = np.arange(fit.design.n)
    for model in session.spec.prelude:
        try:
            design = build_design(
                session.plan.formulas[model.name],
                frame,
                weights=model.weights,
                contrasts=session.contrasts,
                mixed=False,
            )
            own = places[design.rows]
            if (own >= 0).all():
                clusters = [_at(factor, own) for factor in factors]
                yield cluster_cost(
                    design,
                    clusters[0],
                    model=model.name,
                    confidence=session.spec.estimation.confidence,
                    factors=clusters,
                    df_method=session.spec.estimation.df,
                )
        except MlmError:
            continue  # its own step reports it


def _at(factor: Clusters, rows: NDArray[np.intp]) -> Clusters:
    """Return a grouping factor on some rows, without levels that have none."""
    used, refs = np.unique(factor.refs[rows], return_inverse=True)
    levels = tuple(factor.levels[level] for level in used)
    return Clusters(factor.name, refs.astype(np.intp), levels, factor.reason)
