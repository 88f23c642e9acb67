"""The command that saves the analysis sample."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_spec
from mlm_steps.errors import printable
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "prepare", "save the analysis sample and a codebook, so that others can check them",
        "pipeline.yaml --save sample.csv",
    )  # fmt: skip
    add_spec(parser)
    parser.add_argument(
        "--save",
        required=True,
        type=typed.path,
        metavar="FILE",
        help="the file to write, .csv, .tsv or .parquet; its codebook is beside it, NAME.codebook.md",
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.set_defaults(command=_prepare_sample)


def _prepare_sample(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.prepare import prepare

    options = {"allow_outside": arguments.allow_outside, "force": arguments.force}
    for line in prepare(arguments.spec, arguments.save, **options):
        print(printable(line))
    return DONE
