"""Expectations that hold for every rung."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, rung_of, stated
from mlm_steps.expectations.flags import NO_CHECKS, flagged
from mlm_steps.records.checks import Finding
from mlm_steps.records.fit import FitRecord
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["EVERYWHERE"]

WORDS = {"converged": "converged", "not_singular": "not singular", "no_concern": "no check of concern"}


def _subject(expected: ExpectationSpec) -> str:
    return f"all rungs: {WORDS[expected.all or 'converged']}"


def _faults(expected: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    if expected.all == "no_concern" and not known.checks:
        yield ("all",), *NO_CHECKS


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    word = expected.all or "converged"
    found: list[Finding] = []
    for name in checked.rungs:
        fit = rung_of(checked, name)
        if isinstance(fit, str):
            found.append(stated(f"rung {name}", word, "no results", WORDS[word], fit, holds=False))
        elif word == "no_concern":
            found += flagged(checked, name, ("concern",))
        else:
            found.append(_of_fit(fit, word))
    return found


def _of_fit(fit: FitRecord, word: str) -> Finding:
    status = fit.reported.convergence.status
    if word == "converged":
        message = f"the search of rung {fit.model} ended {status}; converged was expected"
        return stated(f"rung {fit.model}", word, status, WORDS[word], message, holds=True)
    singular = fit.reported.singular
    message = (
        f"the fit of rung {fit.model} is {'singular' if singular else 'not singular'}; a fit that is not "
    )
    message += "singular was expected"
    shown = "singular" if singular else "not singular"
    return stated(f"rung {fit.model}", word, shown, WORDS[word], message, holds=not singular)


EVERYWHERE = Kind(_subject, _findings, _faults)
