"""A declared design as a source of designs for simulation and closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.apply import NewTerm, apply_to_values
from mlm_steps.design.build import design_of_values
from mlm_steps.design.columns import ChosenColumns
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.variables import Factor, Numbers, Value
from mlm_steps.engine.bootstrap.drawn_designs import Drawn
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.errors import DesignError
from mlm_steps.power.declared.predictors import Predictors

__all__ = ["DeclaredSource", "Missing", "PerArm"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PerArm:
    """One share for each arm of a predictor of the units.

    Attributes
    ----------
    predictor : str
    codes : tuple of float
        The values of the arms in a drawn design.
    shares : tuple of float
    """

    predictor: str
    codes: tuple[float, ...]
    shares: tuple[float, ...]

    def of(self, values: Array) -> Array:
        """Return the share of each unit, from the values of the predictor, of the same shape."""
        found = np.empty(values.shape)
        for code, share in zip(self.codes, self.shares, strict=True):
            found[values == code] = share
        return found


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows that a replicate lacks.

    Attributes
    ----------
    share : float
        Rows that are missing at random.
    total : float or PerArm
        Weibull attrition: the share of the units of each arm that has left by the last time.
    shape : float
        Of the Weibull curve.
    time : str or None
        The predictor of time; None without attrition.
    """

    share: float = 0.0
    total: float | PerArm = 0.0
    shape: float = 1.0
    time: str | None = None

    @property
    def any(self) -> bool:
        """Whether any row may be missing."""
        return self.share > 0.0 or self.time is not None


@dataclass(frozen=True, eq=False)
class DeclaredSource:
    """A declared design.

    Attributes
    ----------
    key : str
        Identifies the design; it determines the random numbers.
    formula : str
    predictors : Predictors
    seed : int
        Seed of the run, for predictors that are drawn once.
    missing : Missing
    """

    key: str
    formula: str
    predictors: Predictors
    seed: int
    missing: Missing = field(default_factory=Missing)

    @cached_property
    def parsed(self) -> Formula:
        """The formula."""
        return parse_formula(self.formula)

    @cached_property
    def template(self) -> Design:
        """The design, or the first that is drawn, with a placeholder outcome."""
        columns = self.predictors.draw([stream(self.seed, f"power/{self.key}", 0)], self._once())
        # An offset shifts the outcome, and nothing else.
        return replace(design_of_values(self.parsed, self._values(columns, 1)), offset=None)

    def draw(self, generators: Sequence[np.random.Generator]) -> Drawn | None:
        """Return one design per generator, or None where all replicates have the template's design."""
        if not self.predictors.redrawn and not self.missing.any:
            return None
        D, template = len(generators), self.template
        drawn = self.predictors.values(generators, self._once())
        present = self._present(generators)  # after the predictors, so that they are the same without it
        columns = self.predictors.derived(drawn, present)
        if self._learns_from_drawn:
            X, z = self._one_by_one(columns, D, present)
        elif template.transforms["states"]:
            new = apply_to_values(template.transforms, self._values(columns, D))
            X, z = new.X, [_matching(new.random, term).z for term in template.random]
        else:
            whole = design_of_values(self.parsed, self._values(columns, D))
            X, z = _in_columns(whole, template), [_matching(whole.random, term).z for term in template.random]
        n = template.n
        return Drawn(X.reshape(D, n, template.p), tuple(each.reshape(D, n, -1) for each in z), present)

    @property
    def _learns_from_drawn(self) -> bool:
        """Whether a transform, such as ``scale()``, has parameters that differ between the replicates."""
        states = self.template.transforms["states"]
        predictors = self.predictors
        varying = {each.name for each in predictors.predictors if predictors.is_redrawn(each)}
        varying |= {each.name for each in predictors.derivations if each.source in varying}
        texts = [str(text) for text in states]  # type: ignore[attr-defined]  # JSON values, a mapping here
        return bool(texts) and (self.missing.any or any(name in text for name in varying for text in texts))

    def _one_by_one(
        self, columns: dict[str, Array], D: int, present: NDArray[np.bool_] | None
    ) -> tuple[Array, list[Array]]:
        """Return X and the columns of the random effects; each design learns its own transforms.

        A design that cannot be built has columns of zeros, so that its coefficients are not identified.
        """
        template, n = self.template, self.template.n
        X = np.zeros((D, n, template.p))
        z = [np.zeros((D, n, term.z.shape[1])) for term in template.random]
        for d in range(D):
            rows = np.arange(n) if present is None else np.flatnonzero(present[d])
            own = {name: values[min(d, values.shape[0] - 1)][None] for name, values in columns.items()}
            try:
                design = design_of_values(self.parsed, self._values(own, 1, rows))
            except DesignError:  # too few rows are left
                continue
            X[d, rows] = _in_columns(design, template)
            for found, term in zip(z, template.random, strict=True):
                same = _matching(design.random, term)
                for k, name in enumerate(same.names):
                    found[d, rows, term.names.index(name)] = same.z[:, k]
        return X, z

    def _once(self) -> np.random.Generator:
        return stream(self.seed, f"power/{self.key}/fixed", 0)

    def _values(
        self, columns: dict[str, Array], D: int, rows: NDArray[np.intp] | None = None
    ) -> ChosenColumns:
        """Return the values of D drawn designs, one below the other, or of some rows of one."""
        layout, n = self.predictors.layout, self.predictors.layout.n
        kept = np.arange(D * n) if rows is None else rows
        # Any outcome will do that the fixed effects do not reproduce and that has a logarithm.
        outcome = Numbers((2.0 + np.sin(np.arange(D * n, dtype=float) * 12.9898))[kept])
        values: dict[str, Value] = dict.fromkeys(self.parsed.outcomes, outcome)
        for name, refs in layout.refs.items():
            values[name] = Factor(np.tile(refs, D)[kept], tuple(layout.labels[name]))
        for predictor in self.predictors.predictors:
            own = np.broadcast_to(columns[predictor.name], (D, n)).ravel()[kept]
            if predictor.kind == "category":
                values[predictor.name] = Factor(own.astype(np.intp), tuple(predictor.shares))
            else:
                values[predictor.name] = Numbers(own)
        for derivation in self.predictors.derivations:
            own = np.broadcast_to(columns[derivation.name], (D, n)).ravel()[kept]
            values[derivation.name] = Numbers(own)
        return ChosenColumns(values, kept.size)

    def _present(self, generators: Sequence[np.random.Generator]) -> NDArray[np.bool_] | None:
        """Return the rows that each replicate has, shape (D, n); None if it has all."""
        missing, layout = self.missing, self.predictors.layout
        if not missing.any:
            return None
        here = np.ones((len(generators), layout.n), dtype=bool)
        if missing.share:
            for b, generator in enumerate(generators):
                here[b] = generator.random(layout.n) >= missing.share
        if missing.time is not None:
            here &= self._staying()[None]
        return here

    def _staying(self) -> NDArray[np.bool_]:
        """Return the rows before their unit leaves: unit r of N in its arm when the share passes its place.

        The units are the groups whose rows are the occasions.
        """
        missing, layout = self.missing, self.predictors.layout
        columns = self.predictors.draw([self._once()], self._once())
        time = np.broadcast_to(columns[str(missing.time)], (1, layout.n))[0]
        elapsed = (time - time.min()) / max(float(np.ptp(time)), 1e-300)
        lost = missing.total
        arm = columns[lost.predictor] if isinstance(lost, PerArm) else np.zeros(1)
        total = lost.of(np.broadcast_to(arm, (1, layout.n))[0]) if isinstance(lost, PerArm) else lost
        left = 1.0 - (1.0 - total) ** (elapsed**missing.shape)
        units = layout.units
        first = np.unique(layout.refs[units], return_index=True)[1]
        arms = [
            np.broadcast_to(columns[each.name], (1, layout.n))[0][first]
            for each in self.predictors.predictors
            if each.factor is not None and each.kind in ("binary", "category")
        ]
        place = _places(np.column_stack([np.zeros(first.size), *arms]))
        return np.asarray((left <= place[layout.refs[units]]) | (elapsed == 0.0))


def _places(arms: Array) -> Array:
    """Return (r - 1/2) / N of each unit, the r-th of the N units of its arm, shape (units,)."""
    own = np.unique(arms, axis=0, return_inverse=True)[1].ravel()
    found = np.empty(own.size)
    for arm in range(int(own.max()) + 1):
        units = np.flatnonzero(own == arm)
        found[units] = (np.arange(units.size) + 0.5) / units.size
    return found


def _in_columns(whole: Design, template: Design) -> Array:
    """Return X in the columns of the template; a column that the design lacks is zero."""
    if whole.columns == template.columns:
        return whole.X
    X = np.zeros((whole.n, template.p))
    for k, name in enumerate(template.columns):
        if name in whole.columns:
            X[:, k] = whole.X[:, whole.columns.index(name)]
    return X


def _matching(random: Sequence[RandomTerm] | Sequence[NewTerm], own: RandomTerm) -> RandomTerm | NewTerm:
    """Return the term of a drawn design that is ``own`` of the template."""
    same = [term for term in random if term.group == own.group and {*term.names} <= {*own.names}]
    return max(same, key=lambda term: len(term.names))
