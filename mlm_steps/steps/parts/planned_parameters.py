"""The assumptions of planned studies: as declared, as parameters of the model, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mlm_steps.power.scenarios import Scenario
from mlm_steps.power.study import Study
from mlm_steps.records.power import PlannedParameter
from mlm_steps.spec.planning.design import FactorSpec, PredictorSpec, VaryingSpec
from mlm_steps.spec.planning.power import PowerSpec

__all__ = ["parameters_of"]

SHARE_OF = {"level-1": "within", "level-2": "between", "product": "product"}
"""The share of the variance that the coefficients of one kind explain."""
OF_ARENDS = {"level-1": "level_1", "level-2": "level_2", "product": "cross"}
"""The standardised effect that determines the coefficients of one kind, with the preset ``arend``."""


def parameters_of(spec: PowerSpec, cells: Sequence[Scenario]) -> Iterator[PlannedParameter]:
    """Yield every assumption; of later cells of the grid those that differ from all before."""
    known: set[tuple[str, str, float | None]] = set()
    for cell in cells:
        for name, declared, raw, source in (*_design(spec, cell), *_truth(spec, cell)):
            if (name, declared, raw) not in known:
                known.add((name, declared, raw))
                yield PlannedParameter(
                    scenario=cell.name, parameter=name, declared=declared, raw=raw, source=source
                )


Row = tuple[str, str, float | None, str | None]


def _design(spec: PowerSpec, cell: Scenario) -> Iterator[Row]:
    study, sources = cell.study, spec.source
    for i, factor in enumerate(study.factors):
        own = spec.design.groups[factor.name]
        words = f"{factor.count}"
        if factor.within:
            words = f"{factor.count} per {factor.within}"
        elif isinstance(own, FactorSpec) and own.each:
            words = f"{factor.count}, {own.each} per level of {study.factors[0].name}"
        total = len(study.source.predictors.layout.labels[factor.name])
        source = _source(sources, factor.name, *(("groups",) if i == 0 else ()))
        yield f"groups: {factor.name}", words, float(total), source
    rows = study.source.predictors.layout.sizes(study.factors[-1].name)
    declared = spec.design.rows
    words = f"mean {rows.mean():g}, CV {declared.cv:g}" if isinstance(declared, VaryingSpec) else ""
    if not words:
        words = f"{rows[0]}" if np.ptp(rows) == 0 else f"{rows.min()} to {rows.max()}"
    yield "rows per group", words, float(rows.mean()), _source(sources, "rows")
    for name, predictor in spec.design.predictors.items():
        yield f"predictor: {name}", _predictor(predictor), None, _source(sources, name)
    for pair in spec.design.correlations:
        names = " and ".join(pair.between)
        raw = study.columns.correlation_of(*pair.between)
        yield f"correlation: {names}", f"{pair.r:g}", raw, _source(sources, *pair.between)
    if spec.design.missing:
        yield "missing rows", f"{spec.design.missing:g}", spec.design.missing, _source(sources, "missing")
    if spec.design.attrition is not None:
        lost = spec.design.attrition
        shares = {"attrition": lost.share} if isinstance(lost.share, float) else {
            f"attrition: {lost.arm} {arm}": share for arm, share in lost.share.items()
        }  # fmt: skip
        for label, share in shares.items():
            yield label, f"{share:g}, shape {lost.shape:g}", share, _source(sources, "attrition")


def _predictor(spec: PredictorSpec) -> str:
    at = "row" if spec.level == "1" else f"level {spec.level}" if spec.level.isdigit() else spec.level
    if spec.kind == "normal":
        share = f", ICC {spec.icc:g}" if spec.icc else ""
        return f"{at}: normal, mean {spec.mean:g}, SD {spec.sd:g}{share}" + (", fixed" if spec.fixed else "")
    if spec.kind == "binary":
        return f"{at}: {spec.binary:g} have {spec.codes[1]:g}, the others {spec.codes[0]:g}"
    if spec.kind == "values":
        return f"{at}: " + ", ".join(f"{value:g}" for value in spec.values)
    return f"{at}: " + ", ".join(f"{level} {share:g}" for level, share in (spec.categories or {}).items())


def _truth(spec: PowerSpec, cell: Scenario) -> Iterator[Row]:
    study, truth = cell.study, cell.study.truth
    general = spec.truth.source
    for column, beta in zip(study.columns.columns, truth.beta, strict=True):
        words, *keys = _declared_effect(spec, cell, column.name, column.kind, float(beta))
        source = _source(spec.source, column.name, *keys) or general
        yield f"coefficient: {column.name}", words, float(beta), source
    for name, value, words, by in _random(spec, cell, study):
        yield name, words, value, _source(spec.source, *by) or general
    words, by = _declared_residual(spec, cell)
    yield "SD: residual", words, truth.sigma, _source(spec.source, *by) or general


def _declared_effect(spec: PowerSpec, cell: Scenario, name: str, kind: str, beta: float) -> list[str]:
    """Return how a coefficient is declared, and the keys that do so."""
    truth = spec.truth
    if name in cell.cell:
        return [f"{cell.cell[name]:g}", name]
    if truth.from_ is not None:
        return [
            f"{truth.from_.set[name]:g}" if name in truth.from_.set else f"rung {truth.from_.rung}",
            "from",
        ]
    if truth.d is not None and name in truth.d:
        return [f"d = {truth.d[name]:g}", "d"]
    if truth.preset == "arend":
        key = OF_ARENDS.get(kind)
        return ["0" if key is None else f"{key} = {_value(spec, cell, key):g}", *([key] if key else [])]
    if truth.preset == "mathieu2012" and name not in (truth.fixed or {}):
        return ["preset mathieu2012"]
    if truth.icc is not None:
        key = SHARE_OF.get(kind)
        return ["0" if key is None else f"r2.{key} = {_value(spec, cell, key):g}", *([key] if key else [])]
    return [f"{beta:g}", "fixed"]


def _value(spec: PowerSpec, cell: Scenario, key: str) -> float:
    """Return a declared number, which the grid may replace."""
    if key in cell.cell:
        return cell.cell[key]
    own = getattr(spec.truth, key, None)
    return float(own if own is not None else getattr(spec.truth.r2, key, 0.0))


def _random(
    spec: PowerSpec, cell: Scenario, study: Study
) -> Iterator[tuple[str, float, str, tuple[str, ...]]]:
    for term, T in zip(study.source.template.random, study.truth.covariances, strict=True):
        for i, name in enumerate(term.names):
            words, keys = _declared_variance(spec, cell, name, term.group, float(T[i, i]))
            yield f"variance: {name}, {term.group}", float(T[i, i]), words, keys
            for j in range(i):
                if T[i, j]:
                    pair = f"covariance: {term.names[j]} and {name}, {term.group}"
                    yield pair, float(T[i, j]), words, keys


def _declared_variance(
    spec: PowerSpec, cell: Scenario, name: str, group: str, value: float
) -> tuple[str, tuple[str, ...]]:
    truth = spec.truth
    if truth.from_ is not None:
        return f"rung {truth.from_.rung}", ("from",)
    if truth.vpc is not None:
        key = group if name == "(Intercept)" else f"{group}:{name}"
        return f"vpc = {truth.vpc.get(key, 0.0):g}", (key, "vpc")
    if truth.random is not None:
        return f"{value:g}", (group, "random")
    if truth.preset == "mathieu2012":
        return "preset mathieu2012", ()
    if truth.preset == "arend":
        key = "icc" if name == "(Intercept)" else "slope_variance"
        return f"{key} = {_value(spec, cell, key):g}", (key,)
    key = "icc" if name == "(Intercept)" else "slope"
    return f"{key if key == 'icc' else 'r2.slope'} = {_value(spec, cell, key):g}", (key,)


def _declared_residual(spec: PowerSpec, cell: Scenario) -> tuple[str, tuple[str, ...]]:
    truth = spec.truth
    if truth.from_ is not None:
        return f"rung {truth.from_.rung}", ("from",)
    if truth.vpc is not None:
        return f"vpc = {truth.vpc.get('residual', 0.0):g}", ("residual", "vpc")
    if truth.preset is not None and truth.sigma is None:
        return f"preset {truth.preset}", ()
    if truth.random is not None or truth.preset is not None:
        return f"{_value(spec, cell, 'sigma'):g}", ("sigma",)
    return f"what remains of {_value(spec, cell, 'total'):g}", ("total",)


def _source(sources: Mapping[str, str], *keys: str) -> str | None:
    return next((sources[key] for key in keys if key in sources), None)
