"""``mlm plan cross-level``: a predictor of groups that moderates a slope within groups."""

from __future__ import annotations

from mlm_steps.power.plans.base import (
    ALPHA,
    BINARY,
    GROUPS,
    ICC,
    ROWS,
    SLOPE_VARIANCE,
    TARGET,
    Block,
    Kind,
    PlanOption,
    Values,
    level_2_predictor,
)

__all__ = ["cross_level"]


def _block(values: Values) -> Block:
    slope = values["slope-variance"]
    return {
        "design": {
            "groups": {"group": int(values["groups"])},
            "rows": int(values["rows"]),
            "predictors": {"x": {"level": 1}, "w": level_2_predictor(values)},
            "derive": {"xc": {"center": "x", "within": "group"}},
        },
        "model": "y ~ xc * w + (xc | group)",
        "truth": {
            "fixed": {"xc:w": values["effect"]},
            "random": {"group": [[values["icc"], 0.0], [0.0, slope]]},
            "sigma": (1.0 - values["icc"] - slope) ** 0.5,
        },
        "effects": ["xc:w"],
    }


cross_level = Kind(
    "a predictor of groups that moderates a slope within groups",
    "--groups 60 --rows 20 --icc .15 --slope-variance .05 --effect .2",
    (
        GROUPS,
        ROWS,
        ICC,
        SLOPE_VARIANCE,
        PlanOption(
            "effect", "number", "change of the slope per SD of the moderator, or between its two arms"
        ),
        BINARY,
        ALPHA,
        TARGET,
    ),
    _block,
)
