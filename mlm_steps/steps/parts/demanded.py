"""Which optional work a spec demands by a word of its own."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.records.effort import OptionalStep
from mlm_steps.spec import PipelineSpec

__all__ = ["KEYS", "asked", "is_optional"]

KEYS: Mapping[OptionalStep, str] = {
    "remedies": "effort: full",
    "profile": "intervals: {variance: profile, icc: profile}",
    "deletions": "tests: {ranova: true}",
    "simulate": "tests: {bootstrap: always}",
    "allfit": "estimation: {allfit: always}",
}
"""What in the spec demands the work."""


def asked(spec: PipelineSpec, step: OptionalStep) -> bool:
    """Return whether the spec demands a kind of optional work by a word of its own."""
    if step == "allfit":
        return spec.estimation.allfit == "always"
    if step == "simulate":
        return spec.tests.bootstrap == "always"
    if step == "deletions":
        return "ranova" in spec.tests.model_fields_set
    if step == "profile":
        written = spec.intervals.model_fields_set
        return any(kind in written for kind in spec.intervals.kinds("profile"))
    return False


def is_optional(step: str) -> bool:
    """Return whether a step, such as ``profile/slope``, is done only as far as the effort allows."""
    return step.partition("/")[0] in KEYS
