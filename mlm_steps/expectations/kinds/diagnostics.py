"""Expectations about the checks of a rung's assumptions."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, rung_of, stated
from mlm_steps.expectations.flags import NO_CHECKS, flagged
from mlm_steps.records.checks import Finding
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["DIAGNOSTICS"]

REFUSED = {"no_concern": ("concern",), "ok": ("concern", "look")}
"""The flags that each word does not allow."""


def _subject(expected: ExpectationSpec) -> str:
    words = "no check of concern" if expected.diagnostics == "no_concern" else "all checks ok"
    return f"{expected.model}: {words}"


def _faults(_: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    if not known.checks:
        yield ("diagnostics",), *NO_CHECKS


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    model = expected.model or ""
    fit = rung_of(checked, model)
    if isinstance(fit, str):
        message = f"{fit}; no concern was expected"
        return [
            stated(f"checks of rung {model}", "diagnostics", "no results", "no concern", message, holds=False)
        ]
    return flagged(checked, model, REFUSED[expected.diagnostics or "no_concern"])


DIAGNOSTICS = Kind(_subject, _findings, _faults)
