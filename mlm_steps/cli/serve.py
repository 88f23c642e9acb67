"""The command that shows the report in a browser and keeps it up to date."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import add_command, add_cores, add_out, add_spec
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "serve", "run the spec and show its report in a browser", "--watch pipeline.yaml"
    )
    add_spec(parser)
    add_out(parser)
    add_cores(parser)
    parser.add_argument(
        "--watch", action="store_true", help="run again, and reload the page, when spec or data are saved"
    )
    parser.add_argument(
        "--port", type=typed.port, default=0, metavar="N", help="port on this machine (default: a free one)"
    )
    parser.set_defaults(command=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.live.watching import LiveRequest, serve

    cores = [] if arguments.cores is None else [f"--cores={arguments.cores}"]
    request = LiveRequest(
        spec=arguments.spec,
        out=arguments.out,
        watch=arguments.watch,
        port=arguments.port,
        words=tuple(cores),
        allow_outside=arguments.allow_outside,
    )
    return serve(request, arguments.run_command)
