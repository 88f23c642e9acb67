"""The command that checks specs and their data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_allow_outside, add_command
from mlm_steps.errors import Fault, MlmError, SpecError
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "validate", "check specs and data, print the resolved ladder", "pipeline.yaml"
    )
    parser.add_argument(
        "specs",
        nargs="*",
        type=typed.path,
        default=[Path("pipeline.yaml")],
        metavar="SPEC",
        help="the spec, or several (default: pipeline.yaml)",
    )
    add_allow_outside(parser, "a spec")
    parser.set_defaults(command=_validate)


def _validate(arguments: argparse.Namespace) -> int:
    specs: list[Path] = arguments.specs
    faults: list[Fault] = []
    for spec in specs:
        try:
            text = _described(spec, allow_outside=arguments.allow_outside)
        except MlmError as error:
            faults += error.faults
            continue
        print(text, end="" if spec == specs[-1] else "\n")
    if faults:
        raise SpecError(*faults)
    return DONE


def _described(spec: Path, *, allow_outside: bool) -> str:
    """Return the resolved ladder of a spec; raise MlmError with all its faults."""
    from mlm_steps.steps.run.described_spec import describe_spec
    from mlm_steps.steps.validate import check

    loaded, analysis = check(spec, allow_outside=allow_outside)
    return describe_spec(loaded, None if analysis is None else analysis.profile)
