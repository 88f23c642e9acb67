"""What a check is given and returns, and the words that the checks share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.new_modes import Drawn, drawn_with_modes
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.cost import cost_of_fit
from mlm_steps.engine.families import Family
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck, Flag

__all__ = [
    "COVERED",
    "Check",
    "Contribution",
    "Subject",
    "flag_of",
    "p_text",
    "percent_range",
    "tail_share",
    "too_large",
    "two_sided",
]

Array = NDArray[np.float64]

LOOK, CONCERN = 0.05, 0.01
"""A p value below the first has the flag ``look``, one below the second the flag ``concern``."""
COVERED = (0.025, 0.975)
"""Quantiles that bound the 95 % range of a statistic under the model."""
DRAWN = 249
"""Drawn outcomes whose modes are found: the smallest two-sided p value is then .008."""
FEWEST = 99
"""Smallest number of drawn outcomes on which a check rests; its smallest two-sided p value is .02."""
SECONDS = 1.0
"""Estimated seconds that the drawn outcomes of one rung may take, unless the effort is full."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A fitted generalized model and the settings of its checks.

    Attributes
    ----------
    model : str
        Name of the rung.
    fit : GlmmFit
    seed : int
        Seed of the run.
    thorough : bool
        Whether all simulations are made, however long they take.
    """

    model: str
    fit: GlmmFit
    seed: int
    thorough: bool = False

    @property
    def family(self) -> Family:
        """The distribution of the outcome."""
        return self.fit.distribution

    @cached_property
    def phi(self) -> float:
        """The dispersion parameter; 1 where the family has none."""
        return 1.0 if self.fit.phi is None else self.fit.phi

    @cached_property
    def rows(self) -> NDArray[np.bool_]:
        """The rows that are not predicted exactly, shape (n,): with an infinite coefficient some are."""
        return np.isfinite(self.fit.eta)

    @cached_property
    def eta(self) -> Array:
        """The linear predictor at the modes, of ``rows``."""
        return self.fit.eta[self.rows]

    @cached_property
    def y(self) -> Array:
        """The outcome, of ``rows``; for a binomial outcome the number of events."""
        return self.fit.design.y[self.rows]

    @cached_property
    def trials(self) -> Array:
        """The number of trials, of ``rows``."""
        given = self.fit.design.trials
        return np.ones(self.y.size) if given is None else given[self.rows]

    @cached_property
    def weights(self) -> Array:
        """The frequency weights, of ``rows``."""
        given = self.fit.design.weights
        return np.ones(self.y.size) if given is None else given[self.rows]

    @property
    def binary(self) -> bool:
        """Whether every outcome is one trial: such an outcome has no dispersion of its own."""
        return self.family.has_trials and bool(np.all(self.trials == 1.0))

    def streams(self, check: str, count: int) -> list[np.random.Generator]:
        """Return the generators of the replicates of a check (statistics, section 0)."""
        return [stream(self.seed, f"diagnostics/{self.model}/{check}", number) for number in range(count)]

    @cached_property
    def drawn(self) -> tuple[Drawn, ...]:
        """Outcomes drawn with new random effects and their own modes; none if they would take too long."""
        count = DRAWN
        if not self.thorough:
            count = min(DRAWN, int(SECONDS / cost_of_fit(self.fit).value))
        if count < FEWEST:
            return ()
        found = drawn_with_modes(self.fit, self.streams("modes", count))
        kept = tuple(Drawn(each.y[self.rows], each.eta[self.rows]) for each in found)
        return kept if len(kept) >= FEWEST else ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one check adds to the record of a rung; empty where it does not apply."""

    checks: tuple[DiagnosticCheck, ...] = ()
    curves: tuple[Curve, ...] = ()


class Check(Protocol):
    """A check of a generalized model, in a module of the same name.

    It composes one sentence per result, with the numbers that the sentence needs, and says which range of its
    statistic the model allows.
    """

    def __call__(self, subject: Subject) -> Contribution:
        """Return the results of the check."""
        ...


def flag_of(p: float) -> Flag:
    """Return the flag of a p value."""
    return "concern" if p < CONCERN else "look" if p < LOOK else "ok"


def two_sided(value: float, simulated: Sequence[float] | Array) -> float:
    """Return twice the smaller share of simulated values at or beyond a value, the value itself included."""
    drawn = np.asarray(simulated, dtype=float)
    above, below = 1 + int(np.sum(drawn >= value)), 1 + int(np.sum(drawn <= value))
    return min(1.0, 2.0 * min(above, below) / (drawn.size + 1))


def tail_share(value: float, simulated: Sequence[float] | Array) -> float:
    """Return the share of simulated values that are at least a value, the value itself included."""
    drawn = np.asarray(simulated, dtype=float)
    return (1 + int(np.sum(drawn >= value))) / (drawn.size + 1)


def p_text(p: float) -> str:
    """Return a p value in words.

    >>> p_text(0.0002), p_text(0.0312)
    ('p < .001', 'p = .031')
    """
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)


def percent_range(low: float, high: float) -> str:
    """Return the range of 95 % of a statistic under the model, in words."""
    return f"95 % of data sets of the model: {low:.2f} to {high:.2f}"


def too_large(check: str) -> DiagnosticCheck:
    """Return the row of a check whose simulations would take too long."""
    text = "This check needs simulations that take long with so many rows; effort: full computes it."
    return DiagnosticCheck(check=check, statistic=None, flag=None, sentence=text, code="too_large")
