"""Planned studies: what the target needs, the power of each design, and the assumptions behind it."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.failure import Absence
from mlm_steps.records.power import (
    JointPower,
    LikelihoodRatioPower,
    PlannedParameter,
    PowerEffect,
    PowerRecord,
    PowerScenario,
)
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.power import answers, method, remarks
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import decimals_for_size, fixed, integer, share
from mlm_steps.report.text.text import Code, Number, Phrase, Word, say, source

__all__ = ["context"]

MOST_ROWS = 30
"""Largest number of rows of the table of designs; the others are in tables/power.csv."""
TABLE = "power"
ASSUMED: tuple[Align, ...] = ("text", "text", "number", "text")


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return answers, table, figures, assumptions and method; None without planned studies."""
    record = given.run.result(PowerRecord, "power_result")
    if record is None:
        return None
    if isinstance(record, Absence):
        problem = say("The power could not be computed: {why}", why=Word(record.reason))
        return {
            "answers": [problem], "remarks": [], "table": None, "figures": [], "assumptions": None,
            "method": None,
        }  # fmt: skip
    figures = [found for name in ("power_curve", "power_map") if (found := drawing(given, name)) is not None]
    return {
        "answers": answers(record),
        "remarks": remarks(record),
        "table": _table(record),
        "figures": figures,
        "assumptions": _assumptions(record),
        "method": method(record),
    }


def _table(record: PowerRecord) -> Grid:
    rows: list[Row] = []
    left_out = False
    for scenario in record.scenarios:
        left_out = len(rows) >= MOST_ROWS
        if left_out:
            break
        if len(record.scenarios) > 1:
            rows.append(heading(Word(scenario.closed.name)))
        rows += [_row(record, scenario, k, effect) for k, effect in enumerate(scenario.effects)]
        rows += [_joint(scenario, joint) for joint in scenario.joint]
        rows += [_ratio(scenario, ratio) for ratio in scenario.likelihood_ratios]
    heads = ["Effect", "Value", "Closed", "Ceiling"]
    if record.replicates:
        heads += ["Simulated", "SE", "Count", "95\u202f% CI", "Size at 0"]
    return Grid(
        caption=("Power of the planned studies",),
        columns=columns(*heads),
        rows=tuple(rows),
        notes=(_note(record, left_out=left_out),),
        wide=True,
    )


def _note(record: PowerRecord, *, left_out: bool) -> Phrase:
    text = "Ceiling: the power with endless rows per group."
    if record.replicates:
        text += (
            " Simulated: the conditional estimate with its standard error, of joint events the count; count: "
            "the share of studies that reject, with its exact interval; size at 0: this share if the effect "
            "is 0."
        )
    if left_out:
        text += " Further designs are in tables/power.csv."
    return (text,)


def _row(record: PowerRecord, scenario: PowerScenario, k: int, effect: PowerEffect) -> Row:
    closed = scenario.closed.effects[k]
    keys = (scenario.closed.name, effect.effect)
    cells: list[Phrase | Number | None] = [
        _number(*keys, "estimate", closed.estimate, decimals_for_size(closed.estimate, 3)),
        _share(*keys, "closed", closed.power),
        _share(*keys, "ceiling", closed.ceiling),
    ]
    if record.replicates:
        best = "power" if effect.conditional is None else "conditional"
        cells += [
            _share(*keys, best, getattr(effect, best)),
            _share(*keys, "conditional_se", effect.conditional_se, 4),
            _share(*keys, "power", effect.power),
            _interval(*keys, effect.ci_low, effect.ci_high),
            _share(*keys, "size_at_0", effect.size_at_0),
        ]
    return row(Word(effect.effect), cells)


def _joint(scenario: PowerScenario, joint: JointPower) -> Row:
    keys = (scenario.closed.name, joint.effect)
    cells: list[Phrase | Number | None] = [None, None, None]
    power = _share(*keys, "power", joint.power)
    cells += [power, None, power, _interval(*keys, joint.ci_low, joint.ci_high), None]
    return row(joint.effect.capitalize(), cells)


def _ratio(scenario: PowerScenario, ratio: LikelihoodRatioPower) -> Row:
    keys = (scenario.closed.name, ratio.smaller)
    power = _share(*keys, "power", ratio.power)
    cells: list[Phrase | Number | None] = [None, None, None, power, None, power]
    cells += [_interval(*keys, ratio.ci_low, ratio.ci_high), None]
    return row(say("Likelihood ratio against {smaller}", smaller=Code(ratio.smaller)), cells)


def _number(scenario: str, effect: str, field: str, value: float | None, decimals: int) -> Number | None:
    if value is None:
        return None
    return Number(fixed(value, decimals), source(TABLE, scenario, effect, field))


def _share(scenario: str, effect: str, field: str, value: float | None, decimals: int = 3) -> Number | None:
    if value is None:
        return None
    return Number(share(value, decimals), source(TABLE, scenario, effect, field))


def _interval(scenario: str, effect: str, low: float | None, high: float | None) -> Phrase | None:
    limits = (_share(scenario, effect, "ci_low", low), _share(scenario, effect, "ci_high", high))
    if limits[0] is None or limits[1] is None:
        return None
    return say("[{low}, {high}]", low=limits[0], high=limits[1])


def _assumptions(record: PowerRecord) -> Grid:
    """Return the assumptions of the first scenario; the grid tells what differs in the others."""
    first = record.scenarios[0].closed.name
    shown = [each for each in record.parameters if each.scenario == first]
    notes = (
        "The raw values are those of the analysed columns. tables/power_design.csv has the values of all "
        "designs."
        if len(record.scenarios) > 1
        else "The raw values are those of the analysed columns.",
    )
    return Grid(
        caption=("Assumptions",),
        columns=columns("Assumption", "Declared", "Raw value", "Source", align=ASSUMED),
        rows=tuple(_assumption(each) for each in shown),
        notes=(notes,),
        wide=True,
    )


def _assumption(each: PlannedParameter) -> Row:
    raw: Number | None = None
    if each.raw is not None:
        text = (
            integer(each.raw)
            if float(each.raw).is_integer()
            else fixed(each.raw, decimals_for_size(each.raw))
        )
        raw = Number(text, source("power_design", each.parameter, "raw"))
    what = Word("not stated" if each.source is None else each.source)
    return row(Word(each.parameter), [(Word(each.declared),), raw, (what,)])
