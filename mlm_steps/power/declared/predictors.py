"""The predictors of a planned study and how they are drawn (statistics, section 16.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.declared.sizes import Layout

__all__ = ["Derivation", "Predictor", "Predictors", "allocation"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]
Kind = Literal["normal", "binary", "values", "category"]


@dataclass(frozen=True, slots=True)
class Predictor:
    """A predictor of a planned study.

    Attributes
    ----------
    name : str
    factor : str or None
        The factor of whose levels it is a property; None if it varies from row to row.
    kind : {"normal", "binary", "values", "category"}
    mean, sd, icc : float
        Of a normal predictor; ``icc`` is the share of the variance between the groups of the first factor.
    share : float
        Of a binary predictor: the share of its second code.
    codes : tuple of float
        The two codes of a binary predictor.
    values : tuple of float
        The values in turn: of the rows within a group, or of the levels of its factor.
    shares : mapping of str to float
        Of a category: its levels with their shares.
    fixed : bool
        Whether a normal predictor is drawn once, not for every replicate.
    """

    name: str
    factor: str | None = None
    kind: Kind = "normal"
    mean: float = 0.0
    sd: float = 1.0
    icc: float = 0.0
    share: float = 0.5
    codes: tuple[float, float] = (0.0, 1.0)
    values: tuple[float, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    fixed: bool = False

    @property
    def redrawn(self) -> bool:
        """Whether every replicate draws its values anew."""
        return self.kind == "normal" and not self.fixed

    @property
    def variance(self) -> tuple[float, float]:
        """The population variance within and between groups."""
        if self.kind == "normal":
            total = self.sd**2
            return (total * (1.0 - self.icc), total * self.icc) if self.factor is None else (0.0, total)
        if self.kind == "binary":
            total = self.share * (1.0 - self.share) * (self.codes[1] - self.codes[0]) ** 2
        else:
            total = float(np.var(self.values)) if self.values else 0.0
        return (total, 0.0) if self.factor is None else (0.0, total)

    @property
    def centre(self) -> float:
        """The population mean."""
        if self.kind == "normal":
            return self.mean
        if self.kind == "binary":
            return self.codes[0] + self.share * (self.codes[1] - self.codes[0])
        return float(np.mean(self.values)) if self.values else 0.0


@dataclass(frozen=True, slots=True)
class Derivation:
    """A column derived within each drawn design: ``mean`` or ``center`` of a source within a factor.

    ``latent`` centres at the group means of the population instead of those of the sample.
    """

    name: str
    way: Literal["mean", "center"]
    source: str
    within: str | None
    latent: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Predictors:
    """All predictors of a design.

    Attributes
    ----------
    layout : Layout
    predictors : tuple of Predictor
    derivations : tuple of Derivation
    correlations : mapping of (str, str) to float
        Correlations of predictors that vary at one level, of their latent normal variables.
    """

    layout: Layout
    predictors: tuple[Predictor, ...]
    derivations: tuple[Derivation, ...] = ()
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def redrawn(self) -> bool:
        """Whether the design differs between replicates."""
        return any(self.is_redrawn(predictor) for predictor in self.predictors)

    def is_redrawn(self, predictor: Predictor) -> bool:
        """Return whether every replicate draws the values of a predictor anew."""
        if predictor.name not in self._linked:
            return predictor.redrawn
        return not any(each.fixed for each in self._linked_at(predictor.factor))

    def draw(self, generators: Sequence[np.random.Generator], once: np.random.Generator) -> dict[str, Array]:
        """Return the columns of one design per generator, each of shape (D, n); categories are positions.

        ``once`` draws the predictors that are fixed.
        """
        return self.derived(self.values(generators, once))

    def values(
        self, generators: Sequence[np.random.Generator], once: np.random.Generator
    ) -> dict[str, tuple[Array, Array]]:
        """Return per predictor its values and the means of its groups in the population, shape (D, n)."""
        latent = self._latent(generators, once)
        return {predictor.name: self._values(predictor, latent) for predictor in self.predictors}

    def derived(
        self, drawn: Mapping[str, tuple[Array, Array]], present: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        """Return the predictors and the columns derived from the rows that each design has."""
        columns = {name: values for name, (values, _) in drawn.items()}
        for derivation in self.derivations:
            columns[derivation.name] = self._derived(derivation, *drawn[derivation.source], present)
        return columns

    @property
    def _linked(self) -> set[str]:
        return {name for pair in self.correlations for name in pair}

    def _linked_at(self, factor: str | None) -> list[Predictor]:
        return [each for each in self.predictors if each.name in self._linked and each.factor == factor]

    def _latent(
        self, generators: Sequence[np.random.Generator], once: np.random.Generator
    ) -> dict[str, tuple[Array, Array]]:
        """Return standard normal variables of each normal or correlated predictor, within and between."""
        D, n = len(generators), self.layout.n
        found: dict[str, tuple[Array, Array]] = {}
        for block in self._blocks():
            root = self._root(block)
            J = len(self.layout.labels[block[0].factor or next(iter(self.layout.labels))])
            rows = 0 if block[0].factor is not None else n
            fixed = any(each.fixed for each in block)
            draws = [once] if fixed else generators
            parts = [
                (g.standard_normal((J, len(block))), g.standard_normal((rows, len(block)))) for g in draws
            ]
            a, e = (np.stack(each) @ root.T for each in zip(*parts, strict=True))
            for i, predictor in enumerate(block):
                found[predictor.name] = (
                    np.broadcast_to(a[..., i], (D, J)),
                    np.broadcast_to(e[..., i], (D, rows)),
                )
        return found

    def _blocks(self) -> list[tuple[Predictor, ...]]:
        """Return the predictors that need random numbers, correlated ones together."""
        linked = self._linked
        needing = [p for p in self.predictors if p.kind == "normal" or p.name in linked]
        blocks: dict[object, list[Predictor]] = {}
        for predictor in needing:
            key: object = (predictor.factor,) if predictor.name in linked else predictor.name
            blocks.setdefault(key, []).append(predictor)
        return [tuple(block) for block in blocks.values()]

    def _root(self, block: Sequence[Predictor]) -> Array:
        R = np.eye(len(block))
        for i, one in enumerate(block):
            for j, other in enumerate(block[:i]):
                r = self.correlations.get(
                    (one.name, other.name), self.correlations.get((other.name, one.name), 0.0)
                )
                R[i, j] = R[j, i] = r
        least = float(np.linalg.eigvalsh(R)[0])
        if least <= 0.0:
            what = f"no variables have these correlations together: the matrix has the eigenvalue {least:.3g}"
            raise UsageError(Fault("design.correlations", what, "make one of them smaller"))
        return np.asarray(np.linalg.cholesky(R), dtype=np.float64)

    def _values(self, predictor: Predictor, latent: Mapping[str, tuple[Array, Array]]) -> tuple[Array, Array]:
        """Return the values of a predictor and the means of its groups in the population, shape (D, n)."""
        layout, own = self.layout, latent.get(predictor.name)
        first = next(iter(layout.refs)) if predictor.factor is None else predictor.factor
        outer = next(iter(layout.labels))
        if predictor.kind == "normal":
            a, e = own  # type: ignore[misc]  # normal ones are drawn
            if predictor.factor is not None:
                values = predictor.mean + predictor.sd * a[:, layout.refs[first]]
                return values, values
            a = a[:, layout.refs[outer]]
            between = predictor.mean + predictor.sd * np.sqrt(predictor.icc) * a
            return between + predictor.sd * np.sqrt(1.0 - predictor.icc) * e, between
        values = self._allocated(predictor, None if own is None else own[0 if predictor.factor else 1])
        return values, np.full_like(values, predictor.centre) if predictor.factor is None else values

    def _allocated(self, predictor: Predictor, latent: Array | None) -> Array:
        """Return the values of a predictor that is allocated, not drawn, shape (D or 1, n)."""
        layout = self.layout
        if predictor.factor is not None:
            ref = layout.refs[predictor.factor]
            codes = self._allocation(predictor, layout.sizes(predictor.factor), latent)
            return codes[:, ref]
        if predictor.kind == "values":
            return np.asarray(predictor.values)[layout.within % len(predictor.values)][None]
        return self._within(predictor, latent)

    def _allocation(self, predictor: Predictor, sizes: Integers, latent: Array | None) -> Array:
        """Return the value of each level of a factor: arms alternate in order of size."""
        J = sizes.size
        if predictor.kind == "values":
            return np.resize(np.asarray(predictor.values, dtype=float), J)[None]
        shares = (
            [1.0 - predictor.share, predictor.share]
            if predictor.kind == "binary"
            else [*predictor.shares.values()]
        )
        order = np.argsort(sizes, kind="stable")[None] if latent is None else np.argsort(latent, axis=1)
        arms = allocation(shares, J) if latent is None else np.sort(allocation(shares, J))
        found = np.empty(order.shape)
        np.put_along_axis(found, order, np.broadcast_to(arms.astype(float), order.shape), axis=1)
        return self._coded(predictor, found)

    def _within(self, predictor: Predictor, latent: Array | None) -> Array:
        """Return a binary predictor or category of the rows: each group has its shares, as far as it can."""
        layout = self.layout
        shares = (
            [1.0 - predictor.share, predictor.share]
            if predictor.kind == "binary"
            else [*predictor.shares.values()]
        )
        inner = layout.units
        sizes, found = layout.sizes(inner), np.empty((1 if latent is None else latent.shape[0], layout.n))
        for j, size in enumerate(sizes):
            rows = np.flatnonzero(layout.refs[inner] == j)
            arms = allocation(shares, int(size)).astype(float)
            if latent is None:
                found[:, rows] = np.roll(arms, j * layout.turn)
            else:
                order = np.argsort(latent[:, rows], axis=1)
                own = np.empty_like(order, dtype=float)
                np.put_along_axis(own, order, np.broadcast_to(np.sort(arms), order.shape), axis=1)
                found[:, rows] = own
        return self._coded(predictor, found)

    def _coded(self, predictor: Predictor, positions: Array) -> Array:
        if predictor.kind != "binary":
            return positions
        return predictor.codes[0] + positions * (predictor.codes[1] - predictor.codes[0])

    def _derived(
        self, derivation: Derivation, source: Array, means: Array, present: NDArray[np.bool_] | None
    ) -> Array:
        if derivation.latent:
            mean = means
        else:
            name = derivation.within
            ref = np.zeros(self.layout.n, dtype=np.intp) if name is None else self.layout.refs[name]
            mean = _group_means(source, ref, present)
        return mean if derivation.way == "mean" else source - mean


def _group_means(values: Array, ref: Integers, present: NDArray[np.bool_] | None) -> Array:
    """Return for each row the mean of its group over the rows that are present, (D, n)."""
    order = np.argsort(ref, kind="stable")
    levels, starts = np.unique(ref[order], return_index=True)
    here = np.ones((1, ref.size)) if present is None else present.astype(float)
    sums = np.add.reduceat((values * here)[:, order], starts, axis=1)
    counts = np.add.reduceat(here[:, order], starts, axis=1)
    found: Array = (sums / np.maximum(counts, 1.0))[:, np.searchsorted(levels, ref)]
    return found


def allocation(shares: Sequence[float], count: int) -> Integers:
    """Return an arm for each of ``count`` places, as even as possible, each arm in its share of them.

    >>> allocation([0.5, 0.5], 5).tolist()
    [0, 1, 0, 1, 0]
    >>> allocation([0.75, 0.25], 8).tolist()
    [0, 0, 1, 0, 0, 0, 1, 0]
    """
    share = np.asarray(shares, dtype=float) / float(np.sum(shares))
    exact = share * count
    counts = np.floor(exact + 1e-9).astype(np.intp)
    for arm in np.argsort(counts - exact, kind="stable")[: count - int(counts.sum())]:
        counts[arm] += 1
    if share.size == 2:  # the number of places of the second arm is rounded half to even, as R does
        counts[1] = int(np.rint(exact[1]))
        counts[0] = count - counts[1]
    placed = [(arm, (k + 0.5) / counts[arm]) for arm in range(share.size) for k in range(counts[arm])]
    return np.array([arm for arm, _ in sorted(placed, key=lambda each: (each[1], each[0]))], dtype=np.intp)
