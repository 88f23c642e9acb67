"""The design of a model in which predictors have separate slopes within and between groups.

Statistics, section 4: a predictor x that varies at both levels becomes x minus its group mean, and the group
mean is added. Its products keep their place with the centred x, and so do its random slopes. Of nested
factors, the mean of each is added; for crossed factors, x is centred within each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.formula import CATEGORIES
from mlm_steps.design.hlm import column_factors, is_nested
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.rank import independent_columns
from mlm_steps.engine.result.spread import column_spread, split_by_group
from mlm_steps.records.context import CURVED, ONLY_WITHIN

__all__ = ["Levels", "SplitColumn", "SplitDesign", "split_design"]

Array = NDArray[np.float64]
Products = Mapping[int, tuple[int, ...]]

ROUNDING = 1e-9
"""Largest difference, relative to the largest value, of two columns that are the same up to rounding."""
SAME_AS_MEAN = 0.999
"""Smallest correlation with a group mean of a column that counts as this mean. Means of other rows, or with
errors in a few groups, correlate more closely; beside them the computed mean has no precise slope."""


class Levels:
    """The grouping factors of a design with several rows per group.

    Attributes
    ----------
    refs : dict of str to ndarray, shape (n,)
        Per factor the position of each row's group.
    outer : dict of str to tuple of str
        Per factor those in which it is nested.
    names : tuple of str
        The factors; one that is nested in others stands before them.
    """

    def __init__(self, design: Design) -> None:
        terms = {term.group: term for term in design.random if len(term.levels) < design.n}
        self.refs = {name: term.refs for name, term in terms.items()}
        self.outer = {
            name: tuple(other for other, outer in terms.items() if other != name and is_nested(term, outer))
            for name, term in terms.items()
        }
        self.names = tuple(sorted(terms, key=lambda name: -len(self.outer[name])))

    def mean(self, x: Array, factor: str) -> Array:
        """Return the group mean of x on every row, shape (n,)."""
        centre = float(x.mean())
        return np.asarray(split_by_group((x - centre)[:, None], self.refs[factor])[1][:, 0] + centre)

    def varies(self, columns: Array) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.bool_]]]:
        """Return per factor whether each column varies within its groups, and between them."""
        spreads = {name: column_spread(columns, refs) for name, refs in self.refs.items()}
        return (
            {name: spread.varies_within for name, spread in spreads.items()},
            {name: spread.varies_between for name, spread in spreads.items()},
        )

    def below(self, factor: str, among: Sequence[str]) -> list[str]:
        """Return the factors among others that are nested in a factor, the outermost last."""
        return [name for name in self.names if name in among and factor in self.outer[name]]


@dataclass(frozen=True, slots=True, eq=False)
class SplitColumn:
    """A predictor that varies within groups, with its parts.

    Attributes
    ----------
    position : int
        Its column in the design.
    column, term : str
        Names of the column and of its term.
    factors : tuple of str
        Factors between whose groups its mean varies, the innermost first; empty if it is not split.
    within : ndarray, shape (n,)
        Its deviation from the group means.
    deviations : mapping of str to ndarray, shape (n,)
        Its deviation from the means of each factor alone.
    means : mapping of str to ndarray, shape (n,)
        Its group means by factor.
    own_means : mapping of int to str
        Columns of the design that hold one of these means, with its factor.
    raw : bool
        Whether the design has it uncentred and without its mean.
    reason : str
        Why it is not split.
    """

    position: int
    column: str
    term: str
    factors: tuple[str, ...] = ()
    within: Array = field(default_factory=lambda: np.empty(0))
    deviations: Mapping[str, Array] = field(default_factory=dict)
    means: Mapping[str, Array] = field(default_factory=dict)
    own_means: Mapping[int, str] = field(default_factory=dict)
    raw: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SplitDesign:
    """A design with split predictors.

    Attributes
    ----------
    given : Design
    design : Design
        The given design if no predictor is split.
    columns : tuple of SplitColumn
        All predictors that vary within groups.
    kept : mapping of int to int
        Column of the given design to column of this one.
    means : mapping of (int, str) to int
        Column of a predictor in the given design and a factor to the column of its mean in this one. A mean
        that is a linear combination of other columns is left out.
    products : mapping of int to tuple of int
        For each product among the columns of the given design, the columns that it multiplies.
    levels : Levels
    """

    given: Design
    design: Design
    columns: tuple[SplitColumn, ...]
    kept: Mapping[int, int]
    means: Mapping[tuple[int, str], int]
    products: Products
    levels: Levels

    @property
    def withins(self) -> dict[int, Array]:
        """The part within groups of each split column of the given design."""
        return {each.position: each.within for each in self.columns if each.factors}

    @property
    def is_split(self) -> bool:
        """Whether any predictor is split."""
        return any(each.factors for each in self.columns)


def split_design(design: Design, sources: Mapping[str, Array], above: Collection[str] = ()) -> SplitDesign:
    """Return the design in which each predictor has separate slopes within and between groups.

    Parameters
    ----------
    design : Design
    sources : mapping of str to ndarray, shape (n,)
        For columns that are centred within groups, the values before centring.
    above : collection of str
        Variables of a higher level, which are not split although they may vary in some groups.
    """
    levels, main = Levels(design), _main_columns(design)
    products = dict(_products(design, main))
    found = _split_columns(design, levels, main, sources)
    columns = tuple(each for each in found if not set(_variables(design, each.position)) <= set(above))
    split = {each.position: each for each in columns if each.factors}
    if not split:
        return SplitDesign(design, design, columns, {at: at for at in range(design.p)}, {}, products, levels)
    gone = {position for each in split.values() for position in each.own_means}
    old = [position for position in range(design.p) if position not in gone]
    added = [(each.position, factor) for each in split.values() for factor in each.factors]
    X = np.column_stack(
        [_fixed(design, at, products, split) for at in old] + [split[at].means[name] for at, name in added]
    )
    places = {at: new for new, at in enumerate(independent_columns(X).tolist())}
    kept = {position: places[at] for at, position in enumerate(old) if at in places}
    means = {key: places[at] for at, key in enumerate(added, start=len(old)) if at in places}
    made = _with_fixed(design, X[:, list(places)], kept, means)
    random = tuple(_random(design, term, products, split) for term in design.random)
    return SplitDesign(design, replace(made, random=random), columns, kept, means, products, levels)


def _main_columns(design: Design) -> dict[str, int]:
    """Return the columns that are no products, by name."""
    found = {}
    for position, (column, at) in enumerate(zip(design.columns, design.assign, strict=True)):
        if at > 0 and len(column_factors(column, design.term_labels[at - 1])) == 1:
            found[column] = position
    return found


def _variables(design: Design, position: int) -> tuple[str, ...]:
    """Return the data columns of a column's term."""
    return design.term_variables[design.assign[position] - 1]


def _products(design: Design, main: Mapping[str, int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each product of columns that are also in the design alone, with these columns."""
    for position, (column, at) in enumerate(zip(design.columns, design.assign, strict=True)):
        if at == 0 or column in main:
            continue
        parts = [main.get(text) for _, text in column_factors(column, design.term_labels[at - 1])]
        known = tuple(part for part in parts if part is not None)
        if len(known) == len(parts) and _same(design.X[:, position], design.X[:, known].prod(axis=1)):
            yield position, known


def _same(x: Array, y: Array) -> bool:
    return bool(np.abs(x - y).max() <= ROUNDING * max(np.abs(x).max(), np.abs(y).max()))


def _curved(design: Design) -> set[int]:
    """Return the terms whose variable has a curve: several numeric columns, or several terms of its own."""
    alone: dict[str, set[int]] = {}
    counts = {at: design.assign.count(at) for at in set(design.assign)}
    found = set()
    for at, (label, variables) in enumerate(zip(design.term_labels, design.term_variables, strict=True), 1):
        if len(column_factors(label, label)) > 1:
            continue
        for name in variables:
            alone.setdefault(name, set()).add(at)
        plain = "(" not in label or label.startswith(("`", *(f"{name}(" for name in CATEGORIES)))
        if not plain and counts.get(at, 0) > 1:
            found.add(at)
    for terms in alone.values():
        found |= terms if len(terms) > 1 else set()
    return found


def _split_columns(
    design: Design, levels: Levels, main: Mapping[str, int], sources: Mapping[str, Array]
) -> Iterator[SplitColumn]:
    """Yield the predictors that vary within the groups of every innermost factor, with their parts."""
    if not levels.names or not main:
        return
    curved = _curved(design)
    x = np.column_stack([sources.get(name, design.X[:, position]) for name, position in main.items()])
    within, between = levels.varies(x)
    own_between = levels.varies(design.X[:, list(main.values())])[1]
    innermost = [factor for factor in levels.names if not levels.below(factor, levels.names)]
    for at, (name, position) in enumerate(main.items()):
        if not all(within[factor][at] for factor in innermost):
            continue
        own = SplitColumn(position, name, design.term_labels[design.assign[position] - 1])
        factors = [factor for factor in levels.names if within[factor][at] and between[factor][at]]
        if not factors:
            yield replace(own, reason=ONLY_WITHIN)
        elif design.assign[position] in curved:
            yield replace(own, reason=CURVED)
        else:
            parts = _parts(own, x[:, at], factors, levels)
            held = _held_means(design, main, parts)
            mixed = any(own_between[factor][at] for factor in factors)
            yield replace(parts, own_means=held, raw=mixed and not held)


def _parts(own: SplitColumn, x: Array, factors: Sequence[str], levels: Levels) -> SplitColumn:
    """Return a predictor with its parts; of crossed factors the within part is centred for each of them."""
    means = {factor: levels.mean(x, factor) for factor in factors}
    deviations = {factor: x - mean for factor, mean in means.items()}
    inner = [factor for factor in factors if not levels.below(factor, factors)]
    within = deviations[inner[0]]
    for factor in inner[1:]:
        within = within - (means[factor] - means[factor].mean())
    return replace(own, factors=tuple(factors), within=within, deviations=deviations, means=means)


def _held_means(design: Design, main: Mapping[str, int], of: SplitColumn) -> dict[int, str]:
    """Return the columns of the design that hold a mean of the predictor, with the factor of the mean."""
    found = {}
    for position in main.values():
        nearest = {name: _correlation(design.X[:, position], mean) for name, mean in of.means.items()}
        factor = max(nearest, key=nearest.__getitem__)
        if position != of.position and nearest[factor] >= SAME_AS_MEAN:
            found[position] = factor
    return found


def _correlation(x: Array, y: Array) -> float:
    x, y = x - x.mean(), y - y.mean()
    length = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / length if length > 0 else 0.0


def _fixed(design: Design, position: int, products: Products, split: Mapping[int, SplitColumn]) -> Array:
    """Return a column of X with the part within groups in place of each split predictor."""
    parts = products.get(position, (position,))
    if not any(part in split for part in parts):
        return np.asarray(design.X[:, position])
    found = [split[part].within if part in split else design.X[:, part] for part in parts]
    return np.asarray(np.prod(found, axis=0))


def _random(
    design: Design, term: RandomTerm, products: Products, split: Mapping[int, SplitColumn]
) -> RandomTerm:
    """Return a term whose slopes of split predictors are of their deviations from the term's group means."""
    z = term.z.copy()
    affected = [at for at in range(design.p) if any(part in split for part in products.get(at, (at,)))]
    for column in range(z.shape[1]):
        same = next((at for at in affected if _same(design.X[:, at], term.z[:, column])), None)
        if same is None:
            continue
        if same in split:
            z[:, column] = split[same].deviations.get(term.group, split[same].within)
        else:
            z[:, column] = _fixed(design, same, products, split)
    return replace(term, z=z)


def _with_fixed(
    design: Design, X: Array, kept: Mapping[int, int], means: Mapping[tuple[int, str], int]
) -> Design:
    """Return the design with another X: columns of the old one, and the means as terms of their own."""
    old = {new: position for position, new in kept.items()}
    added = {new: f"{design.columns[position]} (mean of {name})" for (position, name), new in means.items()}
    columns = tuple(added.get(at) or design.columns[old[at]] for at in range(X.shape[1]))
    first = len(design.term_labels) + 1
    of_means = {new: first + at for at, new in enumerate(added)}
    assign = tuple(of_means.get(at) or design.assign[old[at]] for at in range(X.shape[1]))
    return replace(
        design,
        X=X,
        columns=columns,
        assign=assign,
        term_labels=(*design.term_labels, *added.values()),
        term_variables=(*design.term_variables, *((name,) for name in added.values())),
        all_columns=columns,
        all_assign=assign,
        dropped=(),
        shared_names={},
        full_names={},
        aliases={},
    )
