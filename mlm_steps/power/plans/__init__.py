"""The kinds of ``mlm plan``: a common design from a few numbers (statistics, section 16).

A kind is a module with a ``Kind`` of the same name: the options that it takes, and a function from their
values to the block ``power`` of a spec. It is listed in ``PLANS``. Planning from a published t value has no
design and is not among them. These modules import no numerical library, since the command line reads them.
"""

from __future__ import annotations

from mlm_steps.power.plans.base import Kind, PlanOption
from mlm_steps.power.plans.cross_level import cross_level
from mlm_steps.power.plans.crossed import crossed
from mlm_steps.power.plans.growth import growth
from mlm_steps.power.plans.level_1 import level_1
from mlm_steps.power.plans.level_2 import level_2
from mlm_steps.power.plans.mathieu import mathieu

__all__ = ["PLANS", "Kind", "PlanOption"]

PLANS: dict[str, Kind] = {
    "level-1": level_1,
    "level-2": level_2,
    "cross-level": cross_level,
    "growth": growth,
    "crossed": crossed,
    "mathieu": mathieu,
}
"""The kinds by the word that a user writes."""
