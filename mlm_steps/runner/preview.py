"""The closed answers of a spec for the terminal, without a run and without files."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data import Analysis
from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.mixed import fit_mixed
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, SpecError
from mlm_steps.spec import LoadedSpec
from mlm_steps.steps.parts.planned_closed import closed_record
from mlm_steps.steps.run.contrasts import declared_contrasts
from mlm_steps.steps.run.planned_lines import describe_closed
from mlm_steps.steps.validate import check

__all__ = ["closed_text"]


def closed_text(spec: Path, *, allow_outside: bool = False) -> str:
    """Return the closed answers of a spec as text; raise MlmError with all its faults."""
    loaded, analysis = check(spec, allow_outside=allow_outside)
    power = loaded.spec.power
    if power is None:
        raise SpecError(Fault(str(spec), "plans no study", "add the key power; mlm plan writes an example"))
    fit = None if power.truth.from_ is None else _fitted(loaded, analysis, power.truth.from_.rung)
    return describe_closed(closed_record(loaded, fit))


def _fitted(loaded: LoadedSpec, analysis: Analysis | None, name: str) -> MixedFit:
    """Return the fit of the rung that the truth is taken from."""
    if analysis is None:
        raise ValueError("a truth from a rung needs data")
    rung = next(each for each in loaded.spec.rungs if each.name == name)
    contrasts = declared_contrasts(loaded.spec)
    design = build_design(rung.formula, analysis.frame, weights=rung.weights, contrasts=contrasts)
    return fit_mixed(design, method="REML")
