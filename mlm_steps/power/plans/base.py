"""What a kind of plan is, and the options that several kinds share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ALPHA",
    "BINARY",
    "GROUPS",
    "ICC",
    "ROWS",
    "SLOPE_VARIANCE",
    "TARGET",
    "Block",
    "Kind",
    "PlanOption",
    "Values",
    "level_2_predictor",
]

Values = Mapping[str, float]
Block = dict[str, object]


@dataclass(frozen=True, slots=True)
class PlanOption:
    """An option of a kind.

    Attributes
    ----------
    name : str
        As written, without dashes in front.
    kind : {"count", "share", "number", "variance", "flag"}
        A whole number from 1, a number from 0 up to but not including 1, any number, a number from 0, or a
        flag.
    summary : str
    default : float or None
        None if it must be given.
    """

    name: str
    kind: Literal["count", "share", "number", "variance", "flag"]
    summary: str
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of plan.

    Attributes
    ----------
    summary : str
    example : str
        Options for the example of its help.
    options : tuple of PlanOption
    block : callable
        Maps the values of the options to the block ``power`` of a spec, as plain values.
    """

    summary: str
    example: str
    options: tuple[PlanOption, ...]
    block: Callable[[Values], Block]


GROUPS = PlanOption("groups", "count", "number of groups")
ROWS = PlanOption("rows", "count", "rows per group")
ICC = PlanOption(
    "icc", "share", "share of the outcome's variance between groups, at the mean of the predictors"
)
SLOPE_VARIANCE = PlanOption(
    "slope-variance", "variance", "variance of the slopes, of an outcome with variance 1", 0.0
)
BINARY = PlanOption(
    "binary", "flag", "the group-level predictor has two arms of equal size, coded 0 and 1", 0.0
)
ALPHA = PlanOption("alpha", "share", "size of the test", 0.05)
TARGET = PlanOption("target", "share", "power that is wanted", 0.8)


def level_2_predictor(values: Values) -> Block:
    """Return the declaration of a group-level predictor: two arms, or a normal variable with SD 1."""
    return {"level": 2, "binary": 0.5} if values["binary"] else {"level": 2}
