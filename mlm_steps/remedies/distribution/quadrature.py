"""Compute the criterion by quadrature where Laplace's approximation is inaccurate."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.remedies.base import Case, Proposal

__all__ = ["quadrature"]

POINTS = 25
"""Quadrature points per dimension, those by which Laplace's approximation was judged (statistics, 22.2)."""


def quadrature(case: Case) -> Iterator[Proposal]:
    """Yield the same model by quadrature, if the fit has a notice on Laplace's approximation."""
    if any(notice.code == "laplace_inaccurate" for notice in case.fit.notices):
        yield Proposal(case.formula.text, f"by quadrature with {POINTS} points", agq=POINTS)
