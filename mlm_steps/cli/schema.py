"""The command that prints the JSON schema of the spec."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "schema", "print the JSON schema of the spec", "> pipeline.schema.json")
    parser.set_defaults(command=_schema)


def _schema(_: argparse.Namespace) -> int:
    from mlm_steps.spec import schema_text

    print(schema_text(), end="")
    return DONE
