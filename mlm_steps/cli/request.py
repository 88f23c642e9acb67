"""Run a request of the command line; open the session of a step."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlm_steps.runner.display import Display
    from mlm_steps.runner.request import RunRequest
    from mlm_steps.steps.run.session import Session

__all__ = ["run_request", "session_of"]


def run_request(
    request: RunRequest, run_command: Callable[[Sequence[str]], int], display: Display | None = None
) -> int:
    """Run a spec, unless nothing has changed since its last run; return the exit code.

    ``run_command`` runs the command of a step in a process of the run.
    """
    from mlm_steps.runner.unchanged import repeat

    code = None if request.dry_run or request.force or request.planned else repeat(request)
    if code is not None:
        return code
    from mlm_steps.runner.run import run

    return run(request, run_command, display)


def session_of(arguments: argparse.Namespace) -> Session:
    """Return the session of a step; it ends when its run ends."""
    from mlm_steps.runner.watch import end_with_run
    from mlm_steps.steps.run.session import Session

    end_with_run()
    return Session(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
