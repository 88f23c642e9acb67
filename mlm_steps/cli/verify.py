"""The command that checks a finished run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, EXPECTATION_FAILED, add_command, add_run
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "verify", "hash inputs and outputs of a run again, and compute its fits again",
        "results/hsb",
    )  # fmt: skip
    add_run(parser, "--out")
    parser.add_argument(
        "--without-inputs",
        action="store_true",
        help="check a folder whose spec and data are not here, against its own analysis sample",
    )
    parser.add_argument(
        "--with",
        dest="other",
        choices=("lme4",),
        help="also fit the models in R, by lme4 or glmmTMB, and compare",
    )
    parser.add_argument(
        "--timeout",
        type=typed.positive,
        default=600,
        metavar="SECONDS",
        help="seconds after which R is stopped (default: 600)",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="let the spec read a data file outside its folder, its git repository and this folder",
    )
    parser.set_defaults(command=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    from mlm_steps.verify.recorded import open_run
    from mlm_steps.verify.verify import verify

    run = open_run(arguments.run, arguments.out)
    if arguments.other is not None:
        from mlm_steps.verify.in_r import require_r

        require_r()
    outside = arguments.allow_outside
    found = verify(run, with_inputs=not arguments.without_inputs, allow_outside=outside)
    if arguments.other is not None:
        from mlm_steps.verify.against_r import compare_with_r

        compared = compare_with_r(run, timeout=arguments.timeout, allow_outside=outside)
        found = found.plus(compared.line, compared.findings)
    print(found.json() if arguments.json else found.text(), end="")
    return DONE if found.agrees else EXPECTATION_FAILED
