"""The command that removes files of earlier runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_out, add_spec
from mlm_steps.errors import printable

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "clean", "say which files of earlier runs may go; remove them with --yes", "pipeline.yaml"
    )
    add_spec(parser)
    add_out(parser)
    parser.add_argument("--yes", action="store_true", help="remove the files")
    parser.add_argument(
        "--all", action="store_true", help="all files that mlm has written into the output folder"
    )
    parser.set_defaults(command=_clean)


def _clean(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.clean import clean

    options = {"everything": arguments.all, "yes": arguments.yes, "allow_outside": arguments.allow_outside}
    for line in clean(arguments.spec, arguments.out, **options):
        print(printable(line))
    return DONE
