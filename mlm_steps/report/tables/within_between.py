"""Slopes of predictors that vary at both levels: over all rows, within groups and between groups."""

from __future__ import annotations

from mlm_steps.records import SlopeComparison, SlopeEstimate
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.notation import decimals_for_se
from mlm_steps.report.text.text import Phrase

__all__ = ["slopes_table"]

WORDS = {"pooled": "all rows, groups ignored", "within": "within groups", "between": "between groups"}
NOTE = (
    "The slope within groups compares rows of the same group; the slope between groups compares group means. "
    "A model with the uncentred predictor estimates a weighted average of the two. The slopes within and "
    "between groups are from one model with a random intercept, fitted by REML."
)


def slopes_table(given: ReportInput) -> Grid | None:
    """Return one row per slope, or None if no predictor varies both within and between groups."""
    found = given.run.data_profile.slopes
    if not found:
        return None
    return Grid(
        caption=("Slopes of predictors that vary within and between groups",),
        columns=columns(
            *("Predictor", "Outcome", "Factor", "Slope", "Estimate", "SE", "95 % CI"),
            align=["text", "text", "text", "text", "number", "number", "number"],
        ),
        rows=tuple(_row(given, entry, slope) for entry in found for slope in entry.slopes),
        notes=((NOTE,),),
        wide=True,
    )


def _row(given: ReportInput, entry: SlopeComparison, slope: SlopeEstimate) -> Row:
    decimals = decimals_for_se(slope.se)
    keys = ("slope", entry.outcome, entry.variable, entry.factor, slope.kind)

    def number(value: float, field: str) -> Phrase:
        return (profile_number(value, *keys, field, decimals=decimals),)

    interval: Phrase = ("[", *number(slope.ci_low, "ci_low"), ", ", *number(slope.ci_high, "ci_high"), "]")
    return row(
        given.names.variable(entry.variable),
        [
            given.names.variable(entry.outcome),
            given.names.group(entry.factor),
            (WORDS[slope.kind],),
            number(slope.estimate, "estimate"),
            number(slope.se, "se"),
            interval,
        ],
    )
