"""The command that writes the numbers of a run as a baseline."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_out, add_spec
from mlm_steps.errors import Fault, UsageError, printable
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "baseline", "save the numbers of a finished run, which later runs have to find again",
        "pipeline.yaml",
    )  # fmt: skip
    add_spec(parser)
    add_out(parser)
    parser.add_argument(
        "--save",
        type=typed.path,
        metavar="FILE",
        help="the file to write (default: that which the spec expects, else baseline.json beside the spec)",
    )
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    parser.set_defaults(command=_baseline)


def _baseline(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.baseline import default_place, write_baseline
    from mlm_steps.steps.run.session import Session

    session = Session(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
    if session.spec.planned_alone:
        raise UsageError(Fault(str(arguments.spec), "has planned studies alone, and no rungs"))
    place = arguments.save or default_place(session)
    for line in write_baseline(session, place, force=arguments.force):
        print(printable(line))
    return DONE
