"""From the block ``power`` of a spec to the studies that it declares: one per cell of its grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.power.declared.columns import ModelColumns
from mlm_steps.power.declared.predictors import Derivation, Predictor
from mlm_steps.power.declared.sizes import Factor, Varying
from mlm_steps.power.declared.source import Missing, PerArm
from mlm_steps.power.declared.standardized import mean_differences, variance_shares
from mlm_steps.power.declared.truths import Shares, arend_schaefer, by_source, raw
from mlm_steps.power.presets import MATHIEU_FIXED, MATHIEU_VARIANCES
from mlm_steps.power.study import Study
from mlm_steps.power.truth import Truth
from mlm_steps.spec.planning.design import (
    MOST_LEVELS,
    FactorSpec,
    PlanDeriveSpec,
    PlanDesignSpec,
    PredictorSpec,
    VaryingSpec,
)
from mlm_steps.spec.planning.power import SHARE_NAMES, TRUTH_NAMES, PowerSpec
from mlm_steps.spec.planning.truth import TruthSpec

if TYPE_CHECKING:
    from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["Scenario", "scenarios"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One cell of the grid.

    Attributes
    ----------
    name : str
        The values that differ between the cells, ``groups=30, icc=0.1``; ``design`` without a grid.
    cell : mapping of str to float
        These values.
    study : Study
    """

    name: str
    cell: Mapping[str, float]
    study: Study


def scenarios(spec: PowerSpec, seed: int, fit: MixedFit | None = None) -> tuple[Scenario, ...]:
    """Return the studies of all cells of the grid, in its order.

    Parameters
    ----------
    spec : PowerSpec
    seed : int
        Seed of the run.
    fit : MixedFit, optional
        The fit of the rung that the truth is taken from.

    Raises
    ------
    UsageError
        If a name of the grid is unknown, or the truth is impossible.
    """
    found = []
    for values in product(*spec.grid.values()):
        cell = dict(zip(spec.grid, values, strict=True))
        name = ", ".join(f"{key}={value:g}" for key, value in cell.items()) or "design"
        found.append(Scenario(name, cell, _study(spec, cell, seed, fit)))
    return tuple(found)


def _study(spec: PowerSpec, cell: Mapping[str, float], seed: int, fit: MixedFit | None) -> Study:
    left, design = dict(cell), spec.design
    factors, rows = _factors(design, left), _rows(design, left)
    changes = {name: left.pop(name) for name in (*SHARE_NAMES, *TRUTH_NAMES) if name in left}
    return Study(
        factors,
        rows,
        spec.model,
        lambda model: _with_columns(_declared(spec.truth, changes, model, fit), left, model),
        tuple(_predictor(name, own, design) for name, own in design.predictors.items()),
        tuple(_derivation(name, own) for name, own in design.derive.items()),
        {(pair.between[0], pair.between[1]): pair.r for pair in design.correlations},
        tuple(spec.effects),
        spec.alternative,
        spec.alpha,
        seed,
        _missing(design),
        spec.df == "z",
        tuple(spec.smaller),
    )


def _with_columns(truth: Truth, columns: Mapping[str, float], model: ModelColumns) -> Truth:
    """Return the truth with the coefficients that the grid replaces."""
    if not columns:
        return truth
    known = [column.name for column in model.columns]
    for name in columns:
        if name not in known:
            what = f"'{name}' is neither a number of the design or the truth nor a column of the model"
            options = ("groups", "rows", *SHARE_NAMES, *TRUTH_NAMES, *known)
            raise UsageError(Fault(f"grid.{name}", what, did_you_mean(name, options)))
    beta = np.array([columns.get(name, value) for name, value in zip(known, truth.beta, strict=True)])
    return Truth(beta, truth.covariances, truth.sigma)


def _derivation(name: str, spec: PlanDeriveSpec) -> Derivation:
    source = spec.center if spec.mean is None else spec.mean
    way: Literal["mean", "center"] = "center" if spec.mean is None else "mean"
    return Derivation(name, way, str(source), spec.within, spec.means == "latent")


def _factors(design: PlanDesignSpec, left: dict[str, float]) -> tuple[Factor, ...]:
    """Return the grouping factors; numbers of their levels that the grid replaces are taken out of it."""
    found = []
    for i, (name, own) in enumerate(design.groups.items()):
        count = own.n if isinstance(own, FactorSpec) else own
        for key in ("groups", name) if i == 0 else (name,):
            if key in left:
                count = _whole(key, left.pop(key))
        if isinstance(own, FactorSpec):
            found.append(Factor(name, count, own.within, own.each))
        else:
            found.append(Factor(name, count))
    return tuple(found)


def _rows(design: PlanDesignSpec, left: dict[str, float]) -> int | tuple[int, ...] | Varying:
    rows = design.rows
    if "rows" in left:
        value = left.pop("rows")
        return Varying(value, rows.cv) if isinstance(rows, VaryingSpec) else _whole("rows", value)
    return Varying(rows.mean, rows.cv) if isinstance(rows, VaryingSpec) else rows


def _whole(key: str, value: float) -> int:
    if value != int(value) or value < 1:
        raise UsageError(Fault(f"grid.{key}", f"{value:g} is not a number of {key}", "whole numbers from 1"))
    if value > MOST_LEVELS:
        raise UsageError(
            Fault(f"grid.{key}", f"{value:g} is too large", f"at most {MOST_LEVELS} are planned")
        )
    return int(value)


def _predictor(name: str, spec: PredictorSpec, design: PlanDesignSpec) -> Predictor:
    return Predictor(
        name,
        _factor_of(spec.level, list(design.groups)),
        spec.kind,
        spec.mean,
        spec.sd,
        spec.icc,
        0.5 if spec.binary is None else spec.binary,
        (spec.codes[0], spec.codes[1]),
        spec.values,
        dict(spec.categories or {}),
        spec.fixed,
    )


def _factor_of(level: str, factors: list[str]) -> str | None:
    """Return the factor of a level: 1 is the row, 2 the innermost factor, and so on outwards."""
    if level in factors:
        return level
    return None if level == "1" else factors[-(int(level) - 1)]


def _missing(design: PlanDesignSpec) -> Missing:
    attrition = design.attrition
    if attrition is None:
        return Missing(design.missing)
    total: float | PerArm
    if isinstance(attrition.share, float):
        total = attrition.share
    else:
        own = design.predictors[str(attrition.arm)]
        # A drawn design has the codes of a binary predictor, and the positions of the levels of a category.
        codes = own.codes if own.binary is not None else tuple(map(float, range(len(own.arms))))
        total = PerArm(str(attrition.arm), codes, tuple(attrition.share[arm] for arm in own.arms))
    return Missing(design.missing, total, attrition.shape, attrition.time)


def _declared(
    spec: TruthSpec, changes: Mapping[str, float], model: ModelColumns, fit: MixedFit | None
) -> Truth:
    """Return the truth of one cell."""
    values = {name: changes.get(name, getattr(spec, name)) for name in TRUTH_NAMES}
    icc = changes.get("icc", spec.icc if spec.icc is not None else 0.0)
    sigma = float(values["sigma"] or 0.0)
    if spec.from_ is not None:
        return _from_rung(spec, model, fit)
    if spec.preset == "arend":
        effects = {"level1": values["level_1"], "level2": values["level_2"], "cross": values["cross"]}
        return arend_schaefer(model, icc=icc, **effects, slope_variance=values["slope_variance"])
    if spec.preset == "mathieu2012":
        return _mathieu(spec, model)
    covariances = {name: np.array(matrix, dtype=float) for name, matrix in (spec.random or {}).items()}
    if spec.vpc is not None:
        return variance_shares(model, spec.vpc, spec.d or {})
    if spec.random is None:
        shares = {name: changes.get(name, getattr(spec.r2, name, 0.0)) for name in SHARE_NAMES[1:]}
        whole = Shares(
            icc, **shares, total=values["total"], weights=spec.weights, correlation=values["correlation"]
        )
        return by_source(model, whole)
    _known_groups(covariances, model)
    if spec.d is not None:
        return mean_differences(model, spec.d, covariances, sigma, per=spec.per, duration=values["duration"])
    _known_columns(spec.fixed or {}, model, "truth.fixed")
    return raw(model, spec.fixed or {}, covariances, sigma)


def _mathieu(spec: TruthSpec, model: ModelColumns) -> Truth:
    fixed = {**MATHIEU_FIXED, **(spec.fixed or {})}
    _known_columns(fixed, model, "truth.preset")
    intercept, slope, residual = MATHIEU_VARIANCES
    covariances = {model.source.template.random[0].group: np.diag([intercept, slope])}
    if spec.random is not None:
        covariances = {name: np.array(matrix, dtype=float) for name, matrix in spec.random.items()}
    _known_groups(covariances, model)
    sigma = float(np.sqrt(residual)) if spec.sigma is None else spec.sigma
    return raw(model, fixed, covariances, sigma)


def _from_rung(spec: TruthSpec, model: ModelColumns, fit: MixedFit | None) -> Truth:
    """Return the estimates of a rung; its columns and terms must be those of the model."""
    if fit is None or spec.from_ is None:
        raise UsageError(
            Fault("truth.from", "needs the fitted rung", "give the parameters in fixed and random")
        )
    design, own = model.source.template, fit.design
    known = dict(zip(own.columns, fit.beta, strict=True))
    missing = [name for name in design.columns if name not in known]
    if missing:
        what = f"the rung has no coefficient '{missing[0]}'"
        raise UsageError(Fault("truth.from.rung", what, f"it has {', '.join(own.columns)}"))
    beta = np.array([spec.from_.set.get(name, known[name]) for name in design.columns])
    _known_columns(spec.from_.set, model, "truth.from.set")
    terms = {term.source: T for term, T in zip(own.random, fit.covariances, strict=True)}
    absent = [term.source for term in design.random if term.source not in terms]
    if absent:
        what = f"the rung has no random effects '{absent[0]}'"
        raise UsageError(Fault("truth.from.rung", what, f"it has {', '.join(terms)}"))
    return Truth(beta, tuple(terms[term.source] for term in design.random), float(fit.scale))


def _known_columns(named: Mapping[str, float], model: ModelColumns, where: str) -> None:
    known = [column.name for column in model.columns]
    faults = [
        Fault(
            f"{where}.{name}",
            f"the model has no column '{name}'",
            did_you_mean(name, known) or f"it has {', '.join(known)}",
        )
        for name in named
        if name not in known
    ]
    if faults:
        raise UsageError(*faults)


def _known_groups(covariances: Mapping[str, Array], model: ModelColumns) -> None:
    """Refuse matrices that do not fit the random effects of the model."""
    sizes: dict[str, int] = {}
    for term in model.source.template.random:
        sizes[term.group] = sizes.get(term.group, 0) + len(term.names)
    faults = [
        Fault(
            f"truth.random.{name}",
            "the model has no random effects of this factor",
            f"it has {', '.join(sizes)}",
        )
        for name in covariances
        if name not in sizes
    ]
    for name, size in sizes.items():
        if name not in covariances:
            faults.append(Fault("truth.random", f"the covariance matrix of '{name}' is missing", None))
        elif covariances[name].shape[0] != size:
            what = f"has {covariances[name].shape[0]} rows, but the model has {size} coefficients"
            faults.append(Fault(f"truth.random.{name}", what, None))
    if faults:
        raise UsageError(*faults)
