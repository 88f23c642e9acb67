"""Fit and compare the ladder of one variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.compare import COMPARISONS, Simulations
from mlm_steps.data.assemble import ReadData, assemble
from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.hlm import VariableRank
from mlm_steps.design.matrices import Design
from mlm_steps.design.one_name import shared_names, with_shared_names
from mlm_steps.engine import Estimates
from mlm_steps.engine.fit.single_level import SingleLevelEstimates
from mlm_steps.engine.result.mixed_checks import check_mixed_design, require_quadrature
from mlm_steps.errors import MlmError
from mlm_steps.records import ComparisonRecord, Optimum
from mlm_steps.records.fit import unfinished
from mlm_steps.records.variants import VariantRung
from mlm_steps.spec import ComparedModel, LoadedSpec, ModelSpec, PairSpec, PipelineSpec
from mlm_steps.spec.prelude import PreludeSpec
from mlm_steps.steps.parts.at_record import at_optimum
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.parts.estimates import at_optima
from mlm_steps.steps.parts.fit_record import optimum
from mlm_steps.steps.parts.fixed_part import fixed_part
from mlm_steps.steps.parts.uses import model_uses
from mlm_steps.steps.run.contrasts import declared_contrasts
from mlm_steps.steps.run.levels import variable_levels

__all__ = ["VariantFits", "fit_variant", "reason_of"]

FAILURES = (MlmError, np.linalg.LinAlgError, FloatingPointError)
"""What ends the fit of one rung or one comparison of a variant, and becomes the reason in its row."""


@dataclass(frozen=True, slots=True)
class VariantFits:
    """The rungs and the comparisons of a variant."""

    rungs: tuple[VariantRung, ...]
    comparisons: tuple[ComparisonRecord, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """A rung with its optima, from which comparisons start."""

    design: Design
    optima: tuple[Optimum, ...]
    agq: int

    def again(self) -> Estimates:
        """Return the fits at the optima, as a comparison of the whole run reads them from a record."""
        fits = {each.method: at_optimum(self.design, each, self.agq) for each in self.optima}
        return Estimates(self.design, fits=fits, agq=self.agq)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """The analysis sample of a variant, and what its designs need."""

    spec: PipelineSpec
    frame: pd.DataFrame
    rows: NDArray[np.intp]
    levels: Mapping[str, VariableRank]
    formulas: Mapping[str, Formula]


def fit_variant(loaded: LoadedSpec, read: ReadData) -> VariantFits:
    """Return the fitted ladder of a variant; a rung that fails has its reason.

    Numbers are those of a run of the variant's spec, except that no remedy of ``on_singular`` is applied and
    no comparison is bootstrapped.

    Raises
    ------
    MlmError
        The variant has no sample.
    """
    analysis = assemble(loaded, model_uses(loaded.spec), read)
    spec = loaded.spec
    names = shared_names(parse_formula(rung.formula) for rung in spec.rungs)
    sample = _Sample(
        spec,
        analysis.frame,
        analysis.rows,
        variable_levels(analysis.profile, spec.declared_levels),
        {model.name: with_shared_names(parse_formula(model.formula), names) for model in spec.models},
    )
    rungs, fitted = [], {}
    for rung in spec.rungs:
        try:
            done, fitted[rung.name] = _fit(sample, rung)
        except FAILURES as error:
            done = VariantRung(
                model=rung.name, formula=rung.formula, status="failed", reason=reason_of(error)
            )
        rungs.append(done)
    return VariantFits(tuple(rungs), tuple(_compare(sample, fitted, pair) for pair in spec.pairs))


def reason_of(error: BaseException) -> str:
    """Return why a fit failed in one line, without places in the spec: the row names the variant."""
    if isinstance(error, MlmError):
        return "; ".join(dict.fromkeys(fault.what for fault in error.faults))
    return f"{type(error).__name__}: {error}"


def _fit(sample: _Sample, rung: ModelSpec) -> tuple[VariantRung, _Fitted]:
    spec, settings = sample.spec, sample.spec.settings[rung.name]
    design = _design(sample, rung)
    check_mixed_design(replace(design, rows=sample.rows[design.rows]))
    require_quadrature(design, settings.agq)
    estimates = Estimates(design, control=control_of(spec.estimation), agq=settings.agq)
    fits = [estimates.under(method) for method in estimates.methods]
    fitted = _Fitted(design, tuple(optimum(fit) for fit in fits), fits[-1].agq)
    reported = at_optima(design, fitted.optima, fitted.agq).under(settings.method)
    own = next((each for each in fitted.optima if each.method == reported.method), fitted.optima[-1])
    reason = unfinished((own,))
    kept = fixed_part(reported, settings.df, spec.estimation.confidence, sample.levels).coefficients
    done = VariantRung(
        model=rung.name,
        formula=rung.formula,
        status="failed" if reason is not None else "singular" if own.singular else "converged",
        reason=reason,
        df_method=settings.df,
        n=design.n,
        groups={term.group: len(term.levels) for term in design.random},
        coefficients=kept if reason is None else (),
    )
    return done, fitted


def _design(sample: _Sample, model: ModelSpec | PreludeSpec | ComparedModel, *, mixed: bool = True) -> Design:
    return build_design(
        sample.formulas[model.name],
        sample.frame,
        weights=model.weights,
        contrasts=declared_contrasts(sample.spec),
        mixed=mixed,
        response=sample.spec.response_of(model.name),
    )


def _compare(sample: _Sample, fitted: Mapping[str, _Fitted], pair: PairSpec) -> ComparisonRecord:
    spec, names = sample.spec, (pair.smaller, pair.larger)
    rungs = {rung.name for rung in spec.rungs}
    missing = [name for name in names if name in rungs and name not in fitted]
    doubts = [(name, unfinished(fitted[name].optima)) for name in names if name in fitted]
    reasons = [f"'{name}' failed" for name in missing] + [f"'{name}': {why}" for name, why in doubts if why]
    if reasons:
        return _refused(pair, reasons[0])
    try:
        smaller: Estimates | SingleLevelEstimates
        if pair.smaller in rungs:
            smaller = fitted[pair.smaller].again()
        else:
            model = next(each for each in spec.models if each.name == pair.smaller)
            smaller = SingleLevelEstimates(_design(sample, model, mixed=False))
        larger = fitted[pair.larger].again()
        method = larger.under(spec.estimation.method).method
        asked = Simulations(spec.seed, spec.tests.rlrt, "never")
        return COMPARISONS["lrt"](smaller, larger, names=names, method=method, asked=asked)
    except FAILURES as error:
        return _refused(pair, reason_of(error))


def _refused(pair: PairSpec, reason: str) -> ComparisonRecord:
    return ComparisonRecord(smaller=pair.smaller, larger=pair.larger, refused="fit_failed", reason=reason)
