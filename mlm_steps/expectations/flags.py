"""Findings about the checks of the assumptions of a rung."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlm_steps.expectations.base import Checked, stated
from mlm_steps.records.checks import Finding
from mlm_steps.records.diagnostics import AssumptionsRecord, DiagnosticCheck, DiagnosticsRecord
from mlm_steps.records.failure import Absence

__all__ = ["NO_CHECKS", "flagged"]

_CLAUSE = re.compile("[:;] ")
"""A sentence of a check says first what was found, and after a colon or semicolon what to do about it."""

NO_CHECKS = ("the spec checks no assumptions", "diagnostics: quick checks them")
"""The fault and the hint for an expectation about checks that the spec leaves out."""


def flagged(checked: Checked, model: str, flags: Sequence[str]) -> list[Finding]:
    """Return a failure for each check of a rung with one of the flags; one finding that holds if none has."""
    run = checked.run
    found = run.result(AssumptionsRecord, "assumptions")
    if found is None or isinstance(found, Absence):
        why = NO_CHECKS[0] if found is None else found.reason.rstrip(".")
        message = f"the assumptions of rung {model} were not checked: {why}"
        return [stated(f"checks of rung {model}", "diagnostics", "none", "no concern", message, holds=False)]
    of_distribution = run.results.get(f"diagnostics/{model}")
    own = found.of(model)
    checks = [
        *(() if own is None else own.checks),
        *(of_distribution.checks if isinstance(of_distribution, DiagnosticsRecord) else ()),
    ]
    wrong = [_failure(model, check) for check in checks if check.flag in flags]
    if wrong:
        return wrong
    message = f"no check of rung {model} is of concern"
    shown = f"{len(checks)} checks, none of concern"
    return [stated(f"checks of rung {model}", "diagnostics", shown, "no concern", message, holds=True)]


def _failure(model: str, check: DiagnosticCheck) -> Finding:
    name = check.check.replace("_", " ")
    first = _CLAUSE.split(check.text, maxsplit=1)[0].rstrip(".")
    message = f"rung {model}, {name} ({check.flag}): {first}"
    return Finding(
        what=f"{name} of rung {model}",
        quantity="diagnostics",
        found=check.p,
        shown=str(check.flag),
        expected="no concern",
        holds=False,
        message=message,
    )
