"""Compute the criterion of every fit again, from its record and the data, at the recorded parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.design.formula import parse_formula
from mlm_steps.design.matrices import Design
from mlm_steps.design.one_name import shared_names, with_shared_names
from mlm_steps.engine import MixedFit, evaluate_at
from mlm_steps.engine.fit.generalized import evaluate_generalized, fit_generalized
from mlm_steps.engine.fit.ols import fit_ols
from mlm_steps.errors import MlmError, printable
from mlm_steps.records import FitRecord, OlsRecord, Optimum
from mlm_steps.records.failure import Absence, read_outcome
from mlm_steps.remedies.columns import with_columns
from mlm_steps.spec import PipelineSpec
from mlm_steps.steps.run.contrasts import declared_contrasts
from mlm_steps.verify.findings import Finding
from mlm_steps.verify.recorded import RecordedRun

__all__ = ["ABSOLUTE", "IN_STANDARD_ERRORS", "RELATIVE", "check_fits"]

ABSOLUTE = 1e-6
"""Largest difference of a criterion from the recorded one, besides `RELATIVE`.

Another machine rounds sums in another order, which changes the criterion by about 1e-9. Changing one cell of
the data in its fourth digit changes it by more than 1e-5.
"""
RELATIVE = 1e-10
"""Largest difference of a criterion relative to its size, for the rounding of sums over very many rows."""
IN_STANDARD_ERRORS = 1e-5
"""Largest difference of a coefficient from the recorded one, in units of its standard error."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What the designs of all models need."""

    spec: PipelineSpec
    frame: pd.DataFrame

    def design(self, record: FitRecord | OlsRecord) -> Design:
        names = shared_names(parse_formula(rung.formula) for rung in self.spec.rungs)
        formula = with_shared_names(parse_formula(record.formula), names)
        mixed = isinstance(record, FitRecord)
        response = record.response if isinstance(record, FitRecord) else self.spec.response_of(record.model)
        frame = with_columns(self.frame, record.derived) if isinstance(record, FitRecord) else self.frame
        return build_design(
            formula,
            frame,
            weights=record.weights,
            contrasts=declared_contrasts(self.spec),
            mixed=mixed,
            response=response,
        )


def check_fits(run: RecordedRun, frame: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for each criterion and the coefficients of each model.

    Parameters
    ----------
    run : RecordedRun
        With its spec.
    frame : DataFrame
        The analysis sample.
    """
    if run.spec is None:
        raise ValueError("the designs need the spec")
    context = _Context(run.spec, frame)
    for step, entry in run.steps.items():
        kind, _, model = step.partition("/")
        heads = [
            run.layout.out / name for name in entry.outputs if name == f"{_FOLDERS.get(kind)}/{model}.json"
        ]
        for path in heads:
            if path.is_file():
                yield from _check(context, kind, model, path)


_FOLDERS = {"fit": "fits", "prelude": "prelude"}


def _check(context: _Context, kind: str, model: str, path: Path) -> Iterator[Finding]:
    name = printable(model)
    try:
        record: FitRecord | OlsRecord | Absence = (
            read_outcome(FitRecord, path) if kind == "fit" else read_outcome(OlsRecord, path)
        )
    except MlmError:
        yield Finding("record_invalid", name, "differs", f"its record {path.name} cannot be read")
        return
    if isinstance(record, Absence):
        yield Finding("not_fitted", name, "remark", f"was not fitted: {printable(record.reason)}")
        return
    try:
        yield from _mixed(context, record) if isinstance(record, FitRecord) else _single(context, record)
    except (MlmError, ValueError, KeyError, np.linalg.LinAlgError) as error:
        what = f"cannot be computed from these data: {printable(_first_line(error))}"
        yield Finding("criterion_differs", name, "differs", what)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _mixed(context: _Context, record: FitRecord) -> Iterator[Finding]:
    """Yield the comparison of each optimum of a rung."""
    design = context.design(record)
    if design.n != record.n:
        what = f"the data give {design.n} rows, the record has {record.n}"
        yield Finding("criterion_differs", record.model, "differs", what)
        return
    for found in record.optima:
        yield _criterion(record, found, _at(design, found, record.agq))


def _at(design: Design, found: Optimum, agq: int) -> MixedFit:
    """Return the model at a recorded optimum.

    Nothing can be computed at the infinite coefficients of separated outcomes: the model is fitted again.
    """
    if design.response.linear:
        return evaluate_at(design, np.array(found.theta), method=found.method)
    if not np.isfinite(found.beta).all():
        return fit_generalized(design, agq=agq)
    others = [] if found.phi is None else [math.log(found.phi)]
    return evaluate_generalized(design, np.array([*found.theta, *found.beta, *others]), agq)


def _criterion(record: FitRecord, found: Optimum, at: MixedFit) -> Finding:
    """Return whether criterion, coefficients and residual standard deviation agree with the record."""
    name = f"{record.model} ({found.method})"
    word = "REML criterion" if found.method == "REML" else "deviance"
    difference = at.criterion - found.criterion
    details: dict[str, object] = {"recorded": found.criterion, "computed": at.criterion}
    if not abs(difference) <= ABSOLUTE + RELATIVE * abs(found.criterion):
        what = f"the {word} is {found.criterion:.6f} in the record and {at.criterion:.6f} from the data"
        return Finding("criterion_differs", name, "differs", what, details)
    wrong = _coefficients(record, found, at) if record.linear else None
    if wrong is not None:
        return Finding("estimates_differ", name, "differs", wrong, details)
    return Finding("criterion", name, "agrees", details=details)


def _coefficients(record: FitRecord, found: Optimum, at: MixedFit) -> str | None:
    """Return in words which coefficient differs most from the record; None if none does."""
    if len(at.beta) != len(found.beta):
        return f"the data give {len(at.beta)} coefficients, the record has {len(found.beta)}"
    apart = np.abs(at.beta - np.array(found.beta)) / np.array(found.se)
    spread = np.abs(at.se / np.array(found.se) - 1)
    worst = np.fmax(apart, spread)
    if not len(worst) or not np.nanmax(worst) > IN_STANDARD_ERRORS:
        return None
    i = int(np.nanargmax(worst))
    return (
        f"{printable(record.columns[i])} is {found.beta[i]:.6g} (SE {found.se[i]:.4g}) in the record and "
        f"{at.beta[i]:.6g} (SE {at.se[i]:.4g}) from the data"
    )


def _single(context: _Context, record: OlsRecord) -> Iterator[Finding]:
    """Yield the comparison of a model without random effects."""
    design = context.design(record)
    found, computed = -2 * record.loglik, -2 * fit_ols(design, {}).loglik
    details: dict[str, object] = {"recorded": found, "computed": computed}
    if design.n != record.n or not abs(computed - found) <= ABSOLUTE + RELATIVE * abs(found):
        what = f"the deviance is {found:.6f} in the record and {computed:.6f} from the data"
        yield Finding("criterion_differs", record.model, "differs", what, details)
        return
    yield Finding("criterion", record.model, "agrees", details=details)
