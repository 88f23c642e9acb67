"""Fit of the rungs, one row each (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlm_steps.records import FitRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, Cell, Codes, Table, join_pairs, table_of

__all__ = ["fit"]

COLUMNS = (
    "model",
    "n",
    "J_per_factor",
    "p",
    "npar",
    "d_reml",
    "d_ml",
    "logLik",
    "AIC",
    "AICc",
    "BIC",
    "AIC_weight",
    "BIC_weight",
    "sigma",
    "converged",
    "singular",
    "rank_per_term",
    "max_gradient",
    "evaluations",
    "seconds",
    "sample_hash",
    "family",
    "link",
    "phi",
    "agq",
    "cAIC",
    "effective",
    "effective_known",
)
BY_ML = ("d_ml", "logLik", "AIC", "AICc", "BIC", "AIC_weight", "BIC_weight")
CONDITIONAL = ("cAIC", "effective", "effective_known")
UNRELIABLE = (*BY_ML, "d_reml", "sigma", "singular", "rank_per_term", "phi", *CONDITIONAL)


def fit(run: RunRecords) -> Table:
    """Return the fit of all rungs.

    ``logLik`` and the information criteria are from the ML fits; ``sigma`` and the convergence are from the
    fits by the declared method. ``d_ml`` is -2 log-likelihood, whatever the family. ``phi`` is the dispersion
    of families that have one, ``agq`` the number of quadrature points. ``cAIC`` is the conditional AIC of the
    fit by the declared method (statistics, section 15), ``effective`` its number of parameters without sigma,
    and ``effective_known`` that number with theta treated as known. Rungs whose search did not converge
    come last, without the numbers that are not reliable. If an ML search did not converge, its numbers are
    missing. ``seconds`` is empty, so that the same inputs give the same bytes; times are in the provenance.
    """
    weights = {name: _weights(run.fits, name) for name in ("aic", "bic")}
    rows = [
        _row(record, weights["aic"][position], weights["bic"][position])
        for position, record in enumerate(run.fits)
    ]
    rows += [_without(_row(record, None, None), UNRELIABLE) for record in run.unreliable]
    return table_of("fit", COLUMNS, rows)


def _without(row: tuple[dict[str, Cell], Codes], columns: Sequence[str]) -> tuple[dict[str, Cell], Codes]:
    """Return a row without the numbers of a search that did not converge."""
    cells, codes = row
    return cells | dict.fromkeys(columns), {**codes, **dict.fromkeys(columns, "not_converged")}


def _row(
    record: FitRecord, aic_weight: float | None, bic_weight: float | None
) -> tuple[dict[str, Cell], Codes]:
    optimum = record.reported
    cells: dict[str, Cell] = {
        "model": record.model,
        "n": record.n,
        "J_per_factor": join_pairs(record.n_levels.items()),
        "p": record.p,
        "npar": record.npar,
        "d_reml": None if record.reml is None else record.reml.criterion,
        "d_ml": record.ml.criterion,
        "logLik": record.loglik,
        "AIC": record.aic,
        "AICc": record.aicc,
        "BIC": record.bic,
        "AIC_weight": aic_weight,
        "BIC_weight": bic_weight,
        "sigma": optimum.sigma,
        "converged": optimum.convergence.status != "failed",
        "singular": optimum.singular,
        "rank_per_term": join_pairs((term.group, term.rank) for term in optimum.terms),
        "max_gradient": optimum.convergence.max_gradient,
        "evaluations": optimum.convergence.evaluations,
        "seconds": None,
        "sample_hash": record.sample_hash,
        "family": record.family,
        "link": record.link,
        "phi": optimum.phi,
        "agq": None if record.linear else record.agq,
        "cAIC": record.caic,
        "effective": record.effective,
        "effective_known": record.effective_known,
    }
    weights = dict.fromkeys(("AIC_weight", "BIC_weight"), "not_comparable")
    others = dict.fromkeys(("d_reml", "sigma", "phi", "agq"), "not_applicable")
    others |= dict.fromkeys(CONDITIONAL, NOT_ESTIMABLE if record.linear else "not_applicable")
    codes = {"AICc": "not_estimable", **weights, "seconds": "in_provenance", **others}
    return (cells, codes) if record.incomparable is None else _without((cells, codes), BY_ML)


def _weights(fits: Sequence[FitRecord], criterion: str) -> list[float | None]:
    """Return the weights exp(-Δ/2) of all rungs.

    None if rows, outcomes, weights, trials or quadratures differ, if likelihoods of the families cannot be
    compared, or if a search did not converge.
    """
    if any(record.incomparable is not None for record in fits):
        return [None] * len(fits)
    if (
        len({(record.sample_hash, record.n, record.outcome, record.trials, record.agq) for record in fits})
        != 1
    ):
        return [None] * len(fits)
    if not all(record.response.comparable(fits[0].response) for record in fits):
        return [None] * len(fits)
    values = np.array([getattr(record, criterion) for record in fits], dtype=np.float64)
    relative = np.exp(-(values - values.min()) / 2)
    return [float(weight) for weight in relative / relative.sum()]
