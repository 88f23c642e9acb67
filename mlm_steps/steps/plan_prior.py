"""`mlm plan prior`: the groups that are needed, from the t value of an earlier study."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.prior import Prior, needed_groups, prior_power, safeguarded
from mlm_steps.steps.parts.plan_words import three_decimals

__all__ = ["plan_prior"]


def plan_prior(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the answer from an earlier t value, with the safeguard beside it.

    Raises
    ------
    UsageError
        The numbers of groups are missing or do not agree, or no number of groups is enough.
    """
    arms = None if arguments.arms is None else (arguments.arms[0], arguments.arms[1])
    if arguments.groups is None and arms is None:
        raise UsageError(
            Fault("--groups", "is missing", "a t value says nothing without its number of groups")
        )
    if arms is not None and arguments.role != "binary":
        raise UsageError(Fault("--arms", "belongs to --role binary"))
    groups = arguments.groups if arms is None else sum(arms)
    if arms is not None and arguments.groups not in (None, groups):
        raise UsageError(Fault("--arms", f"sum to {groups}, not to the {arguments.groups} of --groups"))
    prior = Prior(arguments.t, groups, arguments.role, arms, arguments.predictors)
    if prior.df < 1:
        raise UsageError(Fault("--groups", f"{groups} are too few for a t value of this role"))
    safe = safeguarded(prior, arguments.safeguard)
    target, alpha = arguments.target, arguments.alpha
    needed = needed_groups(prior, target, alpha)
    yield f"power {target:g} needs {needed} groups of the same size"
    before = three_decimals(prior_power(prior, groups, alpha))
    yield f"  power {before} with the {groups} groups of the earlier study"
    try:
        careful = f"{needed_groups(safe, target, alpha)} groups"
    except UsageError:
        careful = "no number of groups: the earlier t value is compatible with no effect"
    yield (
        f"safeguard: {careful}, if the effect is at the lower limit of its {100 * arguments.safeguard:g} % "
        f"interval (t = {safe.t:.4g} in place of {prior.t:g})"
    )
