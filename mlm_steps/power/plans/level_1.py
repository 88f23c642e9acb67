"""``mlm plan level-1``: a predictor that varies within groups."""

from __future__ import annotations

from mlm_steps.power.plans.base import (
    ALPHA,
    GROUPS,
    ICC,
    ROWS,
    SLOPE_VARIANCE,
    TARGET,
    Block,
    Kind,
    PlanOption,
    Values,
)

__all__ = ["level_1"]


def _block(values: Values) -> Block:
    slope = values["slope-variance"]
    random: list[list[float]] = [[values["icc"]]]
    if slope:
        random = [[values["icc"], 0.0], [0.0, slope]]
    return {
        "design": {
            "groups": {"group": int(values["groups"])},
            "rows": int(values["rows"]),
            "predictors": {"x": {"level": 1}},
            "derive": {"xc": {"center": "x", "within": "group"}},
        },
        "model": f"y ~ xc + ({'xc' if slope else '1'} | group)",
        "truth": {
            "fixed": {"xc": values["effect"]},
            "random": {"group": random},
            "sigma": (1.0 - values["icc"] - slope) ** 0.5,
        },
        "effects": ["xc"],
    }


level_1 = Kind(
    "a predictor within groups",
    "--groups 40 --rows 15 --icc .2 --effect .15 --slope-variance .05",
    (
        GROUPS,
        ROWS,
        ICC,
        PlanOption(
            "effect", "number", "slope of a predictor with SD 1 within groups, of an outcome with variance 1"
        ),
        SLOPE_VARIANCE,
        ALPHA,
        TARGET,
    ),
    _block,
)
