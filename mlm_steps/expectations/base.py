"""The interface of a kind of expectations, and how findings are worded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlm_steps.errors import did_you_mean, listing
from mlm_steps.records.checks import Finding
from mlm_steps.records.spelling import same_product
from mlm_steps.spec.bounds import BoundsSpec
from mlm_steps.spec.expect import ExpectationSpec
from mlm_steps.spec.written import Path

if TYPE_CHECKING:
    from mlm_steps.expectations.baseline import Baseline
    from mlm_steps.records.fit import FitRecord
    from mlm_steps.records.run import RunRecords

__all__ = [
    "Checked",
    "Kind",
    "Known",
    "RungNames",
    "absent",
    "bounded",
    "digits",
    "near",
    "rung_of",
    "stated",
]

MOST_LISTED = 8
"""Largest number of names that a message lists, so that it fits on two lines."""
DIGITS = range(4, 16)
"""Numbers of digits that a message tries, until the shown number is on the same side of a limit."""

NameFault = tuple[Path, str, str | None]
"""The keys below the expectation, the fault, and the hint."""


@dataclass(frozen=True, slots=True)
class RungNames:
    """The names that a rung has.

    Attributes
    ----------
    terms : tuple of str
        The labels of its fixed-effects terms, the intercept included.
    columns : tuple of str
        Its coefficients, with each name that they have.
    of_term : mapping of str to tuple of str
        The coefficients of each term.
    groups : tuple of str
        Its grouping factors.
    """

    terms: tuple[str, ...]
    columns: tuple[str, ...]
    of_term: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...]

    def named(self, term: str) -> tuple[str, ...]:
        """Return the coefficients that a word names: one, or those of a term; none if it names nothing."""
        if term in self.columns or any(same_product(term, column) for column in self.columns):
            return (term,)
        return next((own for label, own in self.of_term.items() if same_product(term, label)), ())


@dataclass(frozen=True, slots=True)
class Known:
    """The names to which expectations may refer.

    Attributes
    ----------
    rungs : mapping of str to RungNames
    pairs : tuple of (str, str)
        The smaller and the larger model of each comparison, also with formulas in place of names.
    factors : tuple of str
        The grouping factors of the ladder.
    files : tuple of str
        The data files, as the spec writes them.
    checks : bool
        Whether the assumptions of the models are checked.
    baselines : mapping of str to str
        For each baseline that exists and cannot be read, the reason.
    """

    rungs: Mapping[str, RungNames]
    pairs: tuple[tuple[str, str], ...] = ()
    factors: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    checks: bool = True
    baselines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What expectations are compared with.

    Attributes
    ----------
    run : RunRecords
    rungs : tuple of str
        The names of all rungs in their order.
    baselines : mapping of str to Baseline or str
        Per file of the spec, the baseline, or the reason why there is none.
    formulas : mapping of str to str
        The name of each model that a comparison gives by its formula.
    """

    run: RunRecords
    rungs: tuple[str, ...] = ()
    baselines: Mapping[str, Baseline | str] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)


def _no_faults(_: ExpectationSpec, __: Known) -> Iterator[NameFault]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of expectations.

    To add one, write a module in ``expectations/kinds``, list its value in ``KINDS`` there, and give the kind
    its keys in ``spec/expect.py``.

    Attributes
    ----------
    subject : callable
        Returns what an expectation is about in a few words, such as ``cross, ses:sector``.
    findings : callable
        Returns what a run says: at least one finding.
    faults : callable
        Yields the names in an expectation that do not exist.
    """

    subject: Callable[[ExpectationSpec], str]
    findings: Callable[[ExpectationSpec, Checked], Sequence[Finding]]
    faults: Callable[[ExpectationSpec, Known], Iterator[NameFault]] = _no_faults


def bounded(what: str, quantity: str, found: float | None, bounds: BoundsSpec, why: str = "") -> Finding:
    """Return whether a number lies within its limits; ``why`` says why there is no number."""
    if found is None or math.isnan(found):
        shown = f"none: {why}" if why else "none"
        message = f"there is no {what}{f': {why}' if why else ''}; {bounds.words} was expected"
        return Finding(
            what=what, quantity=quantity, shown=shown, expected=bounds.words, holds=False, message=message
        )
    shown = digits(found, bounds)
    message = f"the {what} is {shown}; {bounds.words} was expected"
    return Finding(
        what=what,
        quantity=quantity,
        found=found,
        shown=shown,
        expected=bounds.words,
        holds=bounds.hold(found),
        message=message,
    )


def digits(found: float, bounds: BoundsSpec) -> str:
    """Return a number with as many digits as show on which side of its limits it lies.

    >>> digits(0.0500004, BoundsSpec(max=0.05)), digits(0.0123456, BoundsSpec(max=0.05))
    ('0.0500004', '0.01235')
    """
    if not math.isfinite(found):
        return f"{found}"
    if float(found).is_integer():
        return f"{found:.0f}"
    holds = bounds.hold(found)
    texts = (f"{found:.{count}g}" for count in DIGITS)
    return next((text for text in texts if bounds.hold(float(text)) == holds), f"{found!r}")


def stated(what: str, quantity: str, shown: str, expected: str, message: str, *, holds: bool) -> Finding:
    """Return a finding that is no number."""
    return Finding(what=what, quantity=quantity, shown=shown, expected=expected, holds=holds, message=message)


def rung_of(checked: Checked, model: str) -> FitRecord | str:
    """Return a rung with reliable numbers, or why there is none, in words."""
    run = checked.run
    fit = next((each for each in run.fits if each.model == model), None)
    if fit is not None:
        return fit
    doubtful = next((each for each in run.unreliable if each.model == model), None)
    if doubtful is not None:
        return f"rung {model} has no reliable numbers, since {doubtful.unreliable}"
    return f"rung {model} could not be fitted: {run.failed.get(model, 'it was not run')}".rstrip(".")


def absent(expected: ExpectationSpec, what: str, why: str) -> list[Finding]:
    """Return a failure of each quantity of an expectation whose subject does not exist."""
    return [
        stated(
            f"{key} of {what}",
            key,
            "no results",
            bounds.words,
            f"{why}; {key} {bounds.words} was expected",
            holds=False,
        )
        for key, bounds in expected.quantities.items()
    ]


def near(name: str, known: Sequence[str], words: str) -> str:
    """Return the hint for a name that does not exist: the nearest one, or all."""
    return did_you_mean(name, known) or f"{words} {listing(known, MOST_LISTED)}"
