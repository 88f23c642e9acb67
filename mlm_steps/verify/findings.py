"""What a check found, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = ["Finding", "Status", "Verification"]

Status = Literal["agrees", "differs", "unchecked", "remark"]
SHOWN = 40
"""Largest number of differences that the terminal shows; all of them are in the JSON."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked.

    Attributes
    ----------
    kind : str
        A word for programs, such as ``output_changed``.
    subject : str
        The file or the model.
    status : {"agrees", "differs", "unchecked", "remark"}
        ``differs`` makes the check fail; ``unchecked`` could not be checked; ``remark`` is worth knowing.
    what : str
        The same in words; empty if it agrees.
    details : dict
        Numbers and hashes, as values of JSON.
    """

    kind: str
    subject: str
    status: Status
    what: str = ""
    details: dict[str, object] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The finding in one line."""
        return f"{self.subject}: {self.what}" if self.what else self.subject


@dataclass(frozen=True, slots=True)
class Verification:
    """All that was checked of one run.

    Attributes
    ----------
    run : str
        The output folder, as given.
    facts : tuple of str
        Lines on who ran what, and on what was checked.
    findings : tuple of Finding
    fingerprint : str
        Hash of the names and hashes of all outputs; equal runs have equal fingerprints.
    scope : str
        What is said if nothing differs.
    """

    run: str
    facts: tuple[str, ...]
    findings: tuple[Finding, ...]
    fingerprint: str
    scope: str = "verified"

    def of(self, *statuses: Status) -> list[Finding]:
        """Return the findings of some statuses."""
        return [each for each in self.findings if each.status in statuses]

    @property
    def agrees(self) -> bool:
        """Whether everything was checked and nothing differs."""
        return not self.of("differs", "unchecked")

    @property
    def verdict(self) -> str:
        """The result in one line."""
        wrong, open_ = len(self.of("differs")), len(self.of("unchecked"))
        parts = [f"{wrong} difference{'s' * (wrong != 1)}"] if wrong else []
        parts += [f"{open_} thing{'s' * (open_ != 1)} could not be checked"] if open_ else []
        return f"{self.run}: {' and '.join(parts)}" if parts else f"{self.run}: {self.scope}"

    def plus(self, fact: str, findings: tuple[Finding, ...]) -> Verification:
        """Return the result of further checks together with these."""
        return replace(self, facts=(*self.facts, fact), findings=(*self.findings, *findings))

    def text(self) -> str:
        """Return the result for a terminal."""
        lines = [self.verdict, *(f"  {fact}" for fact in self.facts)]
        titles: tuple[tuple[Status, str], ...] = (
            ("differs", "differs"),
            ("unchecked", "not checked"),
            ("remark", "remarks"),
        )
        for status, title in titles:
            lines += _block(title, self.of(status))
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """Return the result as JSON."""
        content = {
            "schema_version": 1,
            "run": self.run,
            "agrees": self.agrees,
            "fingerprint": self.fingerprint,
            "facts": list(self.facts),
            "findings": [
                {
                    "kind": each.kind,
                    "subject": each.subject,
                    "status": each.status,
                    "what": each.what,
                    **({"details": each.details} if each.details else {}),
                }
                for each in self.findings
            ],
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _block(title: str, findings: Iterable[Finding]) -> list[str]:
    """Return a title with a line for each finding, or nothing."""
    lines = [f"    {each.line}" for each in findings]
    more = [f"    and {len(lines) - SHOWN} more; --json lists all"] if len(lines) > SHOWN else []
    return [f"  {title}:", *lines[:SHOWN], *more] if lines else []
