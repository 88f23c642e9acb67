"""The command that predicts for new rows."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_out, add_spec
from mlm_steps.errors import printable
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "predict", "predict a rung's outcome for the rows of a new file",
        "pipeline.yaml --model slope --new students.csv",
    )  # fmt: skip
    add_spec(parser)
    add_out(parser)
    parser.add_argument("--model", required=True, metavar="NAME", help="the rung; run the spec first")
    parser.add_argument(
        "--new",
        required=True,
        type=typed.path,
        metavar="FILE",
        help="the file with the rows, with the columns of the data that the rung's predictors need",
    )
    parser.add_argument(
        "--save",
        type=typed.path,
        metavar="FILE",
        help="the CSV file to write (default: predictions/NAME--FILE.csv in the output folder)",
    )
    parser.add_argument(
        "--new-levels",
        choices=("population", "missing", "error"),
        default="population",
        help="what a group without rows in the fit gets (default: the mean over the population)",
    )
    parser.add_argument(
        "--scale",
        choices=("population", "typical", "link"),
        help="of a generalized model: averaged over groups (default), of a typical group, or the link",
    )
    parser.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.predict import Wanted, predict
    from mlm_steps.steps.run.session import Session

    wanted = Wanted(arguments.model, arguments.new, arguments.save, arguments.new_levels, arguments.scale)
    session = Session(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
    for line in predict(session, wanted):
        print(printable(line))
    return DONE
