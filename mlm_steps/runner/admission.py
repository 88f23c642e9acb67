"""Let Snakemake read the Snakefile while the pool still checks the input.

The rules need the spec alone. The graph of jobs needs the data, so the Snakefile waits for the check after
its last rule. A run that is not admitted ends there, before Snakemake has looked at any file of results.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from mlm_steps.steps.run.plan import Plan

__all__ = ["Admit", "admitting", "wait_for_admission"]

Admit = Callable[[], Plan]
"""Waits for the check of a run, locks its folder and returns its plan; raises an exception at faults."""

_admit: ContextVar[Admit | None] = ContextVar("admit", default=None)


class _NotAdmitted(BaseException):
    """Ends the reading of the Snakefile; Snakemake would take an ``Exception`` for an error of its code.

    Attributes
    ----------
    reason : BaseException
    logs : list of Path
        The files into which Snakemake would have written its messages.
    """

    def __init__(self, reason: BaseException, logs: list[Path]) -> None:
        super().__init__(reason)
        self.reason, self.logs = reason, logs


def wait_for_admission() -> Plan | None:
    """Return the plan of the run after its check; None if plain Snakemake reads the Snakefile."""
    admit = _admit.get()
    if admit is None:
        return None
    try:
        return admit()
    except BaseException as error:  # an interrupt, too
        from snakemake.logging import logger

        files = [each for each in logger.handlers if isinstance(each, logging.FileHandler)]
        raise _NotAdmitted(error, [Path(each.baseFilename) for each in files]) from error


@contextmanager
def admitting(admit: Admit) -> Iterator[None]:
    """Let the Snakefile wait for a run; raise what ``admit`` raises, and remove the empty log."""
    before = _admit.set(admit)
    try:
        yield
    except _NotAdmitted as stopped:
        for log in stopped.logs:
            _remove(log)
        raise stopped.reason from None
    finally:
        _admit.reset(before)


def _remove(log: Path) -> None:
    """Remove a log, and its folders if they are empty then."""
    log.unlink(missing_ok=True)
    with suppress(OSError):  # other logs or notes are there
        for folder in (log.parent, log.parent.parent):
            folder.rmdir()
