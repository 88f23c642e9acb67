"""A declared design as a source of designs for simulation and closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design.build import build_design
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.bootstrap.redrawn import Drawn
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.power.declared.predictors import Predictors

__all__ = ["DeclaredSource", "Missing"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows that a replicate lacks.

    Attributes
    ----------
    share : float
        Rows that are missing at random.
    total, shape : float
        Weibull attrition of the groups: the share that has left by the last time, and the shape.
    time : str or None
        The predictor of time; None without attrition.
    """

    share: float = 0.0
    total: float = 0.0
    shape: float = 1.0
    time: str | None = None


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
        drawn = self.predictors.draw([stream(self.seed, f"power/{self.key}", 0)], self._once())
        return self._designs({name: values[:1] for name, values in drawn.items()}, 1)

    def draw(self, generators: Sequence[np.random.Generator]) -> Drawn | None:
        """Return one design per generator, or None where all replicates have the template's design."""
        present = None
        if not self.predictors.redrawn:
            present = self._present(generators)
            if present is None:
                return None
        D = len(generators)
        columns = self.predictors.draw(generators, self._once())
        template = self.template
        whole = self._designs(columns, D)
        if present is None:
            present = self._present(generators)
        X = self._in_columns(whole, template).reshape(D, template.n, template.p)
        z = tuple(term.z.reshape(D, template.n, -1) for term in _same_order(whole.random, template.random))
        return Drawn(X, z, present)

    def _once(self) -> np.random.Generator:
        return stream(self.seed, f"power/{self.key}/fixed", 0)

    def _designs(self, columns: dict[str, Array], D: int) -> Design:
        """Return the design of D drawn designs, one below the other."""
        layout = self.predictors.layout
        # Any outcome will do that the fixed effects do not reproduce.
        outcome = np.sin(np.arange(D * layout.n, dtype=float) * 12.9898)
        frame = pd.DataFrame({self.parsed.outcome_label: outcome})
        for name, refs in layout.refs.items():
            frame[name] = _categorical(np.tile(refs, D), layout.labels[name])
        for predictor in self.predictors.predictors:
            values = np.broadcast_to(columns[predictor.name], (D, layout.n)).ravel()
            if predictor.kind == "category":
                frame[predictor.name] = _categorical(values, [*predictor.shares])
            else:
                frame[predictor.name] = values
        for derivation in self.predictors.derivations:
            frame[derivation.name] = np.broadcast_to(columns[derivation.name], (D, layout.n)).ravel()
        return build_design(self.parsed, frame)

    def _in_columns(self, whole: Design, template: Design) -> Array:
        """Return X of all designs in the columns of the template."""
        return whole.X[:, [whole.columns.index(name) for name in template.columns]]

    def _present(self, generators: Sequence[np.random.Generator]) -> NDArray[np.bool_] | None:
        """Return the rows that each replicate has, shape (D, n); None if it has all."""
        missing, layout = self.missing, self.predictors.layout
        if not missing.share and missing.time is None:
            return None
        here = np.ones((len(generators), layout.n), dtype=bool)
        if missing.share:
            for b, generator in enumerate(generators):
                here[b] = generator.random(layout.n) >= missing.share
        if missing.time is not None:
            here &= self._staying()[None]
        return here

    def _staying(self) -> NDArray[np.bool_]:
        """Return the rows before their group leaves: group r of N when the share passes its place."""
        missing, layout = self.missing, self.predictors.layout
        columns = self.predictors.draw([self._once()], self._once())
        time = np.broadcast_to(columns[str(missing.time)], (1, layout.n))[0]
        outer = min(layout.labels, key=lambda name: len(layout.labels[name]))
        N = len(layout.labels[outer])
        elapsed = (time - time.min()) / max(float(np.ptp(time)), 1e-300)
        left = 1.0 - (1.0 - missing.total) ** (elapsed**missing.shape)
        place = (np.arange(N) + 0.5) / N
        return np.asarray((left <= place[layout.refs[outer]]) | (elapsed == 0.0))


def _categorical(positions: NDArray[np.float64] | NDArray[np.intp], levels: Sequence[str]) -> pd.Categorical:
    return pd.Categorical(
        np.asarray(levels, dtype=object)[positions.astype(np.intp)], categories=list(levels)
    )


def _same_order(random: Sequence[RandomTerm], template: Sequence[RandomTerm]) -> list[RandomTerm]:
    """Return the terms of a design in the order of the template's."""
    return [next(t for t in random if (t.group, t.names) == (own.group, own.names)) for own in template]
