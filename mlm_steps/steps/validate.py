"""Check the spec, the data and the design of each model; report all faults at once and write nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data import Analysis
from mlm_steps.data.assemble import assemble
from mlm_steps.design.build import build_design
from mlm_steps.design.formula import place_as_written
from mlm_steps.design.matrices import Design
from mlm_steps.design.outermost import outermost
from mlm_steps.design.predictors import Predictors
from mlm_steps.engine.result.mixed_checks import check_mixed_design, require_quadrature
from mlm_steps.engine.search.optional import NEEDS, installed
from mlm_steps.errors import Fault, FitError, FormulaError, MlmError, SpecError
from mlm_steps.spec import ComparedModel, LoadedSpec, NamedModel, PipelineSpec, inspect_spec
from mlm_steps.steps.parts.declared_faults import declared_faults
from mlm_steps.steps.parts.effect_faults import effect_faults
from mlm_steps.steps.parts.uses import model_uses
from mlm_steps.steps.run.contrasts import declared_contrasts
from mlm_steps.steps.run.kept import check_formula

__all__ = ["check", "check_designs", "check_with_data", "prepare_analysis"]


def check(spec: Path, *, allow_outside: bool = False) -> tuple[LoadedSpec, Analysis | None]:
    """Return the spec and the analysis sample; raise MlmError with all faults of spec, data and designs.

    A spec of planned studies alone has no sample.
    """
    loaded, faults = inspect_spec(spec, allow_outside=allow_outside, check_formula=check_formula)
    if loaded is None:
        raise SpecError(*faults)
    faults = (*faults, *_missing_extra(loaded), *_planned_faults(loaded))
    if loaded.spec.planned_alone:
        if faults:
            raise SpecError(*_in_file_order(faults))
        return loaded, None
    try:
        analysis = prepare_analysis(loaded)
    except MlmError as error:
        raise SpecError(*_in_file_order((*faults, *error.faults))) from None
    if not faults:  # variants with a fault of syntax, or a file that must not be read, cannot be made
        faults = _variant_faults(loaded)
    if faults:
        raise SpecError(*_in_file_order(faults))
    return loaded, analysis


def check_with_data(spec: Path, *, allow_outside: bool = False) -> tuple[LoadedSpec, Analysis]:
    """Return the spec and the analysis sample; raise MlmError also for a spec without data."""
    loaded, analysis = check(spec, allow_outside=allow_outside)
    if analysis is None:
        raise SpecError(Fault(str(spec), "has planned studies alone, and no data"))
    return loaded, analysis


def _planned_faults(loaded: LoadedSpec) -> tuple[Fault, ...]:
    """Return the faults of planned studies; the code of planning is loaded for a spec that has them."""
    if loaded.spec.power is None:
        return ()
    found: tuple[Fault, ...] = import_module("mlm_steps.steps.parts.planned").check_planned(loaded)
    return found


def _variant_faults(loaded: LoadedSpec) -> tuple[Fault, ...]:
    """Return the faults of variants; their code is loaded for a spec that has them."""
    if loaded.spec.vary is None:
        return ()
    found: tuple[Fault, ...] = import_module("mlm_steps.steps.parts.variant_faults").check_variants(loaded)
    return found


def _expected_faults(loaded: LoadedSpec, designs: Mapping[str, Design]) -> tuple[Fault, ...]:
    """Return the faults of expectations; their code is loaded for a spec that has them."""
    if not loaded.spec.expect:
        return ()
    return tuple(import_module("mlm_steps.steps.parts.expected").expected_faults(loaded, designs))


def _missing_extra(loaded: LoadedSpec) -> Iterator[Fault]:
    """Yield a fault if the optimiser that the spec asks for is not installed."""
    chosen = loaded.spec.estimation.optimizer
    if not installed(chosen):
        what = f"{chosen} needs the package {NEEDS[chosen]}, which is not installed"
        yield Fault(loaded.source.where("estimation", "optimizer"), what, f"pip install {NEEDS[chosen]}")


def _in_file_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return each fault once, in order of line and column; faults without a place come last."""

    def place(fault: Fault) -> tuple[int, int]:
        found = re.search(r":(\d+):(\d+)", fault.where)
        return (int(found[1]), int(found[2])) if found else (sys.maxsize, 0)

    return sorted(dict.fromkeys(faults), key=place)


def prepare_analysis(loaded: LoadedSpec) -> Analysis:
    """Return the analysis sample of a spec if all designs are valid; raise MlmError with all faults."""
    analysis = assemble(loaded, model_uses(loaded.spec))
    check_designs(loaded, analysis.frame, analysis.rows)
    return analysis


def check_designs(loaded: LoadedSpec, frame: pd.DataFrame, rows: NDArray[np.intp]) -> None:
    """Raise MlmError if models cannot be fitted to the analysis sample, with each fault at its place.

    ``rows`` are the rows of the file from which those of the frame come, for messages.
    """
    faults: list[Fault] = []
    contrasts = declared_contrasts(loaded.spec)
    rungs: dict[str, Predictors] = {}
    readable = {use.name for use in model_uses(loaded.spec)}
    for keys, model in _places(loaded.spec):
        if model.name not in readable:
            continue
        try:
            settings = loaded.spec.settings.get(model.name)
            design = build_design(
                model.formula,
                frame,
                weights=model.weights,
                contrasts=contrasts,
                mixed=settings is not None,
                response=loaded.spec.response_of(model.name),
                file_rows=rows,
            )
            if settings is not None:
                check_mixed_design(replace(design, rows=rows[design.rows]))
                require_quadrature(design, settings.agq)
                rungs[model.name] = Predictors(design, frame)
                faults += _undrawable(loaded, design, model.name)
        except MlmError as error:
            faults += [_located(loaded, keys, model, error, fault) for fault in error.faults]
    if len(rungs) == len(loaded.spec.rungs):
        faults += effect_faults(loaded, rungs, frame)
        designs = {name: each.design for name, each in rungs.items()}
        faults += declared_faults(loaded, designs)
        faults += _expected_faults(loaded, designs)
    if faults:
        raise SpecError(*faults)


def _places(spec: PipelineSpec) -> Iterator[tuple[tuple[str | int, ...], NamedModel | ComparedModel]]:
    """Yield all models with the places of their formulas."""
    for block, models in (("prelude", spec.prelude), ("ladder", spec.rungs)):
        for index, model in enumerate(models):
            yield (block, index, "formula"), model
    for compared in spec.compared_models:
        yield ("compare", compared.position, "smaller"), compared


def _undrawable(loaded: LoadedSpec, design: Design, name: str) -> list[Fault]:
    """Return the fault of a rung whose groups the declared bootstrap cannot draw."""
    spec, where = loaded.spec, loaded.source.where("bootstrap", "kind")
    if not spec.intervals.kinds("bootstrap"):
        return []
    if spec.bootstrap.kind == "residual" and not design.response.linear:
        what = f"rung '{name}': the outcomes of a {design.response.family} model have no residuals to draw"
        return [Fault(where, what, "choose parametric or cases")]
    if spec.bootstrap.kind != "cases":
        return []
    try:
        outermost(design)
    except FitError as error:
        return [Fault(where, f"rung '{name}': {fault.what}", fault.hint) for fault in error.faults]
    return []


def _located(
    loaded: LoadedSpec,
    keys: tuple[str | int, ...],
    model: NamedModel | ComparedModel,
    error: MlmError,
    fault: Fault,
) -> Fault:
    offset = error.offset if isinstance(error, FormulaError) else fault.offset
    if offset is not None:
        offset = place_as_written(model.formula, offset)
    where = loaded.source.where(*keys, offset=offset)
    if fault.key is not None:
        own = getattr(model, fault.key, None) is not None
        where = loaded.source.where(*(keys[:-1] if own else ("estimation",)), fault.key)
    return Fault(f"{where}: {fault.where}" if fault.where else where, fault.what, fault.hint, fault.excerpt)
