"""Local effect sizes f² from marginal R² (statistics, section 9.5)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.components import same_data
from mlm_steps.engine.result.mixed_fit import linear_fit
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained
from mlm_steps.variance.refits import without_columns

__all__ = ["local_f2"]

SOURCE = "Selya et al. 2012"


def local_f2(explained: Explained) -> Contribution:
    """Return (R²_AB - R²_A) / (1 - R²_AB) of the rung and of each of its terms, if it is asked for.

    AB is the rung. A is the previous rung (scope ``total``), or the rung without the term, refitted with the
    same random effects (the term is the scope). Terms that are part of a product of the rung have none, since
    the model without them has another meaning. R² is the marginal one; a value can be negative. Of
    generalized models only the previous rung is compared, for the same distribution.
    """
    if "local_f2" not in explained.wanted:
        return Contribution()
    return Contribution(measures=(*_previous(explained), *_terms(explained)))


def _previous(explained: Explained) -> Iterator[VarianceMeasure]:
    if explained.previous is None:
        return
    name, before = explained.previous
    code = same_data(before, explained.fit)
    if code is None and before.design.response != explained.fit.design.response:
        code = "not_comparable"
    if code is not None:
        yield _row("total", None, name, code)
        return
    yield _effect("total", explained.parts.r2_marginal, explained.parts_of(before).r2_marginal, name)


def _terms(explained: Explained) -> Iterator[VarianceMeasure]:
    design = explained.fit.design
    if not explained.linear:
        return
    for position, label in _droppable(design):
        columns = [index for index, assign in enumerate(design.assign) if assign == position]
        if columns and len(columns) < design.p:
            smaller = without_columns(linear_fit(explained.fit), columns)
            yield _effect(label, explained.parts.r2_marginal, variance_parts(smaller).r2_marginal, None)


def _droppable(design: Design) -> Iterator[tuple[int, str]]:
    """Yield the position and the label of each term whose variables are not part of a larger term."""
    sets = [set(names) for names in design.term_variables]
    for position, (label, own) in enumerate(zip(design.term_labels, sets, strict=True), start=1):
        if not any(own < other for other in sets):
            yield position, label


def _effect(scope: str, both: float, one: float, reference: str | None) -> VarianceMeasure:
    if not both < 1.0:
        return _row(scope, None, reference, "not_estimable")
    value = (both - one) / (1.0 - both)
    return _row(scope, value, reference, "negative" if value < 0 else None)


def _row(scope: str, value: float | None, reference: str | None, code: str | None) -> VarianceMeasure:
    return VarianceMeasure(
        measure="local_f2", scope=scope, value=value, method=SOURCE, reference=reference, code=code
    )
