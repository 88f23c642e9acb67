"""The command that compares two finished runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command
from mlm_steps.errors import printable
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]

DIFFERENT = 1
"""Exit code if the runs differ."""


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "diff", "say what differs between two finished runs; exit code 1 if anything does",
        "results/before results/after",
    )  # fmt: skip
    parser.add_argument("runs", nargs=2, type=typed.path, metavar="RUN", help="output folders of two runs")
    parser.add_argument("--json", action="store_true", help="print all differences as JSON")
    parser.add_argument(
        "--rtol",
        type=typed.share,
        default=1e-4,
        metavar="X",
        help="tolerance: of coefficients in standard errors, of other numbers relative (default: 0.0001)",
    )
    parser.add_argument("--exact", action="store_true", help="compare all digits")
    parser.set_defaults(command=_diff)


def _diff(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.diff import compare_folders, diff_json, diff_lines

    first, second = arguments.runs
    found = compare_folders(first, second, rtol=arguments.rtol, exact=arguments.exact)
    if arguments.json:
        print(diff_json(found, first, second))
    else:
        for line in diff_lines(found, first, second):
            print(printable(line))
    return DIFFERENT if found.changes else DONE
