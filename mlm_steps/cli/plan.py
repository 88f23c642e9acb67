"""The command that answers a planning question without data."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE
from mlm_steps.errors import printable

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "plan", help="answer a planning question: power, groups or effect, without data", add_help=False
    )
    parser.add_argument("words", nargs=argparse.REMAINDER)
    parser.set_defaults(command=_plan)


def _plan(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.parts.plan_words import PRIOR, plan_words

    asked = plan_words(arguments.words)
    if asked.kind == PRIOR:
        from mlm_steps.steps.plan_prior import plan_prior as answer
    else:
        from mlm_steps.steps.plan_study import plan_study as answer
    for line in answer(asked):
        print(printable(line))
    return DONE
