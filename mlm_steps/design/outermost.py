"""The grouping factor whose groups a bootstrap of cases draws."""

from __future__ import annotations

from mlm_steps.design.hlm import is_nested
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.errors import Fault, FitError

__all__ = ["outermost"]


def outermost(design: Design) -> RandomTerm:
    """Return a term on the factor that all others are nested in; FitError where there is none."""
    for term in design.random:
        others = [other for other in design.random if other.group != term.group]
        if all(is_nested(other, term) for other in others):
            return term
    groups = " and ".join(repr(name) for name in dict.fromkeys(term.group for term in design.random))
    raise FitError(
        Fault(
            "bootstrap.kind",
            f"cases cannot be drawn where grouping factors are crossed ({groups}): the rows of a group "
            "of one factor belong to groups of the other, which would not be whole",
            "choose parametric or residual",
        )
    )
