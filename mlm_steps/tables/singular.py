"""Directions in which the random effects of singular rungs do not vary (statistics, section 12)."""

from __future__ import annotations

from mlm_steps.records import RemedyRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["singular"]

COLUMNS = (
    "model",
    "term",
    "group",
    "rank",
    "sd_shares",
    "kind",
    "effects",
    "weights",
    "correlation",
    "crossing",
    "text",
)


def singular(run: RunRecords) -> Table:
    """Return one row per direction.

    ``crossing`` is the point at which the lines of all groups meet, if it is within the observed values.
    ``sd_shares`` are the shares of the term's standard deviation along its principal axes. ``weights`` are
    the weights of the effects in units of their standard deviations.
    """
    record = run.result(RemedyRecord, "remedies")
    rungs = record.rungs if isinstance(record, RemedyRecord) else ()
    rows: list[tuple[dict[str, Cell], Codes]] = [
        (
            {
                "model": rung.model,
                "term": term.source,
                "group": term.group,
                "rank": term.rank,
                "sd_shares": "; ".join(map(repr, term.shares)),
                "kind": direction.kind,
                "effects": "; ".join(direction.effects),
                "weights": "; ".join(map(repr, direction.weights)),
                "correlation": direction.correlation,
                "crossing": direction.crossing,
                "text": term.text,
            },
            dict.fromkeys(("correlation", "crossing"), "not_applicable"),
        )
        for rung in rungs
        for term in rung.terms
        for direction in term.directions
    ]
    return table_of("singular", COLUMNS, rows)
