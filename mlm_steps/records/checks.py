"""The record of the expectations of a spec, and what the results say about each."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Extended, Part, Record

__all__ = ["CheckedExpectation", "ChecksRecord", "Finding", "Severity"]

Severity = Literal["error", "warn"]


class Finding(Part):
    """One number, or one statement, that an expectation is about."""

    what: str
    """What it is, for example ``estimate of ses:sector in rung cross``."""
    quantity: str
    """The key of the spec, such as ``estimate``; of a baseline its quantity, such as ``l1: deviance``."""
    found: Extended | None = None
    """The number; None if it is no number, or if there is none."""
    shown: str
    """What was found in words or digits, for example ``-1.64`` or ``not converged``."""
    expected: str
    """What was expected in words, for example ``between -1 and -0.2``."""
    holds: bool
    message: str
    """A sentence without a full stop that says what was found and what was expected."""


class CheckedExpectation(Part):
    """One expectation and what was found."""

    position: int
    """Position in the list of the spec, counted from 0."""
    kind: str
    title: str
    """Its name, or what it expects, for example ``cross, ses:sector: estimate between -1 and -0.2``."""
    severity: Severity
    line: int
    """Where it stands in the spec, counted from 1."""
    column: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is as expected."""
        return all(finding.holds for finding in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that are not as expected."""
        return tuple(finding for finding in self.findings if not finding.holds)


class ChecksRecord(Record):
    """All expectations of a spec."""

    name: str
    """The name of the analysis."""
    expectations: tuple[CheckedExpectation, ...]

    @property
    def failed(self) -> tuple[CheckedExpectation, ...]:
        """The expectations that fail, those of severity ``error`` first."""
        found = [each for each in self.expectations if not each.holds]
        return tuple(sorted(found, key=lambda each: each.severity != "error"))

    @property
    def acceptable(self) -> bool:
        """Whether no expectation of severity ``error`` fails."""
        return all(each.severity != "error" for each in self.failed)
