"""The command that checks a spec and its data."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_spec

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "validate", "check spec and data, print the resolved ladder", "pipeline.yaml"
    )
    add_spec(parser)
    parser.set_defaults(command=_validate)


def _validate(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.run.summaries import describe_spec
    from mlm_steps.steps.validate import check

    loaded, analysis = check(arguments.spec, allow_outside=arguments.allow_outside)
    print(describe_spec(loaded, None if analysis is None else analysis.profile), end="")
    return DONE
