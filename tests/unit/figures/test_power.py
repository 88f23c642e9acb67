"""Figures of planned studies."""

from dataclasses import replace

import pytest

from mlm_steps.figures import FIGURES
from mlm_steps.records.power import (
    ClosedEffect,
    ClosedScenario,
    CurvePoint,
    JointPower,
    PlannedParameter,
    PowerEffect,
    PowerRecord,
    PowerScenario,
    Required,
)


def planned_studies():
    """Return planned studies of two sizes, one effect of one and one of two coefficients."""
    single = ClosedEffect(
        effect="x", q=1, estimate=0.3, se=0.1, df=27.5, power=0.8, power_se=0.001, power_sd=0.01, ceiling=0.9
    )
    double = ClosedEffect(
        effect="condition",
        q=2,
        estimate=None,
        se=None,
        df=30.0,
        power=0.7,
        power_se=0.0,
        power_sd=0.0,
        ceiling=0.8,
    )
    found = PowerEffect(
        effect="x", q=1, rejections=79, power=0.79, ci_low=0.7, ci_high=0.86, conditional=0.801,
        conditional_se=0.004, size_at_0=0.05, size_se=0.002, half_width=0.2, half_width_assured=0.22,
        detectable=0.3,
    )  # fmt: skip
    counted = PowerEffect(effect="condition", q=2, rejections=70, power=0.7, ci_low=0.6, ci_high=0.78)
    curve = [
        CurvePoint(
            effect="x", x_name="estimate", x=x, power=power, low=power, high=power, method="conditional"
        )
        for x, power in ((0.0, 0.05), (0.3, 0.8))
    ]
    scenarios = tuple(
        PowerScenario(
            closed=ClosedScenario(
                name=f"groups={J}, rows={n}", cell={"groups": J, "rows": n}, job="a", groups=J, rows=n,
                n=J * n, designs=1, effects=(single, double),
            ),
            B=100, failed=1, singular=2, effects=(found, counted), curve=tuple(curve),
            joint=(JointPower(effect="all of them", rejections=60, power=0.6, ci_low=0.5, ci_high=0.7),),
            required=(Required(effect="x", what="cost", value=900.0, groups=J, rows=n, power=0.8),),
        )
        for J in (20, 40)
        for n in (5, 10)
    )  # fmt: skip
    declared = PlannedParameter(
        scenario="groups=20, rows=5", parameter="groups: g", declared="20", raw=20.0, source=None
    )
    return PowerRecord(
        alpha=0.05, alternative="two-sided", target=0.8, df_method="satterthwaite", method="REML",
        solve="cost", formula="y ~ x + (1 | g)", seed=1, replicates=100, redrawn=True,
        grid={"groups": (20.0, 40.0), "rows": (5.0, 10.0)}, cost_group=10.0, cost_row=1.0,
        scenarios=scenarios, parameters=(declared,),
    )  # fmt: skip


@pytest.fixture
def of_plan(make_input, simulate):
    given = make_input({"null": "y ~ 1 + (1 | g)"}, simulate(6, 6))
    return replace(given, run=replace(given.run, results={"power_result": planned_studies()}))


def test_the_curve_shows_closed_and_simulated_power_of_each_effect(of_plan):
    figure = FIGURES["power_curve"](of_plan)
    assert figure == FIGURES["power_curve"](of_plan)
    assert "x has power 0.801, condition has power 0.700" in figure.reading
    columns, rows = figure.data
    assert columns[:3] == ("effect", "assumptions", "estimate") or columns[2] == "groups"
    assert {row[0] for row in rows} == {"x", "condition"}


def test_the_map_has_every_cell_and_lines_of_equal_cost(of_plan):
    figure = FIGURES["power_map"](of_plan)
    assert figure.reading == (
        "x reaches 0.8 with the fewest rows at 20 groups of 5; condition reaches 0.8 in no cell. Dashed "
        "lines join designs of equal cost."
    )
    assert len(figure.data[1]) == 8
    without = planned_studies().model_copy(update={"cost_group": None})
    run = replace(of_plan.run, results={"power_result": without})
    assert "cost" not in FIGURES["power_map"](replace(of_plan, run=run)).reading


def test_there_is_no_map_of_one_number_of_rows(of_plan):
    narrow = planned_studies().model_copy(update={"grid": {"groups": (20.0, 40.0)}})
    run = replace(of_plan.run, results={"power_result": narrow})
    assert FIGURES["power_map"](replace(of_plan, run=run)) is None
