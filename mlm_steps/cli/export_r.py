"""The command that writes an analysis as a script of R."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
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
        commands, "export-r", "write the same analysis as a script of R", "pipeline.yaml --out analysis.R"
    )
    add_spec(parser)
    parser.add_argument(
        "--out", type=typed.path, metavar="FILE", help="the script to write (default: print it)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    parser.set_defaults(command=_export)


def _export(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.export_r import export_r, script_of

    out: Path | None = arguments.out
    outside = arguments.allow_outside
    if out is None:
        script = script_of(arguments.spec, allow_outside=outside)
        print(script.text, end="")
    else:
        script = export_r(arguments.spec, out, allow_outside=outside, force=arguments.force)
        print(printable(f"wrote {out}: {len(script.models)} models; run it in {arguments.spec.parent}"))
    for what in script.unsaid:
        print(printable(f"not in the script: {what}"), file=sys.stderr)
    return DONE
