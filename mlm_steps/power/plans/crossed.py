"""``mlm plan crossed``: participants who respond to items (Westfall, Kenny & Judd 2014)."""

from __future__ import annotations

from mlm_steps.power.plans.base import ALPHA, TARGET, Block, Kind, PlanOption, Values

__all__ = ["crossed"]


def _block(values: Values) -> Block:
    between = bool(values["items-between"])
    shares = {
        "participant": values["participant-share"],
        "participant:c": values["participant-slope-share"],
        "item": values["item-share"],
    }
    if not between:
        shares["item:c"] = values["item-slope-share"]
    else:
        shares["item"] += values["item-slope-share"]
    shares["residual"] = round(1.0 - sum(shares.values()), 12)
    item = "(1 | item)" if between else "(1 | item) + (0 + c | item)"
    condition: Block = {"binary": 0.5, "codes": [-1, 1]}
    return {
        "design": {
            "groups": {"participant": int(values["participants"]), "item": int(values["items"])},
            "rows": 1,
            "predictors": {"c": {"level": "item", **condition} if between else {"level": 1, **condition}},
        },
        "model": f"y ~ c + (1 | participant) + (0 + c | participant) + {item}",
        "truth": {"vpc": shares, "d": {"c": values["effect"]}},
        "effects": ["c"],
    }


crossed = Kind(
    "participants who respond to items in two conditions",
    "--participants 40 --items 20 --effect .4",
    (
        PlanOption("participants", "count", "number of participants"),
        PlanOption("items", "count", "number of items"),
        PlanOption("effect", "number", "difference of the conditions in total standard deviations"),
        PlanOption("items-between", "flag", "each item belongs to one condition", 0.0),
        PlanOption("participant-share", "share", "share of the variance: participants", 0.2),
        PlanOption("participant-slope-share", "share", "share: participants by condition", 0.1),
        PlanOption("item-share", "share", "share: items", 0.2),
        PlanOption("item-slope-share", "share", "share: items by condition", 0.1),
        ALPHA,
        TARGET,
    ),
    _block,
)
