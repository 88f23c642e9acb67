"""What a prediction is asked for: scale, grouping factors, groups that the fit does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlm_steps.api.arguments import names
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing

__all__ = ["NEW_LEVELS", "SCALES", "Asked", "NewLevels", "Scale", "asked_groups", "factors"]

Scale = Literal["population", "typical", "link"]
SCALES = ("population", "typical", "link")
NewLevels = Literal["population", "missing", "error"]
NEW_LEVELS = ("population", "missing", "error")
"""What rows of a group without rows in the fit get: random effects of 0, no prediction, or an error."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of a prediction of a generalized model.

    Attributes
    ----------
    groups : tuple of str
        Grouping factors whose modes are used.
    new_levels : {"population", "missing", "error"}
    scale : {"population", "typical", "link"}
    se : bool
    interval : {"confidence", "prediction"} or None
    """

    groups: tuple[str, ...]
    new_levels: NewLevels
    scale: Scale
    se: bool
    interval: str | None


def factors(key: str, value: object) -> bool | list[str]:
    """Return True, False, or names; UsageError for anything else."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return names(key, value)


def asked_groups(fit: MixedFit, random: bool | str | Sequence[str]) -> tuple[str, ...]:
    """Return the grouping factors whose modes are used; UsageError for a name that is none of them."""
    known = tuple(dict.fromkeys(term.group for term in fit.design.random))
    if isinstance(random, bool):
        return known if random else ()
    for name in random:
        if name not in known:
            hint = did_you_mean(name, known) or f"the grouping factors are {listing(known)}"
            raise UsageError(Fault("random", f"the model has no grouping factor {name}", hint))
    return tuple(random)
