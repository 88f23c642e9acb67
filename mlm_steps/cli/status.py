"""The command that shows what is done, stale, missing and failed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command, add_out, add_spec

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "status", "show what is done, stale, missing and failed; start nothing", "pipeline.yaml"
    )
    add_spec(parser)
    add_out(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=_status)


def _status(arguments: argparse.Namespace) -> int:
    import json

    from mlm_steps.runner.status import status_json, status_of, status_text

    found = status_of(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
    if arguments.json:
        print(json.dumps(status_json(found), indent=1, ensure_ascii=False))
    else:
        print(status_text(found), end="")
    return DONE
