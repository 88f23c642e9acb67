"""Refits of a rung with other terms on the same rows, for measures that compare two models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = [
    "INTERCEPT",
    "intercepts_only",
    "null_model",
    "only_intercepts",
    "with_columns",
    "with_intercepts",
    "without_columns",
]

INTERCEPT = ("(Intercept)",)


def only_intercepts(design: Design) -> bool:
    """Return whether all random effects are intercepts, with one term per grouping factor."""
    groups = [term.group for term in design.random]
    return len(groups) == len(set(groups)) and all(term.names == INTERCEPT for term in design.random)


def intercepts_only(fit: LmmFit) -> LmmFit:
    """Return a linear fit with one random intercept per factor and no slopes; the fit if it is so."""
    if only_intercepts(fit.design):
        return fit
    return fit_lmm(with_intercepts(fit.design), method=fit.method)


def with_intercepts(design: Design) -> Design:
    """Return a design with one random intercept per grouping factor and no slopes."""
    return replace(design, random=_intercepts(design))


def null_model(fit: LmmFit) -> LmmFit:
    """Return the fit, by the same method, of the model with intercepts alone and the same factors."""
    design = fit.design
    if design.columns == INTERCEPT and only_intercepts(design):
        return fit
    empty = with_columns(design, np.ones((design.n, 1)), INTERCEPT, (0,))
    return fit_lmm(with_intercepts(empty), method=fit.method)


def without_columns(fit: LmmFit, columns: Sequence[int]) -> LmmFit:
    """Return the fit, by the same method, without some columns of X."""
    design = fit.design
    kept = [index for index in range(design.p) if index not in columns]
    names = tuple(design.columns[index] for index in kept)
    assign = tuple(design.assign[index] for index in kept)
    return fit_lmm(with_columns(design, design.X[:, kept], names, assign), method=fit.method)


def with_columns(design: Design, X: np.ndarray, names: tuple[str, ...], assign: tuple[int, ...]) -> Design:
    """Return a design with other fixed-effects columns, of full rank."""
    return replace(
        design,
        X=X,
        columns=names,
        assign=assign,
        all_columns=names,
        all_assign=assign,
        dropped=(),
        aliases={},
    )


def _intercepts(design: Design) -> tuple[RandomTerm, ...]:
    """Return the random terms of the factors with intercepts alone."""
    first: dict[str, RandomTerm] = {}
    for term in design.random:
        first.setdefault(term.group, term)
    ones = np.ones((design.n, 1))
    return tuple(
        replace(
            term, z=ones, names=INTERCEPT, source=f"(1 | {group})", alone=f"(1 | {group})",
            labels=INTERCEPT, full_names=INTERCEPT,
        )
        for group, term in first.items()
    )  # fmt: skip
