"""``mlm plan level-2``: a predictor of groups, or two arms of groups."""

from __future__ import annotations

from mlm_steps.power.plans.base import (
    ALPHA,
    BINARY,
    GROUPS,
    ICC,
    ROWS,
    TARGET,
    Block,
    Kind,
    PlanOption,
    Values,
    level_2_predictor,
)

__all__ = ["level_2"]


def _block(values: Values) -> Block:
    return {
        "design": {
            "groups": {"group": int(values["groups"])},
            "rows": int(values["rows"]),
            "predictors": {"w": level_2_predictor(values)},
        },
        "model": "y ~ w + (1 | group)",
        "truth": {
            "fixed": {"w": values["effect"]},
            "random": {"group": [[values["icc"]]]},
            "sigma": (1.0 - values["icc"]) ** 0.5,
        },
        "effects": ["w"],
    }


level_2 = Kind(
    "a predictor of groups, such as the arm of a cluster-randomised trial",
    "--groups 40 --rows 15 --icc .1 --effect .4 --binary",
    (
        GROUPS,
        ROWS,
        ICC,
        PlanOption(
            "effect", "number", "difference of the arms, or slope, in standard deviations of the outcome"
        ),
        BINARY,
        ALPHA,
        TARGET,
    ),
    _block,
)
