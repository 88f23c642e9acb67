"""The estimates of the two models of a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, Method
from mlm_steps.engine.fit.single_level import SingleLevelEstimates
from mlm_steps.records import FitRecord
from mlm_steps.steps.parts.at_record import analysis_frame, estimates_at_record
from mlm_steps.steps.run.session import Session

__all__ = ["estimates_of_smaller"]


def estimates_of_smaller(
    session: Session, name: str, fit: FitRecord | None, *, methods: Sequence[Method] = ("REML", "ML")
) -> Estimates | SingleLevelEstimates:
    """Return the smaller model: a rung at its record, or a model without random effects, which is fitted.

    Raises
    ------
    DesignError
        If the formula of a model without random effects does not fit the data.
    """
    if fit is not None:
        return estimates_at_record(session, fit, methods=methods)
    design = build_design(
        session.plan.formulas[name],
        analysis_frame(session),
        weights=session.model(name).weights,
        contrasts=session.contrasts,
        mixed=False,
        response=session.spec.response_of(name),
    )
    return SingleLevelEstimates(design)
