"""Compare the results of a run with the expectations of its spec, and find misspelt names in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlm_steps.errors import Fault
from mlm_steps.expectations.base import Checked, Known
from mlm_steps.expectations.kinds import KINDS
from mlm_steps.records.checks import CheckedExpectation
from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["check_expectations", "expectation_faults", "title_of"]


def title_of(expected: ExpectationSpec) -> str:
    """Return the name of an expectation, or what it expects in one line."""
    if expected.name is not None:
        return expected.name
    limits = [f"{key} {bounds.words}" for key, bounds in expected.quantities.items()]
    subject = KINDS[expected.kind].subject(expected)
    return f"{subject}: {', '.join(limits)}" if limits else subject


def check_expectations(loaded: LoadedSpec, checked: Checked) -> Sequence[CheckedExpectation]:
    """Return what a run says about each expectation, in the order of the spec."""
    return [
        CheckedExpectation(
            position=position,
            kind=expected.kind,
            title=title_of(expected),
            severity=expected.severity,
            line=place[0],
            column=place[1],
            findings=tuple(KINDS[expected.kind].findings(expected, checked)),
        )
        for position, expected in enumerate(loaded.spec.expect)
        for place in [loaded.source.place(("expect", position))]
    ]


def expectation_faults(loaded: LoadedSpec, known: Known) -> Iterator[Fault]:
    """Yield a fault with its place for each name in the expectations that does not exist."""
    for position, expected in enumerate(loaded.spec.expect):
        for keys, what, hint in KINDS[expected.kind].faults(expected, known):
            yield Fault(loaded.source.where("expect", position, *keys), what, hint)
