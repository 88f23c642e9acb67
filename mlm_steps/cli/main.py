"""Run a command. Faults are printed here and nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache, partial

from mlm_steps.cli import (
    baseline,
    clean,
    crate,
    diff,
    export_r,
    init,
    inner,
    plan,
    power,
    predict,
    prepare,
    run,
    schema,
    serve,
    status,
    steps,
    validate,
    verify,
)
from mlm_steps.cli.parts import INPUT_AT_FAULT, INTERRUPTED, OUTPUT_CLOSED, STEP_FAILED
from mlm_steps.errors import MlmError, StorageError
from mlm_steps.steps.run import typed

__all__ = ["run_command"]

COMMANDS = (
    run, serve, status, clean, validate, verify, export_r, crate, prepare, predict,
    power, baseline, diff, init, plan, schema, steps,
)  # fmt: skip
"""The modules of the commands, in the order of the help."""


def run_command(words: Sequence[str]) -> int:
    """Run one command and return its exit code.

    The codes are: 0 done, 1 done but not as the spec expects, 2 invalid input, 3 a step failed,
    130 interrupted, 141 output closed.
    """
    parser = _parser(inside=bool(words) and words[0] in inner.INNER)
    if not words:
        parser.print_help(sys.stderr)
        return INPUT_AT_FAULT
    arguments = parser.parse_args(list(words))
    try:
        code: int = arguments.command(arguments)
        sys.stdout.flush()
    except MlmError as error:
        print(error, file=sys.stderr)
        return STEP_FAILED if isinstance(error, StorageError) else INPUT_AT_FAULT
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, the next run goes on from there", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has ended, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED
    return code


@cache
def _parser(*, inside: bool = False) -> typed.Parser:
    """Return the parser, with or without the commands that only the workflow calls."""
    parser = typed.Parser(
        prog="mlm",
        description="Declare a multilevel analysis in one YAML file; run it; get a report.",
        epilog="Example: mlm run pipeline.yaml",
    )
    parser.set_defaults(run_command=run_command, build_parser=partial(_parser, inside=False))
    parser.add_argument("--version", action=typed.Version, distribution="mlm-steps")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (*COMMANDS, inner) if inside else COMMANDS:
        command.add(commands)
    return parser
