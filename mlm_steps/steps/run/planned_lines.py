"""What the terminal shows of planned studies."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.errors import printable
from mlm_steps.records.power import (
    ClosedEffect,
    ClosedRecord,
    ClosedScenario,
    PowerEffect,
    PowerRecord,
    PowerScenario,
    Required,
    below_target,
    clearly_below,
    told_once,
)
from mlm_steps.steps.run.tabular import text_table

__all__ = ["MOST_FAILED", "describe_closed", "describe_power"]

MOST_FAILED = 0.05
"""Share of failed fits above which the simulated power is not trusted and the run ends with exit code 1."""


def describe_closed(record: ClosedRecord) -> str:
    """Return the closed answers as a table, one line per scenario and effect."""
    rows = [_closed_row(scenario, effect) for scenario in record.scenarios for effect in scenario.effects]
    header = ("scenario", "groups", "rows", "effect", "value", "SE", "df", "power", "ceiling")
    lines = ["power by the closed form", *text_table(header, rows, right=(1, 2, 4, 5, 6, 7, 8))]
    for k, where in told_once(record.scenarios).items():
        required = record.scenarios[k].required
        lines += [f"{_colon(where)}{each.effect}: {required_words(each)}" for each in required]
    return "\n".join(map(printable, lines)) + "\n"


def _closed_row(scenario: ClosedScenario, effect: ClosedEffect) -> tuple[str, ...]:
    return (
        scenario.name,
        f"{scenario.groups}",
        f"{scenario.rows:g}" if scenario.rows == int(scenario.rows) else f"{scenario.rows:.1f}",
        effect.effect,
        _number(effect.estimate),
        _number(effect.se),
        "" if effect.df is None else f"{effect.df:.1f}",
        _share(effect.power),
        _share(effect.ceiling),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _colon(where: str) -> str:
    return f"{where}: " if where else ""


def required_words(found: Required) -> str:
    """Return the answer to what a target needs."""
    how = " (closed form)" if found.method == "closed" else " (simulated)"
    power = "" if found.power is None else f", power {found.power:.3f}"
    if found.power_se is not None:
        power += " in fresh simulated studies"
        how = " (number by the closed form)" if found.method == "closed" else ""
    if found.ceiling is not None:
        return (
            f"with endless rows per group the power is {found.ceiling:.3f}, below the target; "
            "more groups are needed"
        )
    if found.value is None:
        return found.reason or "no answer"
    if found.what == "groups":
        span = ""
        if found.low is not None or found.high is not None:
            high = "∞" if found.high is None else f"{found.high:.0f}"
            span = f" (95 % interval {found.low or 0:.0f} to {high})"
        return f"{found.value:.0f} groups are needed{span}{power}{how}"
    if found.what == "rows":
        return f"{found.value:.0f} rows per group are needed{power}{how}"
    if found.what == "effect":
        return f"the smallest detectable effect is {found.value:.4g}{how}"
    if found.what == "cost":
        return f"{found.groups} groups of {found.rows} rows cost {found.value:,.0f}{power}{how}"
    half = f"the confidence interval reaches {found.value:.4g} to either side"
    assured = "" if found.high is None else f", at most {found.high:.4g} in 80 % of studies"
    return f"{half}{assured}{how}"


def describe_power(record: PowerRecord) -> str:
    """Return the simulated power as a table, with what the target needs and warnings."""
    rows = [(row) for scenario in record.scenarios for row in _power_rows(scenario)]
    header = (
        "scenario",
        "effect",
        "closed",
        "simulated",
        "SE",
        "count",
        "95 % interval",
        "size at 0",
        "failed",
    )
    lines = [
        f"power, {record.replicates} simulated studies per design"
        if record.replicates
        else "power by the closed form",
        *text_table(header, rows, right=(2, 3, 4, 5, 7, 8)),
    ]
    for k, where in told_once([each.closed for each in record.scenarios]).items():
        required = record.scenarios[k].required
        lines += [f"{_colon(where)}{each.effect}: {required_words(each)}" for each in required]
    return "\n".join(map(printable, [*lines, *power_warnings(record)])) + "\n"


def _power_rows(scenario: PowerScenario) -> Iterator[tuple[str, ...]]:
    failed = f"{scenario.failed}/{scenario.B}" if scenario.B else ""
    for closed, effect in zip(scenario.closed.effects, scenario.effects, strict=True):
        yield (
            scenario.closed.name,
            effect.effect,
            _share(closed.power),
            _share(_best(effect)),
            "" if effect.conditional_se is None else f"{effect.conditional_se:.4f}",
            _share(effect.power),
            _interval(effect.ci_low, effect.ci_high),
            _share(effect.size_at_0),
            failed,
        )
    for joint in scenario.joint:
        span = _interval(joint.ci_low, joint.ci_high)
        share = _share(joint.power)
        yield (scenario.closed.name, joint.effect, "", share, "", share, span, "", failed)
    for ratio in scenario.likelihood_ratios:
        share, span = _share(ratio.power), _interval(ratio.ci_low, ratio.ci_high)
        name = f"likelihood ratio against {ratio.smaller}"
        yield (scenario.closed.name, name, "", share, "", share, span, "", f"{ratio.failed}/{scenario.B}")


def _best(effect: PowerEffect) -> float | None:
    return effect.power if effect.conditional is None else effect.conditional


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.3f}–{high:.3f}"


def power_warnings(record: PowerRecord) -> list[str]:
    """Return the lines on results that are not to be trusted."""
    lines = []
    for scenario in record.scenarios:
        name = scenario.closed.name
        if scenario.B and scenario.failed > MOST_FAILED * scenario.B:
            lines.append(f"{name}: {scenario.failed} of {scenario.B} fits failed; they count as no rejection")
        lines += [
            f"{name}: {effect.effect}: power overstated: the test rejects {effect.size_at_0:.3f} of true "
            f"hypotheses, not {record.alpha:g}"
            for effect in scenario.effects
            if effect.overstated
        ]
        lines += [
            f"{name}: {effect.effect}: few degrees of freedom; Kenward and Roger's test has power "
            f"{effect.kenward_roger:.3f} and rejects {effect.kenward_roger_size_at_0:.3f} of true hypotheses"
            for effect in scenario.effects
            if effect.kenward_roger is not None
        ]
        lines += [
            f"{name}: {effect.effect}: closed form ({_share(closed.power)}) and simulation "
            f"({_share(_best(effect))}) differ by more than three standard errors: the simulation is right"
            for closed, effect in zip(scenario.closed.effects, scenario.effects, strict=True)
            if effect.differs
        ]
    for k, where in told_once([each.closed for each in record.scenarios]).items():
        lines += [
            f"{_colon(where)}{each.effect}: fresh studies of the answer have power {each.power:.3f}, below "
            f"{record.target:g}{'' if clearly_below(each, record.target) else ', within its error'}"
            for each in record.scenarios[k].required
            if below_target(each, record.target, record.cost_budget)
        ]
    if record.observed is not None:
        lines.append(
            f"observed power: the effects are the estimates of the rung {record.observed} of the same data; "
            "such power is a function of their p values (set: effects that matter)"
        )
    return lines
