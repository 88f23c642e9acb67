"""Check that a generalized linear mixed model can be estimated from a design."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.families import Family, Outcome
from mlm_steps.engine.result.checks import (
    few_levels,
    no_random_effects,
    place_of,
    too_few_rows,
    weight_faults,
)
from mlm_steps.errors import Fault, FitError

__all__ = ["check_glmm_design"]


def check_glmm_design(design: Design, family: Family) -> None:
    """Raise FitError for a design that has no estimate.

    Unlike in a linear model, a factor may have a level per row, unless the family makes its variance
    unidentifiable (statistics, section 22.10).

    Raises
    ------
    FitError
        With a fault for everything that is wrong: the outcome does not suit the family, no random effects,
        more coefficients than rows, a factor with one level, weights that are not positive.
    """
    faults = [
        *(_of_outcome(design, family)),
        *no_random_effects(design),
        *too_few_rows(design),
        *weight_faults(design),
        *(fault for term in design.random for fault in _of_term(design, term, family)),
    ]
    if faults:
        raise FitError(*dict.fromkeys(faults))


def _of_outcome(design: Design, family: Family) -> Iterator[Fault]:
    for fault in family.check(Outcome.of(design.y, design.trials, design.weights)):
        where = "" if fault.row is None else f" (row {int(design.rows[fault.row]) + 1})"
        yield Fault("", f"the outcome {design.outcome!r}: {fault.what}{where}", fault.hint)


def _of_term(design: Design, term: RandomTerm, family: Family) -> Iterator[Fault]:
    offset = place_of(design, term.source)
    J = len(term.levels)
    yield from few_levels(design, term.group, J)
    empty = [name for name, column in zip(term.names, term.z.T, strict=True) if not column.any()]
    if empty:
        what = f"{', '.join(empty)} in {term.source} is 0 in every row: its variance has no effect"
        yield Fault("", what, "leave it out", offset=offset)
    if max(design.n, 2) > J:
        return
    what = f"the grouping factor {term.group!r} has a level per row"
    if family.has_dispersion:
        reason = "its variance cannot be told from the family's dispersion"
        yield Fault("", f"{what}; {reason}", "leave out the term, or use family: poisson", offset=offset)
    elif family.has_trials and (design.trials is None or bool((design.trials == 1.0).all())):
        reason = "from one trial per row its variance cannot be estimated"
        yield Fault("", f"{what}; {reason}", "leave out the term", offset=offset)
