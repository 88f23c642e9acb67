"""A command for each step: the rules of the workflow call them."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_out, add_spec
from mlm_steps.cli.request import session_of
from mlm_steps.errors import MlmError
from mlm_steps.runner.watch import in_run
from mlm_steps.steps import STEPS
from mlm_steps.steps.verbs import load_step, options_of

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add a command for each step: the rules of the workflow call them."""
    for name, step in STEPS.items():
        parser = add_command(commands, name, step.summary, f"pipeline.yaml {step.example}")
        add_spec(parser)
        add_out(parser)
        for option in options_of(name):
            parser.add_argument(
                f"--{option.name}",
                required=option.required,
                metavar="NAME",
                help=option.help,
            )
        parser.set_defaults(command=partial(_run_step, name))


def _run_step(name: str, arguments: argparse.Namespace) -> int:
    step = load_step(name)
    try:
        step(session_of(arguments), *(getattr(arguments, option.name) for option in options_of(name)))
    except MlmError:
        if in_run():
            print(file=sys.stderr)  # in the log, an empty line separates results from faults
        raise
    return DONE
