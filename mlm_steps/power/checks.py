"""Faults of a planned study that are known before anything is simulated (statistics, section 16)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.engine.fit.mixed import check_mixed_design
from mlm_steps.errors import Fault, FitError
from mlm_steps.power.study import Study

__all__ = ["design_faults"]


def design_faults(study: Study) -> Iterator[Fault]:
    """Yield the faults of a design from which the effects cannot be estimated."""
    if study.too_small is not None:
        yield study.too_small
        return
    design = study.source.template
    for name in design.dropped:
        what = f"the coefficient of '{name}' cannot be estimated: the other columns determine it"
        yield Fault("design", what, "a predictor must vary, and at its level, among more groups or rows")
    try:
        check_mixed_design(design)
    except FitError as error:
        yield from (Fault("design", fault.what, fault.hint) for fault in error.faults)
