"""The command that writes a spec for a data file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_command
from mlm_steps.errors import Fault, UsageError, printable
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.cli.parts import Commands

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(
        commands, "init", "write a commented spec for a data file",
        "students.csv --outcome math --group school --level-1 ses",
    )  # fmt: skip
    parser.add_argument("data", type=typed.path, metavar="DATA", help="the data file")
    parser.add_argument("--outcome", required=True, metavar="Y", help="the outcome's column")
    parser.add_argument(
        "--group",
        required=True,
        action="append",
        metavar="G",
        help="the grouping factor; school/class: classes within schools; given again: a crossed factor",
    )
    parser.add_argument(
        "--sheet", metavar="NAME", help="the sheet of a workbook, by name or number (default: its first)"
    )
    parser.add_argument("--object", metavar="NAME", help="the data frame in a file of R with several")
    parser.add_argument("--na", type=typed.names, metavar="A,B", help="words that mean a missing value")
    parser.add_argument("--decimal", choices=(".", ","), help="the decimal mark (default: detected)")
    parser.add_argument(
        "--delimiter", metavar="C", help="the character between columns, or tab (default: detected)"
    )
    parser.add_argument(
        "--level-1", type=typed.names, metavar="A,B", help="level-1 predictors (default: detected)"
    )
    parser.add_argument(
        "--level-2", type=typed.names, metavar="C", help="level-2 predictors (default: detected)"
    )
    parser.add_argument(
        "--out",
        type=typed.path,
        default=Path("pipeline.yaml"),
        metavar="SPEC",
        help="the spec to write (default: pipeline.yaml); never overwritten",
    )
    parser.set_defaults(command=_init)


def _init(arguments: argparse.Namespace) -> int:
    from mlm_steps.data.survey.asked import Asked
    from mlm_steps.data.survey.reading import Manner
    from mlm_steps.steps.init import init_spec

    out: Path = arguments.out
    if out.exists():
        raise UsageError(Fault(str(out), "there is a file of this name", "choose another with --out"))
    if not out.parent.is_dir():
        raise UsageError(Fault(str(out), "its folder does not exist", "make it first"))
    asked = Asked(arguments.outcome, tuple(arguments.group), arguments.level_1, arguments.level_2)
    manner = Manner(arguments.sheet, arguments.na, arguments.decimal, arguments.delimiter, arguments.object)
    spec = init_spec(arguments.data, asked, manner, spec_path=out)
    out.write_text(spec.text, encoding="utf-8")
    for remark in spec.remarks:
        print(printable(remark))
    following = "mlm run" if out.name == "pipeline.yaml" else f"mlm run {out}"
    print(printable(f"wrote {out}; look through it, then: {following}"))
    return DONE
