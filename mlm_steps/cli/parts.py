"""What the parsers of several commands share, and the exit codes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[typed.Parser]

__all__ = [
    "DONE",
    "EXPECTATION_FAILED",
    "INPUT_AT_FAULT",
    "INTERRUPTED",
    "OUTPUT_CLOSED",
    "STEP_FAILED",
    "add_allow_outside",
    "add_command",
    "add_cores",
    "add_out",
    "add_run",
    "add_spec",
    "add_specs",
]

DONE, INPUT_AT_FAULT, STEP_FAILED, INTERRUPTED, OUTPUT_CLOSED = 0, 2, 3, 130, 141
"""Exit codes of a command; the last two are those of a shell for SIGINT and SIGPIPE."""
EXPECTATION_FAILED = 1
"""Exit code of a command that has done its work and found that a result is not as expected."""


def add_command(commands: Commands, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """Add a command with its line in the help and one example; return its parser."""
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: mlm {name} {example}".rstrip(),
    )


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Add the spec and whether it may read data outside its folder."""
    parser.add_argument(
        "spec",
        nargs="?",
        type=typed.path,
        default=Path("pipeline.yaml"),
        metavar="SPEC",
        help="the spec (default: pipeline.yaml)",
    )
    add_allow_outside(parser, "the spec")


def add_run(parser: argparse.ArgumentParser, option: str) -> None:
    """Add a finished run, and the option that says where the results of a spec are."""
    parser.add_argument("run", type=typed.path, metavar="RUN", help="the output folder of a run, or its spec")
    parser.add_argument(
        option,
        type=typed.path,
        metavar="DIR",
        help="output folder, if RUN is a spec (default: results/<name of the spec>)",
    )


def add_specs(parser: argparse.ArgumentParser, words: str) -> None:
    """Add one or more specs, their output folder, and whether they may read data outside their folders."""
    parser.add_argument(
        "specs", nargs="*", type=typed.path, default=[Path("pipeline.yaml")], metavar="SPEC", help=words
    )
    add_allow_outside(parser, "a spec")
    parser.add_argument(
        "--out",
        type=typed.path,
        metavar="DIR",
        help="output folder; of several specs, the folder of theirs (default: results/<name of the spec>)",
    )


def add_allow_outside(parser: argparse.ArgumentParser, whose: str) -> None:
    """Add whether specs may read data from any folder."""
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help=f"let {whose} read a data file outside its folder, its git repository and this folder",
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the output folder."""
    parser.add_argument(
        "--out", type=typed.path, metavar="DIR", help="output folder (default: results/<name of the spec>)"
    )


def add_cores(parser: argparse.ArgumentParser) -> None:
    """Add the number of processes."""
    parser.add_argument(
        "--cores", type=typed.positive, metavar="N", help="processes at a time (default: all cores)"
    )
