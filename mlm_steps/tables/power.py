"""The power of planned studies, by closed form and by simulation (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.power import (
    JointPower,
    LikelihoodRatioPower,
    PowerEffect,
    PowerRecord,
    PowerScenario,
    Required,
)
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, NOT_REQUESTED, Cell, Codes, Table, table_of

__all__ = ["power"]

COLUMNS = (
    "scenario",
    "J",
    "n_j",
    "effect",
    "rejections",
    "B",
    "failed",
    "power",
    "ci_low",
    "ci_high",
    "alpha",
    "df_method",
    "closed",
    "conditional",
    "conditional_se",
    "singular",
    "size_at_0",
    "ceiling",
    "n",
    "estimate",
    "se",
    "df",
    "closed_se",
    "size_se",
    "half_width",
    "half_width_assured",
    "detectable",
    "required",
    "required_value",
    "required_low",
    "required_high",
    "required_groups",
    "required_rows",
    "required_power",
    "required_power_se",
    "required_method",
    "kenward_roger",
    "kenward_roger_size_at_0",
)
NOT_APPLICABLE = "not_applicable"


def power(run: RunRecords) -> Table:
    """Return one row per scenario and effect; ``conditional`` is the precise estimate of a t test's power.

    ``closed_se`` is the standard error of a mean over drawn designs. The columns from ``required`` on hold
    what the target needs: groups, rows, an effect, a cost or a precision. The effect of a likelihood ratio
    test is the formula of the smaller model.
    """
    record = run.result(PowerRecord, "power_result")
    found = record if isinstance(record, PowerRecord) else None
    return table_of("power", COLUMNS, [] if found is None else [*_rows(found)])


def _rows(record: PowerRecord) -> Iterator[tuple[dict[str, Cell], Codes]]:
    for scenario in record.scenarios:
        required = {each.effect: each for each in scenario.required}
        for k, effect in enumerate(scenario.effects):
            yield _row(record, scenario, k, effect, required.get(effect.effect))
        for joint in scenario.joint:
            yield _joint(record, scenario, joint)
        for ratio in scenario.likelihood_ratios:
            yield _ratio(record, scenario, ratio)


def _shared(record: PowerRecord, scenario: PowerScenario) -> dict[str, Cell]:
    closed, simulated = scenario.closed, scenario.B > 0
    return {
        "scenario": closed.name, "J": closed.groups, "n_j": closed.rows, "n": closed.n, "B": scenario.B,
        "failed": scenario.failed if simulated else None, "alpha": record.alpha,
        "singular": scenario.singular if simulated else None, "df_method": record.df_method,
    }  # fmt: skip


def _row(
    record: PowerRecord, scenario: PowerScenario, k: int, effect: PowerEffect, required: Required | None
) -> tuple[dict[str, Cell], Codes]:
    closed = scenario.closed.effects[k]
    own: dict[str, Cell] = {
        "effect": effect.effect,
        "closed": closed.power,
        "closed_se": closed.power_se,
        "ceiling": closed.ceiling,
        **{name: getattr(closed, name) for name in ("estimate", "se", "df")},
        **{name: getattr(effect, name) for name in (*SIMULATED, *BESIDE)},
        "required": None if required is None else required.what,
        **{
            f"required_{name}": None if required is None else getattr(required, name)
            for name in ("value", "low", "high", "groups", "rows", "power", "power_se", "method")
        },
    }
    none = NOT_REQUESTED if scenario.B == 0 else NOT_ESTIMABLE if effect.q == 1 else NOT_APPLICABLE
    codes = {
        **dict.fromkeys(COLUMNS, NOT_ESTIMABLE if closed.q == 1 else NOT_APPLICABLE),
        **dict.fromkeys((*SIMULATED, "failed", "singular"), none),
        **dict.fromkeys(BESIDE, NOT_REQUESTED if scenario.B == 0 else NOT_APPLICABLE),
        **{name: _why(name, required) for name in COLUMNS if name.startswith("required")},
    }
    return {**dict.fromkeys(COLUMNS), **_shared(record, scenario), **own}, codes


SIMULATED = (
    "rejections", "power", "ci_low", "ci_high", "conditional", "conditional_se", "size_at_0", "size_se",
    "half_width", "half_width_assured", "detectable",
)  # fmt: skip
"""The columns that are empty without simulated studies."""
BESIDE = ("kenward_roger", "kenward_roger_size_at_0")
"""The columns of Kenward and Roger's test, which is simulated where the degrees of freedom are below 15."""


def _why(name: str, required: Required | None) -> str:
    """Return why a cell on what the target needs is empty."""
    if required is None:
        return NOT_REQUESTED
    return NOT_ESTIMABLE if name == "required_value" else NOT_APPLICABLE


def _ratio(
    record: PowerRecord, scenario: PowerScenario, ratio: LikelihoodRatioPower
) -> tuple[dict[str, Cell], Codes]:
    own: dict[str, Cell] = {
        "effect": ratio.smaller,
        "df_method": f"likelihood ratio, {ratio.method}",
        **{name: getattr(ratio, name) for name in ("rejections", "failed", "power", "ci_low", "ci_high")},
    }
    cells = {**dict.fromkeys(COLUMNS), **_shared(record, scenario), "singular": None, **own}
    return cells, dict.fromkeys(COLUMNS, NOT_APPLICABLE)


def _joint(record: PowerRecord, scenario: PowerScenario, joint: JointPower) -> tuple[dict[str, Cell], Codes]:
    own: dict[str, Cell] = {
        name: getattr(joint, name) for name in ("effect", "rejections", "power", "ci_low", "ci_high")
    }
    cells = {**dict.fromkeys(COLUMNS), **_shared(record, scenario), **own}
    return cells, dict.fromkeys(COLUMNS, NOT_APPLICABLE)
