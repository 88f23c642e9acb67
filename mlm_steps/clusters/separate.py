"""Each cluster analysed alone, by least squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.clusters.factors import Clusters
from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.group_ols import GroupOls, group_ols, within_columns
from mlm_steps.records.cost import SeparateFits

__all__ = ["separate_fits", "separate_level_1_fits"]

Array = NDArray[np.float64]


def separate_level_1_fits(design: Design, clusters: Clusters, *, model: str) -> SeparateFits | None:
    """Return the least-squares fits of the clusters with the level-1 part of a model.

    None where no column has a coefficient in most clusters.
    """
    kept = within_columns(design.X, clusters.refs, clusters.J)
    if not kept:
        return None
    labels = ("(Intercept)", *design.term_labels)
    names = [(design.columns[column], labels[design.assign[column]]) for column in kept]
    return separate_fits(design, design.X[:, kept], names, clusters, model=model)


def separate_fits(
    design: Design, X: Array, names: Sequence[tuple[str, str]], clusters: Clusters, *, model: str
) -> SeparateFits:
    """Return the least-squares fits of the clusters.

    Parameters
    ----------
    design : Design
        Outcome, offset and weights.
    X : ndarray, shape (n, k)
    names : sequence of (str, str), length k
        Column and term of each coefficient.
    clusters : Clusters
    model : str
        Name of the model.
    """
    y = design.y if design.offset is None else design.y - design.offset
    fits = group_ols(X, y, clusters.refs, clusters.J, design.weights)
    known = np.isfinite(fits.coefficients)
    columns = tuple(name for name, _ in names)
    return SeparateFits(
        model=model,
        cluster=clusters.name,
        columns=columns,
        terms=tuple(term for _, term in names),
        sigma=fits.sigma,
        df=fits.df,
        n_clusters=clusters.J,
        n_estimable=tuple(int(count) for count in known.sum(axis=0)),
        mean=tuple(_mean(values) for values in fits.coefficients.T),
        sd=tuple(_sd(values) for values in fits.coefficients.T),
        levels=clusters.levels,
        sizes=tuple(int(size) for size in fits.sizes),
        ranks=tuple(int(rank) for rank in fits.ranks),
        estimates=_columns(fits.coefficients),
        se=_columns(fits.se),
        own_se=_columns(fits.own_se),
        failures=tuple(_failures(fits, X, clusters, columns)),
    )


def _mean(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if known.size else None


def _sd(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.std(known, ddof=1)) if known.size > 1 else None


def _columns(values: Array) -> tuple[tuple[float | None, ...], ...]:
    """Return an array (J, k) as k columns, None for NaN."""
    return tuple(tuple(float(v) if np.isfinite(v) else None for v in column) for column in values.T)


def _failures(fits: GroupOls, X: Array, clusters: Clusters, columns: Sequence[str]) -> Iterator[str]:
    """Yield each cluster whose rows do not determine every coefficient, with the reason."""
    k = X.shape[1]
    for j in np.flatnonzero(fits.ranks < k):
        size, level = int(fits.sizes[j]), clusters.levels[j]
        if size < k:
            rows = "row" if size == 1 else "rows"
            yield f"{level}: {size} {rows} for {k} coefficients"
            continue
        own = X[clusters.refs == j]
        constant = [c for c, x in zip(columns, own.T, strict=True) if np.ptp(x) == 0 and c != "(Intercept)"]
        what = f"{', '.join(constant)} constant" if constant else "columns linearly dependent"
        yield f"{level}: {what} in {size} rows"
