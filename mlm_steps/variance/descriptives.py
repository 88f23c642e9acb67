"""Variables described at the level of their units, with correlations per level (statistics, section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.result.spread import PURE, column_spread, split_by_group
from mlm_steps.errors import FitError
from mlm_steps.records.descriptives import (
    CategoryCount,
    CorrelationLayer,
    Descriptives,
    Spread,
    VariableDescription,
)
from mlm_steps.records.spelling import quote_name
from mlm_steps.variance.aggregation import aggregation

__all__ = ["Described", "Hierarchy", "correlation_layers", "describe_levels"]

Array = NDArray[np.float64]
Refs = NDArray[np.intp]
Indices = tuple[float | None, float | None]

TWO_VALUED_LOOKED_AT = 1000
"""Values that are checked first; nearly all numbers have more than two distinct values among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """One variable of the analysis sample.

    Attributes
    ----------
    name : str
    values : ndarray, shape (n,)
        Without missing values; of a category the position of each row's level.
    labels : tuple of str or None
        The levels of a category; None for a number.
    missing : mapping of str to int
        Observations without a value under the empty name; per factor the groups without any value.
    indices : mapping of str to (float or None, float or None)
        ICC(1) and ICC(2) of the observations per factor, as far as they are known.
    """

    name: str
    values: Array
    labels: tuple[str, ...] | None = None
    missing: Mapping[str, int] = field(default_factory=dict)
    indices: Mapping[str, Indices] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """The grouping factors of a sample and the units that variables describe.

    Attributes
    ----------
    refs : mapping of str to ndarray, shape (n,)
        Per factor the position of each row's group; every position from 0 up has rows.
    outer : mapping of str to tuple of str
        Per factor those in which it is nested, the innermost first.
    places : mapping of str to str
        Per variable above level 1 the factor whose groups it describes.
    """

    refs: Mapping[str, Refs]
    outer: Mapping[str, tuple[str, ...]]
    places: Mapping[str, str]


def describe_levels(variables: Sequence[Described], correlated: Sequence[str], of: Hierarchy) -> Descriptives:
    """Return each variable described over its units, and the correlations of those named in ``correlated``.

    Numbers have moments; categories and numbers of two values have counts.
    """
    numbers, counts = [], []
    for each in variables:
        unit = of.places.get(each.name, "")
        rows, varying = _unit_rows(each.values, of.refs.get(unit))
        if each.labels is None:
            numbers.append(_description(each, unit, rows, varying, of))
        counts += list(_counts(each, unit, each.values[rows]))
    layers = correlation_layers([each for each in variables if each.name in correlated], of)
    return Descriptives(variables=tuple(numbers), categories=tuple(counts), correlations=tuple(layers))


def _unit_rows(values: Array, refs: Refs | None) -> tuple[Refs, int]:
    """Return a row for each unit with one value, and the number of groups with several values."""
    if refs is None:
        return np.arange(len(values), dtype=np.intp), 0
    order = np.argsort(refs, kind="stable")
    starts = np.flatnonzero(np.diff(refs[order], prepend=-1))
    ordered = values[order]
    ranges = np.maximum.reduceat(ordered, starts) - np.minimum.reduceat(ordered, starts)
    same = ranges <= np.sqrt(PURE) * float(values.std())
    return order[starts[same]].astype(np.intp), int((~same).sum())


def _description(
    variable: Described, unit: str, rows: Refs, varying: int, of: Hierarchy
) -> VariableDescription:
    x = variable.values[rows]
    factors = of.outer[unit] if unit else tuple(of.refs)
    return VariableDescription(
        variable=variable.name,
        unit=unit,
        n=len(x),
        missing=variable.missing.get(unit, 0),
        varying=varying,
        mean=float(x.mean()) if len(x) else None,
        sd=float(x.std(ddof=1)) if len(x) > 1 else None,
        minimum=float(x.min()) if len(x) else None,
        maximum=float(x.max()) if len(x) else None,
        spreads=tuple(_spread(variable, unit, factor, x, of.refs[factor][rows]) for factor in factors),
    )


def _spread(variable: Described, unit: str, factor: str, x: Array, refs: Refs) -> Spread:
    if len(x) < 2:
        return Spread(factor=factor)
    found = column_spread(x[:, None], refs)
    if unit:
        icc1, icc2 = _indices(x, refs)
    else:
        icc1, icc2 = variable.indices.get(factor, (None, None))
    within, between = float(found.within[0]), float(found.between[0])
    return Spread(factor=factor, sd_within=within, sd_between=between, icc1=icc1, icc2=icc2)


def _indices(x: Array, refs: Refs) -> Indices:
    """Return ICC(1) and ICC(2) over units; None without an estimate of the null model."""
    try:
        return aggregation(x, refs)
    except FitError:
        return None, None


def _counts(variable: Described, unit: str, values: Array) -> Iterator[CategoryCount]:
    labels = variable.labels
    if labels is None:
        if len(values) == 0 or len(np.unique(values[:TWO_VALUED_LOOKED_AT])) > 2:
            return
        distinct, codes = np.unique(values, return_inverse=True)
        if len(distinct) != 2:
            return
        labels = tuple(f"{value:.15g}" for value in distinct)
    else:
        codes = values.astype(np.intp)
    sizes = np.bincount(codes, minlength=len(labels))
    for label, size in zip(labels, sizes.tolist(), strict=True):
        share = size / len(values) if len(values) else 0.0
        yield CategoryCount(variable=variable.name, unit=unit, category=label, n=size, share=share)


def correlation_layers(variables: Sequence[Described], of: Hierarchy) -> Iterator[CorrelationLayer]:
    """Yield the correlations within the groups of each innermost factor, and between those of each factor.

    Numbers and categories of two levels are used, the latter as the indicator of the second level.
    """
    used = [each for each in variables if each.labels is None or len(each.labels) == 2]
    if len(used) < 2 or not of.refs:
        return
    names = tuple(quote_name(each.name) + ("" if each.labels is None else each.labels[1]) for each in used)
    columns = np.column_stack([each.values for each in used])
    columns = columns - columns.mean(axis=0)
    total = np.einsum("ij,ij->j", columns, columns)
    inner = {name for above in of.outer.values() for name in above}
    means = {factor: split_by_group(columns, refs)[1] for factor, refs in of.refs.items()}
    placed = [of.places.get(each.name) for each in used]
    for factor, refs in of.refs.items():
        below = np.array([place is not None for place in placed])
        if factor not in inner:
            rows = _correlations(columns - means[factor], np.where(below, np.inf, total))
            yield CorrelationLayer(layer="within", factor=factor, n=len(columns), variables=names, rows=rows)
        inside = next(iter(of.outer[factor]), None)
        centre = 0.0 if inside is None else means[inside]
        above = np.array([place is not None and place in of.outer[factor] for place in placed])
        yield CorrelationLayer(
            layer="between",
            factor=factor,
            inside=inside,
            n=int(refs.max()) + 1,
            variables=names,
            rows=_correlations(means[factor] - centre, np.where(above, np.inf, total)),
        )


def _correlations(parts: Array, total: Array) -> tuple[tuple[float | None, ...], ...]:
    """Return the lower triangle of the correlations of columns whose share of ``total`` is not rounding."""
    products = parts.T @ parts
    squares = np.diag(products)
    varies = squares > PURE * total
    length = np.sqrt(np.where(varies, squares, 1.0))
    found = np.clip(products / np.outer(length, length), -1.0, 1.0)
    return tuple(
        tuple(float(found[i, j]) if varies[i] and varies[j] else None for j in range(i))
        for i in range(1, len(total))
    )
