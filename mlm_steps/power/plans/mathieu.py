"""``mlm plan mathieu``: a cross-level interaction with the inputs of Mathieu et al. (2012)."""

from __future__ import annotations

from mlm_steps.power.plans.base import ALPHA, TARGET, Block, Kind, PlanOption, Values
from mlm_steps.power.presets import MATHIEU_FIXED, MATHIEU_ICC, MATHIEU_VARIANCES

__all__ = ["mathieu"]

NAMES = {"level-1": "xc", "means": "xb", "level-2": "w", "between": "xb:w", "cross": "xc:w"}
"""Options for the coefficients, by the column that they belong to."""


def _block(values: Values) -> Block:
    fixed = {"(Intercept)": MATHIEU_FIXED["(Intercept)"]}
    fixed |= {column: values[name] for name, column in NAMES.items()}
    T = [[values["intercept-variance"], 0.0], [0.0, values["slope-variance"]]]
    return {
        "design": {
            "groups": {"group": int(values["groups"])},
            "rows": int(values["rows"]),
            "predictors": {"x": {"level": 1, "icc": values["icc-x"]}, "w": {"level": 2}},
            "derive": {
                "xb": {"mean": "x", "within": "group"},
                "xc": {"center": "x", "within": "group"},
            },
        },
        "model": "y ~ xc + xb + w + xb:w + xc:w + (xc | group)",
        "truth": {"fixed": fixed, "random": {"group": T}, "sigma": values["residual-variance"] ** 0.5},
        "effects": ["xc:w"],
    }


mathieu = Kind(
    "a cross-level interaction with the inputs of Mathieu et al. (2012)",
    "--groups 62 --rows 7",
    (
        PlanOption("groups", "count", "number of groups", 62),
        PlanOption("rows", "count", "rows per group", 7),
        PlanOption(
            "icc-x", "share", "share of the variance of the level-1 predictor between groups", MATHIEU_ICC
        ),
        PlanOption("level-1", "number", "slope within groups", MATHIEU_FIXED["xc"]),
        PlanOption("means", "number", "slope of the group means", MATHIEU_FIXED["xb"]),
        PlanOption("level-2", "number", "slope of the moderator", MATHIEU_FIXED["w"]),
        PlanOption("between", "number", "interaction of the group means", MATHIEU_FIXED["xb:w"]),
        PlanOption("cross", "number", "cross-level interaction", MATHIEU_FIXED["xc:w"]),
        PlanOption("intercept-variance", "variance", "variance of the intercepts", MATHIEU_VARIANCES[0]),
        PlanOption("slope-variance", "variance", "variance of the slopes", MATHIEU_VARIANCES[1]),
        PlanOption("residual-variance", "variance", "residual variance", MATHIEU_VARIANCES[2]),
        ALPHA,
        TARGET,
    ),
    _block,
)
