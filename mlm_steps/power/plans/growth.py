"""``mlm plan growth``: two arms whose slopes over time differ."""

from __future__ import annotations

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.plans.base import ALPHA, TARGET, Block, Kind, PlanOption, Values

__all__ = ["growth"]


def _block(values: Values) -> Block:
    last = int(values["times"]) - 1
    if last < 1:
        raise UsageError(Fault("--times", "one occasion shows no growth", "2 occasions or more are needed"))
    residual = 1.0 - values["icc"]
    slope = values["variance-ratio"] * residual
    design: Block = {
        "groups": {"person": int(values["persons"])},
        "rows": int(values["times"]),
        "predictors": {
            "time": {"level": 1, "values": list(range(last + 1))},
            "arm": {"level": 2, "binary": 0.5},
        },
    }
    if values["attrition"]:
        design["attrition"] = {"share": values["attrition"], "time": "time"}
    return {
        "design": design,
        "model": "y ~ time * arm + (time | person)",
        "truth": {
            "d": {"time:arm": values["effect"]},
            "per": "pretest",
            "duration": float(last),
            "random": {"person": [[values["icc"], 0.0], [0.0, slope]]},
            "sigma": residual**0.5,
        },
        "effects": ["time:arm"],
    }


growth = Kind(
    "two arms whose slopes over time differ",
    "--persons 80 --times 5 --icc .5 --variance-ratio .02 --effect .5",
    (
        PlanOption("persons", "count", "persons in both arms together"),
        PlanOption("times", "count", "occasions"),
        PlanOption("icc", "share", "share of the variance at the first occasion that is between persons"),
        PlanOption("variance-ratio", "variance", "variance of the slopes over the residual variance", 0.0),
        PlanOption("effect", "number", "difference of the arms at the last occasion in SDs at the first"),
        PlanOption("attrition", "share", "share of the persons that has left at the last occasion", 0.0),
        ALPHA,
        TARGET,
    ),
    _block,
)
