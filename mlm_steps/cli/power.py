"""The command that answers what power planned studies have."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_cores, add_specs
from mlm_steps.cli.request import run_request
from mlm_steps.errors import printable

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "power", "say how likely planned studies find their effects", "study.yaml --cores 2"
    )
    add_specs(parser, "specs with the key power (default: pipeline.yaml)")
    add_cores(parser)
    parser.add_argument("--closed", action="store_true", help="closed forms alone, without any files")
    parser.set_defaults(command=_power)


def _power(arguments: argparse.Namespace) -> int:
    several = len(arguments.specs) > 1
    code = DONE
    for spec in arguments.specs:
        if several:
            print(printable(f"{spec}:"), flush=True)
        code = max(code, _power_of(spec, arguments, several=several))
    return code


def _power_of(spec: Path, arguments: argparse.Namespace, *, several: bool) -> int:
    """Print the power of the planned studies of one spec and return the exit code."""
    from mlm_steps.runner.request import RunRequest

    if arguments.closed:
        from mlm_steps.runner.preview import closed_text

        print(closed_text(spec, allow_outside=arguments.allow_outside), end="")
        return DONE
    out = arguments.out / spec.stem if several and arguments.out is not None else arguments.out
    request = RunRequest(
        spec=spec, out=out, cores=arguments.cores, allow_outside=arguments.allow_outside, planned=True
    )
    return run_request(request, arguments.run_command)
