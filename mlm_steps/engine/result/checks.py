"""Check that a design can be estimated before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.errors import Fault, FitError

__all__ = [
    "check_design",
    "constant_within",
    "few_levels",
    "no_random_effects",
    "place_of",
    "too_few_rows",
    "weight_faults",
]

CONSTANT = 1e-12
"""Range of an outcome within groups, relative to its whole range, below which it is rounding error."""


def check_design(design: Design) -> None:
    """Raise FitError for a design that has no estimate.

    Raises
    ------
    FitError
        With a fault for everything that is wrong: no random effects, more coefficients than rows, an
        outcome that does not vary, a factor with one level, as many random effects as rows, weights
        that are not positive.
    """
    faults = [
        *no_random_effects(design),
        *too_few_rows(design),
        *_constant_outcome(design),
        *weight_faults(design),
        *_term_faults(design),
    ]
    if faults:
        raise FitError(*faults)


def no_random_effects(design: Design) -> Iterator[Fault]:
    """Yield the fault of a formula without random effects."""
    if not design.random:
        what = f"the formula {design.formula!r} has no random effects"
        yield Fault("", what, "add a term such as (1 | group)")


def too_few_rows(design: Design) -> Iterator[Fault]:
    """Yield the fault of a design with more fixed effects than rows."""
    if design.n <= design.p:
        what = f"{design.p} fixed effects cannot be estimated from {design.n} rows"
        yield Fault("", what, "leave out predictors")


def _constant_outcome(design: Design) -> Iterator[Fault]:
    if design.n > design.p and np.ptp(design.y) == 0.0:
        yield Fault(
            "",
            f"the outcome {design.outcome!r} has the same value ({design.y[0]:g}) in all {design.n} rows",
            "there is nothing to explain",
        )


def constant_within(design: Design) -> str | None:
    """Return the message that the outcome is constant within each group of a random intercept, or None."""
    y = design.y if design.offset is None else design.y - design.offset
    for term in design.random:
        if not (term.z == 1.0).all(axis=0).any():
            continue
        J = len(term.levels)
        low, high = np.full(J, np.inf), np.full(J, -np.inf)
        np.minimum.at(low, term.refs, y)
        np.maximum.at(high, term.refs, y)
        if design.n > J and (high - low).max() <= CONSTANT * np.ptp(y):
            return f"the outcome {design.outcome!r} is constant within groups: it belongs to {term.group}"
    return None


def weight_faults(design: Design) -> list[Fault]:
    """Return the fault of prior weights that are not positive."""
    weights = design.weights
    if weights is None or bool(np.all(np.isfinite(weights) & (weights > 0))):
        return []
    bad = int(np.count_nonzero(~(np.isfinite(weights) & (weights > 0))))
    what = f"prior weights must be positive; {bad} of {design.n} are not"
    return [Fault("", what, "leave those rows out", key="weights")]


def _place(design: Design, group: str) -> int | None:
    """Return the position in the formula of the first term of a grouping factor."""
    return next((place_of(design, t.source) for t in design.random if t.group == group), None)


def place_of(design: Design, source: str) -> int | None:
    """Return the position of a term in the formula."""
    position = design.formula.find(source)
    return None if position < 0 else position


def _term_faults(design: Design) -> Iterator[Fault]:
    for group, levels in {term.group: len(term.levels) for term in design.random}.items():
        yield from _level_faults(design, group, levels)
    for term in design.random:
        yield from _column_faults(design, term)


def few_levels(design: Design, group: str, levels: int) -> Iterator[Fault]:
    """Yield the fault of a grouping factor with one level."""
    if levels < 2:
        yield Fault(
            "",
            f"the grouping factor {group!r} has {levels} level in the {design.n} "
            "rows used; a variance between levels needs at least 2",
            "leave out its random effects",
            offset=_place(design, group),
        )


def _level_faults(design: Design, group: str, levels: int) -> Iterator[Fault]:
    """Yield the fault of a grouping factor that has too few or too many levels."""
    yield from few_levels(design, group, levels)
    if levels >= max(design.n, 2):
        yield Fault(
            "",
            f"the grouping factor {group!r} has {levels} levels for {design.n} rows; "
            "its variance cannot be told from the residual variance",
            "a factor needs fewer levels than there are rows",
            offset=_place(design, group),
        )


def _column_faults(design: Design, term: RandomTerm) -> Iterator[Fault]:
    """Yield the faults of a term whose columns are empty or too many."""
    offset = place_of(design, term.source)
    empty = [name for name, column in zip(term.names, term.z.T, strict=True) if not column.any()]
    if empty:
        what = f"{', '.join(empty)} in {term.source} is 0 in every row: its variance has no effect"
        yield Fault("", what, "leave it out", offset=offset)
    J, k = len(term.levels), len(term.names)
    if 2 <= J < design.n and J * k >= design.n:
        yield Fault(
            "",
            f"the term {term.source} has {J} levels × {k} coefficients = {J * k} random "
            f"effects for {design.n} rows; they cannot be told from the residual",
            "leave out a random slope",
            offset=offset,
        )
