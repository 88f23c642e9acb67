"""The equations of a rung of the run."""

from __future__ import annotations

from mlm_steps.records import FitRecord
from mlm_steps.report.equations.equation import EquationBlock
from mlm_steps.report.equations.equations import equations, estimated_equation
from mlm_steps.report.inputs import ReportInput

__all__ = ["blocks_of", "estimated_block", "offsets_of"]


def blocks_of(given: ReportInput, fit: FitRecord) -> tuple[EquationBlock, ...]:
    """Return the equations of a rung."""
    return equations(fit, given.run.data_profile, (*offsets_of(given, fit), *_exposure(fit)))


def estimated_block(given: ReportInput, fit: FitRecord) -> EquationBlock:
    """Return the combined equation of a rung with its estimates."""
    offsets = (*offsets_of(given, fit), *_exposure(fit))
    return EquationBlock("With the estimates", (estimated_equation(fit, given.run.data_profile, offsets),))


def offsets_of(given: ReportInput, fit: FitRecord) -> tuple[str, ...]:
    """Return the offsets of a rung as written in its formula."""
    formula = given.formulas.get(fit.model)
    return tuple(str(getattr(offset, "text", offset)) for offset in formula.offsets) if formula else ()


def _exposure(fit: FitRecord) -> tuple[str, ...]:
    return () if fit.exposure is None else (f"log({fit.exposure})",)
