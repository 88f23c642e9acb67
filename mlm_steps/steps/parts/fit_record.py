"""Make the record of a rung from its estimates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import VariableRank
from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine import Estimates, LmmFit, Method, MixedFit, linear_fit
from mlm_steps.engine.posterior.conditional_aic import conditional_aic
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.information import BicSize, aicc, bic
from mlm_steps.engine.result.mixed_fit import sigma_of
from mlm_steps.records import (
    Convergence,
    EvaluationCost,
    FitRecord,
    Notice,
    Optimum,
    RandomParameter,
    TermCovariance,
    TermShape,
)
from mlm_steps.records.fit import RandomKind
from mlm_steps.records.remedies import DerivedColumn, Deviation
from mlm_steps.steps.parts.fixed_part import FixedPart, Hypotheses, fixed_part
from mlm_steps.steps.parts.random_part import coefficient_rows, component_rows

__all__ = ["Remedied", "fit_record", "optimum", "random_parameters"]

SINGULAR = 1e-4
"""Relative standard deviation or singular value below which it counts as zero, as in lme4's isSingular."""
PERFECT = 0.99
"""Absolute correlation above which an effect pair of a singular term counts as perfectly correlated."""
EXACT = 1e-6
"""Distance of a correlation from 1 or -1 below which only rounding separates it from its bound."""
RESIDUAL = "Residual"


class Remedied(NamedTuple):
    """The remedy that replaced the declared formula of a rung, if one did; fields are as in ``Settled``."""

    deviation: Deviation | None = None
    derived: tuple[DerivedColumn, ...] = ()
    notices: tuple[Notice, ...] = ()


NOT_REMEDIED = Remedied()


def fit_record(
    model: str,
    formula: str,
    estimates: Estimates,
    *,
    method: Method,
    df_method: str,
    confidence: float,
    bic_n: BicSize = "rows",
    weights: str | None,
    sample_hash: str,
    variable_levels: Mapping[str, VariableRank],
    hypotheses: Hypotheses | None = None,
    cost: EvaluationCost | None = None,
    remedied: Remedied = NOT_REMEDIED,
) -> FitRecord:
    """Return the record of a rung: both optima, the tests of its fixed effects, its random parameters.

    The information criteria are those of the ML fit; ``bic_n`` is what n counts in BIC. Levels and symbols
    follow `mlm_steps.design.hlm`.
    """
    design, response = estimates.design, estimates.design.response
    reported, ml = estimates.under(method), estimates.under("ML")
    d, npar = ml.criterion, ml.npar
    fixed = fixed_part(reported, df_method, confidence, variable_levels, hypotheses)
    return FitRecord(
        model=model,
        formula=formula,
        outcome=design.outcome,
        weights=weights,
        family=response.family,
        link=response.link,
        trials=response.trials,
        exposure=response.exposure,
        event=design.event,
        agq=ml.agq,
        method=method,
        confidence=confidence,
        sample_hash=sample_hash,
        n=design.n,
        p=design.p,
        npar=npar,
        columns=design.columns,
        dropped=design.dropped,
        shared_names=dict(design.shared_names),
        terms=tuple(map(_shape, design.random)),
        n_levels={term.group: len(term.levels) for term in design.random},
        reml=optimum(estimates.under("REML")) if response.linear else None,
        ml=optimum(ml),
        coefficients=fixed.coefficients,
        coefficients_other=fixed.others,
        vcov_of_tests=fixed.vcov,
        anova=fixed.anova,
        anova_other=fixed.anova_other,
        random=random_parameters(reported),
        random_coefficients=coefficient_rows(reported),
        random_components=component_rows(reported),
        loglik=-d / 2,
        aic=d + 2 * npar,
        aicc=aicc(d, design.n, npar),
        bic=bic(d, npar, design, bic_n),
        bic_n=bic_n,
        **_conditional(reported),
        cost=cost,
        deviation=remedied.deviation,
        derived=remedied.derived,
        notices=(*_notices(model, reported, fixed), *remedied.notices),
    )


def _shape(term: RandomTerm) -> TermShape:
    return TermShape(
        group=term.group,
        names=term.names,
        n_levels=len(term.levels),
        source=term.source,
        labels=term.labels,
    )


def _conditional(fit: MixedFit) -> dict[str, float]:
    """Return the conditional AIC and the effective numbers of parameters, where they exist."""
    converged = fit.convergence is not None and fit.convergence.status != "failed"
    if not isinstance(fit, LmmFit) or not converged:
        return {}
    found = conditional_aic(fit)
    values = {"caic": found.value, "effective": found.effective, "effective_known": found.known}
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def optimum(fit: MixedFit) -> Optimum:
    """Return the estimates under one method as a part of the record."""
    linear = linear_fit(fit) if fit.design.response.linear else None
    return Optimum(
        method=fit.method,
        criterion=fit.criterion,
        theta=_floats(fit.theta),
        sigma=sigma_of(fit),
        phi=fit.phi,
        vcov_internal=_joint(fit),
        beta=_floats(fit.beta),
        se=_floats(fit.se),
        vcov=tuple(_floats(row) for row in fit.vcov),
        terms=_term_covariances(fit),
        singular=fit.singular,
        convergence=_convergence(fit),
        log_det_L2=linear.log_det_L2 if linear else None,
        log_det_RX2=linear.log_det_RX2 if linear else None,
        pwrss=linear.pwrss if linear else None,
        notices=() if linear else fit.notices,
    )


def _joint(fit: MixedFit) -> tuple[tuple[float, ...], ...] | None:
    """Return the covariance matrix of all parameters of a generalized model, if it exists."""
    if not isinstance(fit, GlmmFit) or fit.vcov_internal is None:
        return None
    return tuple(_floats(row) for row in fit.vcov_internal)


def random_parameters(fit: MixedFit) -> tuple[RandomParameter, ...]:
    """Return the rows of the ``random`` table: variances, then covariances of each term; sigma last.

    A model without a residual variance has no row of sigma.
    """
    rows: list[RandomParameter] = []
    for index in range(len(fit.design.random)):
        rows += [*_variance_rows(fit, index), *_covariance_rows(fit, index)]
    sigma = sigma_of(fit)
    if sigma is not None:
        rows += [_parameter(None, RESIDUAL, None, None, "variance", sigma**2)]
        rows += [_parameter(None, RESIDUAL, None, None, "sd", sigma)]
    return tuple(rows)


def _parameter(
    index: int | None,
    group: str,
    effect_1: str | None,
    effect_2: str | None,
    kind: RandomKind,
    estimate: float | None,
    at_boundary: bool = False,
) -> RandomParameter:
    return RandomParameter(
        term_index=index,
        group=group,
        effect_1=effect_1,
        effect_2=effect_2,
        kind=kind,
        estimate=estimate,
        at_boundary=at_boundary,
    )


def _variance_rows(fit: MixedFit, index: int) -> Iterator[RandomParameter]:
    term = fit.design.random[index]
    relative_sd = np.linalg.norm(fit.Lambda[index], axis=1)
    for effect, sd in zip(term.names, relative_sd.tolist(), strict=True):
        at_boundary = sd < SINGULAR
        variance = (fit.scale * sd) ** 2
        yield _parameter(index, term.group, effect, None, "variance", variance, at_boundary)
        yield _parameter(index, term.group, effect, None, "sd", fit.scale * sd, at_boundary)


def _covariance_rows(fit: MixedFit, index: int) -> Iterator[RandomParameter]:
    term, T = fit.design.random[index], fit.covariances[index]
    for i, j in combinations(range(len(term.names)), 2):
        names = (term.names[i], term.names[j])
        rho = _correlation(T, i, j)
        at_boundary = fit.term_singular[index] and (rho is None or abs(rho) > PERFECT)
        yield _parameter(index, term.group, *names, "covariance", float(T[i, j]), at_boundary)
        yield _parameter(index, term.group, *names, "correlation", rho, at_boundary)


def _correlation(T: NDArray[np.float64], i: int, j: int) -> float | None:
    """Return the correlation of two effects; None if one of them has no variance."""
    product = float(T[i, i] * T[j, j])
    return min(max(float(T[i, j]) / math.sqrt(product), -1.0), 1.0) if product > 0 else None


def _term_covariances(fit: MixedFit) -> tuple[TermCovariance, ...]:
    found = []
    for term, T, Lambda, singular in zip(
        fit.design.random, fit.covariances, fit.Lambda, fit.term_singular, strict=True
    ):
        values = np.asarray(np.linalg.svd(Lambda, compute_uv=False), dtype=np.float64)
        found.append(
            TermCovariance(
                group=term.group,
                names=term.names,
                covariance=tuple(_floats(row) for row in T),
                relative_singular_values=_floats(values),
                rank=int((values >= SINGULAR).sum()),
                singular=singular,
            )
        )
    return tuple(found)


def _convergence(fit: MixedFit) -> Convergence:
    report = fit.convergence
    if report is None:
        raise ValueError("a fit at given parameters has no optimum to record")
    eigenvalues = np.linalg.eigvalsh(report.hessian) if report.hessian.size else np.array([np.nan])
    finite = bool(np.isfinite(eigenvalues).all())
    return Convergence(
        status=report.status,
        optimizer=report.optimizer,
        evaluations=report.evaluations,
        max_gradient=report.max_gradient,
        hessian_eigenvalue_min=float(eigenvalues[0]) if finite else None,
        hessian_eigenvalue_max=float(eigenvalues[-1]) if finite else None,
        reasons=report.reasons,
        trace=tuple((at.evaluation, at.criterion, _finite(at.max_gradient)) for at in report.trace),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _notices(model: str, fit: MixedFit, fixed: FixedPart) -> tuple[Notice, ...]:
    # The engine names the degenerate effects of a singular term; this text is for the report.
    found = (notice for notice in fit.notices if notice.code != "singular")
    notices = (*fit.design.notices, *found, *_singular_notices(fit), *fixed.notices)
    return tuple(replace(notice, model=model) for notice in notices)


def _singular_notices(fit: MixedFit) -> Iterator[Notice]:
    for index, (term, singular) in enumerate(zip(fit.design.random, fit.term_singular, strict=True)):
        if not singular:
            continue
        zero = [row.effect_1 for row in _variance_rows(fit, index) if row.kind == "sd" and row.at_boundary]
        perfect = [
            f"the correlation of {row.effect_1} and {row.effect_2} is {_bound(row.estimate)}"
            for row in _covariance_rows(fit, index)
            if row.kind == "correlation" and row.at_boundary and row.estimate is not None
        ]
        causes = [*(f"the standard deviation of {effect} is 0" for effect in zero), *perfect]
        text = (
            f"The estimated covariance matrix of {term.source} is singular: "
            f"{'; '.join(causes) or 'its effects are linearly dependent'}. "
            "The data do not support all of its parameters."
        )
        yield Notice(code="singular", severity="warning", text=text, subject=term.source)


def _bound(rho: float) -> str:
    return f"at its bound ({rho:+.0f})" if 1 - abs(rho) < EXACT else f"all but at its bound ({rho:+.4f})"


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
