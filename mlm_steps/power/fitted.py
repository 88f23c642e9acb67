"""The design of a fitted model as the design of a planned study (statistics, section 16.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

import numpy as np

from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.drawn_designs import Drawn
from mlm_steps.engine.structures.groups import factors_of
from mlm_steps.errors import Fault, UsageError

__all__ = ["FittedSource"]


@dataclass(frozen=True, eq=False)
class FittedSource:
    """The rows of a fitted design; with another number of groups, its groups in turn.

    Attributes
    ----------
    design : Design
    groups : int or None
        Number of groups; None for those of the design.
    """

    design: Design
    groups: int | None = None

    @property
    def key(self) -> str:
        """Identifies the design."""
        digest = sha256(self.design.X.tobytes())
        for term in self.design.random:
            digest.update(term.z.tobytes() + term.refs.tobytes())
        return f"fit/{digest.hexdigest()[:16]}/{self.groups}"

    @cached_property
    def template(self) -> Design:
        """The design with a placeholder outcome.

        Raises
        ------
        UsageError
            If the fit is weighted, or another number of groups is asked for with several grouping factors.
        """
        if self.design.weights is not None:
            what = "the power of a weighted fit depends on the weights of future rows"
            raise UsageError(Fault("fit", what, "fit without weights, or declare the design"))
        if self.groups is None:
            return replace(self.design, offset=None)  # an offset shifts the outcome, and nothing else
        (factor, *others) = factors_of(self.design)
        if others:
            what = "a design with several grouping factors has its own groups only"
            raise UsageError(Fault("groups", what, "declare the design with mlm_steps.power"))
        rows_of = [np.flatnonzero(factor.refs == j) for j in range(factor.J)]
        taken = [rows_of[j % factor.J] for j in range(self.groups)]
        rows = np.concatenate(taken)
        refs = np.repeat(np.arange(self.groups), [each.size for each in taken])
        levels = tuple(str(j + 1) for j in range(self.groups))
        random = tuple(replace(t, z=t.z[rows], refs=refs, levels=levels) for t in self.design.random)
        outcome = np.sin(12.9898 * np.arange(rows.size))
        return replace(
            self.design, X=self.design.X[rows], y=outcome, random=random, offset=None,
            rows=np.arange(rows.size),
        )  # fmt: skip

    def draw(self, _generators: Sequence[np.random.Generator]) -> Drawn | None:
        """Return None: all replicates have this design."""
        return None
