"""Slopes within and between groups and contextual effects of the final rungs (statistics, sections 4, 20)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.context import ContextSlope, PredictorContext, RungContext
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import NUMBERS, effects_of, missing, numbers

__all__ = ["context"]

OF_REFIT = ("delta_deviance", "delta_npar", "delta_aic", "singular_there", "correlation_there")
COLUMNS = (
    "model", "outcome", "link", "term", "column", "grouping_factor", "slope", *NUMBERS, "df_method",
    "icc2", "raw", "held_means", "moderators", "method", *OF_REFIT, "singular", "correlation",
)  # fmt: skip


def context(run: RunRecords) -> Table:
    """Return one row per predictor, factor and slope of the last rung of each outcome.

    ``slope`` is ``as_fitted`` (of the rung itself, without a test), ``within``, ``between`` or
    ``contextual``. ``raw`` says whether the rung has the predictor uncentred and without its group mean;
    ``held_means`` are columns of the rung that hold this mean. Slopes are averages over the values of
    ``moderators`` in the sample. ``icc2`` is the reliability of the group means. ``delta_deviance`` to
    ``delta_aic`` are the refit less the rung, both by ML. A predictor that varies only within groups has one
    row without numbers.
    """
    found = effects_of(run).contexts
    return table_of("context", COLUMNS, (row for each in found for row in _rows(each)))


def _rows(of: RungContext) -> Iterator[tuple[dict[str, Cell], Codes]]:
    for predictor in of.predictors:
        shared = _shared(of, predictor)
        for slope in predictor.slopes:
            yield {**shared, **_own(slope)}, {**_codes(of), **missing(slope.test, NUMBERS)}
        if not predictor.slopes:
            empty: dict[str, Cell] = dict.fromkeys(("grouping_factor", "icc2", *NUMBERS))
            code = predictor.code or "not_applicable"
            codes = {**_codes(of), **dict.fromkeys(empty, code)}
            yield {**shared, **empty, "slope": "contextual"}, codes


def _shared(of: RungContext, predictor: PredictorContext) -> dict[str, Cell]:
    return {
        "model": of.model,
        "outcome": of.outcome,
        "link": of.link,
        "term": predictor.term,
        "column": predictor.column,
        "df_method": of.df_method,
        "raw": predictor.raw,
        "held_means": "; ".join(predictor.means) or None,
        "moderators": "; ".join(predictor.moderators) or None,
        "method": of.method,
        "singular": of.singular,
        "correlation": of.correlation,
        **{name: getattr(of, name) for name in OF_REFIT},
    }


def _codes(of: RungContext) -> Codes:
    """Return the codes of the empty cells that do not belong to one slope."""
    refit = "not_estimable" if of.reason else "not_applicable"
    others = ("correlation", "correlation_there", "held_means", "moderators", "grouping_factor", "icc2")
    return {**dict.fromkeys(OF_REFIT, refit), **dict.fromkeys(others, "not_applicable")}


def _own(slope: ContextSlope) -> dict[str, Cell]:
    return {
        **numbers(slope.test),
        "slope": slope.kind,
        "grouping_factor": slope.factor,
        "icc2": slope.icc2,
    }
