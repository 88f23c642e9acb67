"""The command that packs a run as an RO-Crate."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_run
from mlm_steps.errors import printable
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "crate", "pack a run with its inputs as an RO-Crate for an archive",
        "results/hsb --out hsb.zip",
    )  # fmt: skip
    parser.add_argument(
        "--out",
        type=typed.path,
        metavar="FOLDER|FILE.zip",
        help="the crate to write (default: NAME.crate.zip beside the output folder)",
    )
    add_run(parser, "--results")
    parser.add_argument("--license", metavar="TEXT", help="address or words of the licence of the files")
    parser.add_argument(
        "--without-data", action="store_true", help="leave the data files out; their hashes stay"
    )
    parser.add_argument("--force", action="store_true", help="replace an archive that exists")
    parser.set_defaults(command=_crate)


def _crate(arguments: argparse.Namespace) -> int:
    from mlm_steps.verify.crate import crate_of, default_path
    from mlm_steps.verify.recorded import open_run

    run = open_run(arguments.run, arguments.results)
    out = arguments.out or default_path(run)
    options = {"with_data": not arguments.without_data, "force": arguments.force}
    for line in crate_of(run, out, licence=arguments.license, **options):
        print(printable(line))
    return DONE
