"""The command that fits the ladder and writes the report."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, INPUT_AT_FAULT, STEP_FAILED, add_command, add_cores, add_specs
from mlm_steps.cli.request import run_request
from mlm_steps.errors import Fault, MlmError, StorageError, UsageError
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands
    from mlm_steps.runner.display import Display
    from mlm_steps.runner.request import RunRequest

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "run", "fit the ladder and write the report", "pipeline.yaml --cores 2")
    add_specs(parser, "the spec, or several (default: pipeline.yaml)")
    add_cores(parser)
    parser.add_argument("--dry-run", action="store_true", help="say which steps would run, write nothing")
    parser.add_argument(
        "--explain", action="store_true", help="say for each step what has changed since it was made"
    )
    parser.add_argument(
        "--variant", metavar="NAME", help="make the whole report of one variant of a spec with the key vary"
    )
    parser.add_argument("--force", action="store_true", help="make every step anew")
    parser.add_argument("--profile", metavar="P", help="a Snakemake profile, for example of a cluster")
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="progress on standard error for people (default) or as one JSON object per event",
    )
    parser.add_argument(
        "--summary", type=typed.path, metavar="FILE", help="write a summary of the run as Markdown"
    )
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    specs: list[Path] = arguments.specs
    if len(specs) > 1 and arguments.variant is not None:
        raise UsageError(Fault("--variant", "needs one spec, the one with the variant"))
    if arguments.summary is not None and not arguments.dry_run:
        _empty(arguments.summary)
    work = partial(_told, arguments, _work_on_all if len(specs) > 1 else _work_on_one)
    if arguments.log_format == "text":
        return work()
    from mlm_steps.runner.events import reported

    return reported(work, " ".join(map(str, specs)))


def _told(
    arguments: argparse.Namespace,
    work: Callable[[argparse.Namespace, Display | None], int],
    display: Display | None = None,
) -> int:
    """Do the work of the command; tell continuous integration about the faults that end it."""
    try:
        return work(arguments, display)
    except MlmError as error:
        from mlm_steps.runner.unchanged import Verdict, tell

        code = STEP_FAILED if isinstance(error, StorageError) else INPUT_AT_FAULT
        request = _request(arguments, arguments.specs[0], arguments.out)
        tell(request, Verdict(code, "", f"{error}\n", steps=0))
        raise


def _empty(summary: Path) -> None:
    """Make the file of the summary, to which each spec adds its own; UsageError if it cannot be written."""
    try:
        summary.write_bytes(b"")
    except OSError as error:
        raise UsageError(Fault(str(summary), f"cannot be written: {error.strerror or error}")) from error


def _request(arguments: argparse.Namespace, spec: Path, out: Path | None) -> RunRequest:
    from mlm_steps.runner.request import RunRequest

    return RunRequest(
        spec=spec,
        out=out,
        cores=arguments.cores,
        dry_run=arguments.dry_run,
        force=arguments.force,
        profile=arguments.profile,
        explain=arguments.explain,
        allow_outside=arguments.allow_outside,
        summary=arguments.summary,
    )


def _work_on_one(arguments: argparse.Namespace, display: Display | None = None) -> int:
    request = _request(arguments, arguments.specs[0], arguments.out)
    if arguments.variant is not None:
        from mlm_steps.runner.variant import variant_request

        request = variant_request(request, arguments.variant)
    return _work(request, arguments.run_command, display)


def _work(
    request: RunRequest, run_command: Callable[[Sequence[str]], int], display: Display | None = None
) -> int:
    if request.dry_run and request.explain:
        from mlm_steps.runner.explain import explain_plan

        print(explain_plan(request), end="")
        return DONE
    return run_request(request, run_command, display)


def _work_on_all(arguments: argparse.Namespace, display: Display | None = None) -> int:
    from mlm_steps.runner.several.notes import repeat_several

    out: Path | None = arguments.out
    requests = [
        _request(arguments, spec, None if out is None else out / spec.stem) for spec in arguments.specs
    ]
    root = out or Path("results")
    code = None if arguments.dry_run or arguments.force else repeat_several(requests, root)
    if code is not None:
        return code
    from mlm_steps.runner.several.run import run_several, say_plans

    if arguments.dry_run:
        return say_plans(requests, partial(_work, run_command=arguments.run_command))
    return run_several(requests, root, arguments.run_command, display)
