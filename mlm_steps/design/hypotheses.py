"""The hypotheses of F tests of terms: linear combinations of coefficients are 0.

- Type I: the term has no effect when it is added to the terms before it.
- Type II: the term has no effect when it is added to all other terms that do not contain it.
- Type III: the effects of the term are 0, averaged over the levels of the other factors in the terms that
  contain it.

A term contains another term if it has all variables of that term, at least one additional factor, and the
same numeric variables. The hypotheses do not depend on the contrasts that code the factors.

Type III hypotheses follow the definition of SAS (Kuznetsova et al. 2017). The overparameterized model has a
parameter for every level of every factor. A type III hypothesis is an estimable combination of the parameters
of the term and of the terms that contain it. It is orthogonal to all estimable combinations of the parameters
of the containing terms. The hypotheses therefore do not depend on which columns are dropped if cells are
empty or factors are nested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.coding import ModelMatrix, model_matrix
from mlm_steps.design.columns import FrameColumns
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.contrasts import resolve_contrasts
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.matrices import Design
from mlm_steps.design.rank import independent_columns
from mlm_steps.design.terms import TermSet
from mlm_steps.design.variables import Numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SumsOfSquares", "term_hypotheses"]

SumsOfSquares = Literal["III", "II", "I"]

TOLERANCE = 1e-8
"""Singular values below this share of the largest count as 0, because they are rounding error."""
NOISE = 1e-9
"""Smaller elements of the scaled coding, or of a hypothesis relative to its largest, count as 0."""

_Array = NDArray[np.float64]


def term_hypotheses(
    formula: Formula | str,
    frame: pd.DataFrame,
    design: Design,
    *,
    kind: SumsOfSquares = "III",
    contrasts: Mapping[str, str | ContrastCoding] | None = None,
) -> dict[str, _Array]:
    """Return the hypothesis L beta = 0 of the F test of each fixed-effects term.

    Parameters
    ----------
    formula : Formula or str
    frame : DataFrame
        The data from which the design was built.
    design : Design
    kind : {"III", "II", "I"}
    contrasts : mapping of str to str or ContrastCoding, optional
        As given to ``build_design``.

    Returns
    -------
    dict of str to ndarray, shape (q, p)
        Linearly independent rows by the label of the term; no rows if no effect of the term is estimable.
    """
    parsed = parse_formula(formula) if isinstance(formula, str) else formula
    terms = parsed.fixed
    evaluator = Evaluator(parsed.text, FrameColumns(frame, design.rows))
    factors = _factors(terms, evaluator)
    positions = range(len(terms.terms))
    own = [_columns(design.assign, [position]) for position in positions]
    if kind == "I" or len(own) == 1:
        order = np.arange(design.p)
        found = [_sequential(design, columns, order) for columns in own]
        return dict(zip(terms.labels, found, strict=True))
    containing = [_containing(terms, position, factors) for position in positions]
    if kind == "II":
        found = [
            _sequential(design, columns, np.where(_columns(design.assign, others), 2, columns))
            if others
            else np.eye(design.p)[columns]
            for columns, others in zip(own, containing, strict=True)
        ]
    elif not factors:
        found = [np.eye(design.p)[columns] for columns in own]
    else:
        coded = resolve_contrasts(contrasts or {})
        coding = model_matrix(terms, evaluator, coded, design.n, every_level=True)
        found = _marginal(design, factors, terms, coding, containing)
    return dict(zip(terms.labels, found, strict=True))


def _factors(terms: TermSet, evaluator: Evaluator) -> frozenset[int]:
    """Return the positions of the categorical and logical variables."""
    used = sorted({i for term in terms.terms for i in term})
    return frozenset(i for i in used if not isinstance(evaluator.variable(terms.variables[i]), Numbers))


def _containing(terms: TermSet, position: int, factors: frozenset[int]) -> tuple[int, ...]:
    """Return the positions of the terms that contain a term."""
    own = frozenset(terms.terms[position])
    return tuple(
        other
        for other, term in enumerate(terms.terms)
        if own < frozenset(term) and frozenset(term) - own <= factors
    )


def _columns(assign: Sequence[int], positions: Sequence[int]) -> NDArray[np.bool_]:
    """Return which columns belong to the terms at the given positions."""
    return np.isin(np.asarray(assign, dtype=int), np.asarray(positions, dtype=int) + 1)


def _sequential(design: Design, own: NDArray[np.bool_], rank: NDArray[np.intp]) -> _Array:
    """Return the hypothesis that a term adds nothing to the columns before it, in the order of ``rank``."""
    order = np.argsort(rank, kind="stable")
    triangle = np.asarray(np.linalg.qr(design.X[:, order], mode="r"))
    hypothesis = np.zeros((int(own.sum()), design.p))
    hypothesis[:, order] = (triangle / np.diag(triangle)[:, None])[own[order]]
    return hypothesis


def _marginal(
    design: Design,
    factors: frozenset[int],
    terms: TermSet,
    coding: ModelMatrix,
    containing: Sequence[Sequence[int]],
) -> list[_Array]:
    """Return the hypotheses of type III."""
    positions = range(len(terms.terms))
    blocks = [_parameters(design, position, terms, factors, coding) for position in positions]
    owner = np.repeat([-1, *positions], [int(terms.intercept), *(block.shape[1] for block in blocks)])
    D = np.column_stack([np.ones((design.n, int(terms.intercept))), *blocks])
    del blocks  # of large data they take as much memory as D
    scale = np.linalg.norm(design.X, axis=0)
    C = _coefficients(design.X / scale, D)
    found = []
    for position, others in enumerate(containing):
        L = _null_rows(C[:, ~np.isin(owner, [position, *others])])
        above = _null_rows(C[:, ~np.isin(owner, others)]) if others else L[:0]
        if above.shape[0] and L.shape[0]:
            L = _null_rows(L @ C @ (above @ C).T) @ L
        found.append(_against_first(L, L @ C[:, owner == position]) * scale)
    return found


def _parameters(
    design: Design, position: int, terms: TermSet, factors: frozenset[int], coding: ModelMatrix
) -> _Array:
    """Return the columns of a term's parameters: one for each combination of factor levels that occurs.

    A term without factors has the columns that were kept. If none was kept, neither the term nor its
    interactions with factors have parameters, as in R. The parameters of all other terms do not depend on
    which columns were kept.
    """
    term = terms.terms[position]
    numbers = frozenset(term) - factors
    if numbers == frozenset(term):
        return design.X[:, _columns(design.assign, [position])]
    own = [other for other, variables in enumerate(terms.terms) if frozenset(variables) == numbers]
    if own and not _columns(design.assign, own).any():
        return np.empty((design.n, 0))
    cells = coding.X[:, _columns(coding.assign, [position])]
    return cells[:, cells.any(axis=0)]


def _coefficients(X: _Array, D: _Array) -> _Array:
    """Return C with D = X C; rounding error is set to 0. D is changed: its columns get length 1."""
    length = np.linalg.norm(D, axis=0)
    D /= length
    Q, R = np.linalg.qr(X)
    C = np.linalg.solve(R, Q.T @ D)
    C[np.abs(C) < NOISE] = 0.0
    coefficients: _Array = C * length
    return coefficients


def _against_first(L: _Array, cells: _Array) -> _Array:
    """Return an equivalent hypothesis whose rows compare one cell with the first, as treatment contrasts do.

    Satterthwaite's df of a joint test depends on the choice of rows; this choice is the one of lmerTest.
    ``cells`` are the rows of L in the parameters of the term.
    """
    cells = np.where(np.abs(cells) < NOISE * np.abs(cells).max(initial=0.0), 0.0, cells)
    last = cells.shape[1] - 1 - independent_columns(cells[:, ::-1])[::-1]
    if len(last) != L.shape[0]:
        return L
    return np.asarray(np.linalg.solve(cells[:, last], L), dtype=np.float64)


def _null_rows(A: _Array) -> _Array:
    """Return an orthonormal basis of the rows v with v A = 0."""
    if not A.size:
        return np.eye(A.shape[0])
    U, values, _ = np.linalg.svd(A / np.maximum(np.linalg.norm(A, axis=0), np.finfo(float).tiny))
    rank = int((values > TOLERANCE * values[0]).sum()) if values[0] > 0 else 0
    return np.asarray(U[:, rank:].T, dtype=np.float64)
