"""The record of what happens when the random effects of the rungs are left out, one at a time."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Notice, Part, Record
from mlm_steps.records.comparison import TRUSTWORTHY, MixtureComponent, PValue

__all__ = ["DeletionsRecord", "Heterogeneity", "RandomEffectTest", "RungDeletions"]


class RandomEffectTest(Part):
    """A model without one random effect, tested against the whole: one row of the ``ranova`` table."""

    term: str
    """What is left out, as lmerTest has it: ``(1 | g)``, or ``x in (x | g)``."""
    group: str
    effects: tuple[str, ...]
    """The random coefficients that go with it, by the names of their columns."""
    npar: int
    loglik: float | None
    """Of the smaller model; restricted where the criterion is REML's."""
    aic: float | None
    statistic: float | None
    df: int
    p_naive: float | None
    p_boundary: float | None
    mixture: tuple[MixtureComponent, ...] | None
    p_boundary_code: str | None
    """Why there is no boundary p: ``no_closed_weights``, ``null_on_boundary``."""
    p_rlrt: float | None
    p_rlrt_code: str | None
    """Why there is no exact p: ``not_requested``, ``not_applicable``, ``not_reml``, ``too_large``."""
    reason: str | None = None
    """Why there is no test, in words."""

    @property
    def p(self) -> float | None:
        """The p value to report, the most trustworthy of those there are."""
        return None if self.p_from is None else getattr(self, self.p_from)

    @property
    def p_from(self) -> PValue | None:
        """Name of the field that holds it; nothing of this kind is bootstrapped."""
        return next((name for name in TRUSTWORTHY if getattr(self, name, None) is not None), None)


class Heterogeneity(Part):
    """HLM's chi-square test that a random coefficient does not vary between groups."""

    group: str
    effect: str
    statistic: float | None
    df: int | None
    p: float | None
    n_groups: int | None
    """Groups whose own rows determine the coefficient."""
    code: str | None = None
    """Why there is no test: ``several_factors``, ``not_estimable``."""


class RungDeletions(Part):
    """The tests of one rung."""

    model: str
    method: Literal["REML", "ML"]
    npar: int
    loglik: float
    aic: float
    deletions: tuple[RandomEffectTest, ...]
    heterogeneity: tuple[Heterogeneity, ...]
    notices: tuple[Notice, ...] = ()


class DeletionsRecord(Record):
    """The tests of all rungs that were fitted."""

    rungs: tuple[RungDeletions, ...]
