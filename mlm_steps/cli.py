"""The command line, with one sub-command per step. Faults are printed here and nowhere else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.errors import Fault, MlmError, StorageError, UsageError, printable
from mlm_steps.runner.watch import in_run
from mlm_steps.steps import STEPS
from mlm_steps.steps.run import typed
from mlm_steps.steps.verbs import load_step, options_of

if TYPE_CHECKING:
    from mlm_steps.runner.request import RunRequest
    from mlm_steps.steps.run.session import Session

    Commands = argparse._SubParsersAction[typed.Parser]

__all__ = ["run_command"]

DONE, INPUT_AT_FAULT, STEP_FAILED, INTERRUPTED, OUTPUT_CLOSED = 0, 2, 3, 130, 141
"""Exit codes of a command; the last two are those of a shell for SIGINT and SIGPIPE."""
INNER = ("begin", "failed", "serve")
"""Commands that only the workflow calls; messages do not list them."""


def run_command(words: Sequence[str]) -> int:
    """Run one command and return its exit code.

    The codes are: 0 done, 1 done but not as the spec expects, 2 invalid input, 3 a step failed,
    130 interrupted, 141 output closed.
    """
    parser = _parser(inner=bool(words) and words[0] in INNER)
    if not words:
        parser.print_help(sys.stderr)
        return INPUT_AT_FAULT
    arguments = parser.parse_args(list(words))
    try:
        code: int = arguments.command(arguments)
        sys.stdout.flush()
    except MlmError as error:
        print(error, file=sys.stderr)
        return STEP_FAILED if isinstance(error, StorageError) else INPUT_AT_FAULT
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, the next run goes on from there", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has ended, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED
    return code


@cache
def _parser(*, inner: bool = False) -> argparse.ArgumentParser:
    """Return the parser, with or without the commands that only the workflow calls."""
    parser = typed.Parser(
        prog="mlm",
        description="Declare a multilevel analysis in one YAML file; run it; get a report.",
        epilog="Example: mlm run pipeline.yaml",
    )
    parser.add_argument("--version", action=typed.Version, distribution="mlm-steps")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_validate(commands)
    _add_prepare(commands)
    _add_predict(commands)
    _add_power(commands)
    _add_init(commands)
    _add_plan(commands)
    _add_schema(commands)
    _add_steps(commands)
    if inner:
        _add_inner(commands)
    return parser


def _command(commands: Commands, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Example: mlm {name} {example}".rstrip(),
    )


def _add_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec",
        nargs="?",
        type=typed.path,
        default=Path("pipeline.yaml"),
        metavar="SPEC",
        help="the spec (default: pipeline.yaml)",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="let the spec read a data file outside its folder, its git repository and this folder",
    )


def _add_run(commands: Commands) -> None:
    parser = _command(commands, "run", "fit the ladder and write the report", "pipeline.yaml --cores 2")
    _add_spec(parser)
    _add_out(parser)
    parser.add_argument(
        "--cores", type=typed.positive, metavar="N", help="processes at a time (default: all cores)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say which steps would run, write nothing")
    parser.add_argument("--force", action="store_true", help="make every step anew")
    parser.add_argument("--profile", metavar="P", help="a Snakemake profile, for example of a cluster")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.request import RunRequest

    request = RunRequest(
        spec=arguments.spec,
        out=arguments.out,
        cores=arguments.cores,
        dry_run=arguments.dry_run,
        force=arguments.force,
        profile=arguments.profile,
        allow_outside=arguments.allow_outside,
    )
    return _run_request(request)


def _run_request(request: RunRequest) -> int:
    from mlm_steps.runner.unchanged import repeat

    code = None if request.dry_run or request.force or request.planned else repeat(request)
    if code is not None:
        return code
    from mlm_steps.runner.run import run

    return run(request, run_command)


def _add_validate(commands: Commands) -> None:
    parser = _command(commands, "validate", "check spec and data, print the resolved ladder", "pipeline.yaml")
    _add_spec(parser)
    parser.set_defaults(command=_validate)


def _validate(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.run.summaries import describe_spec
    from mlm_steps.steps.validate import check

    loaded, analysis = check(arguments.spec, allow_outside=arguments.allow_outside)
    print(describe_spec(loaded, None if analysis is None else analysis.profile), end="")
    return DONE


def _add_prepare(commands: Commands) -> None:
    parser = _command(
        commands, "prepare", "save the analysis sample and a codebook, so that others can check them",
        "pipeline.yaml --save sample.csv",
    )  # fmt: skip
    _add_spec(parser)
    parser.add_argument(
        "--save",
        required=True,
        type=typed.path,
        metavar="FILE",
        help="the file to write, .csv, .tsv or .parquet; its codebook is beside it, NAME.codebook.md",
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.set_defaults(command=_prepare_sample)


def _prepare_sample(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.prepare import prepare

    options = {"allow_outside": arguments.allow_outside, "force": arguments.force}
    for line in prepare(arguments.spec, arguments.save, **options):
        print(printable(line))
    return DONE


def _add_predict(commands: Commands) -> None:
    parser = _command(
        commands, "predict", "predict a rung's outcome for the rows of a new file",
        "pipeline.yaml --model slope --new students.csv",
    )  # fmt: skip
    _add_spec(parser)
    _add_out(parser)
    parser.add_argument("--model", required=True, metavar="NAME", help="the rung; run the spec first")
    parser.add_argument(
        "--new",
        required=True,
        type=typed.path,
        metavar="FILE",
        help="the file with the rows, with the columns of the data that the rung's predictors need",
    )
    parser.add_argument(
        "--save",
        type=typed.path,
        metavar="FILE",
        help="the CSV file to write (default: predictions/NAME--FILE.csv in the output folder)",
    )
    parser.add_argument(
        "--new-levels",
        choices=("population", "missing", "error"),
        default="population",
        help="what a group without rows in the fit gets (default: the mean over the population)",
    )
    parser.add_argument(
        "--scale",
        choices=("population", "typical", "link"),
        help="of a generalized model: averaged over groups (default), of a typical group, or the link",
    )
    parser.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.predict import Wanted, predict
    from mlm_steps.steps.run.session import Session

    wanted = Wanted(arguments.model, arguments.new, arguments.save, arguments.new_levels, arguments.scale)
    session = Session(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
    for line in predict(session, wanted):
        print(printable(line))
    return DONE


def _add_power(commands: Commands) -> None:
    parser = _command(
        commands, "power", "say how likely planned studies find their effects", "study.yaml --cores 2"
    )
    parser.add_argument(
        "specs",
        nargs="*",
        type=typed.path,
        default=[Path("pipeline.yaml")],
        metavar="SPEC",
        help="specs with the key power (default: pipeline.yaml)",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="let a spec read a data file outside its folder, its git repository and this folder",
    )
    parser.add_argument(
        "--out",
        type=typed.path,
        metavar="DIR",
        help="output folder; of several specs, the folder of theirs (default: results/<name of the spec>)",
    )
    parser.add_argument(
        "--cores", type=typed.positive, metavar="N", help="processes at a time (default: all cores)"
    )
    parser.add_argument("--closed", action="store_true", help="closed forms alone, without any files")
    parser.set_defaults(command=_power)


def _power(arguments: argparse.Namespace) -> int:
    several = len(arguments.specs) > 1
    code = DONE
    for spec in arguments.specs:
        if several:
            print(printable(f"{spec}:"), flush=True)
        code = max(code, _power_of(spec, arguments, several=several))
    return code


def _power_of(spec: Path, arguments: argparse.Namespace, *, several: bool) -> int:
    """Print the power of the planned studies of one spec and return the exit code."""
    from mlm_steps.runner.request import RunRequest

    if arguments.closed:
        from mlm_steps.runner.preview import closed_text

        print(closed_text(spec, allow_outside=arguments.allow_outside), end="")
        return DONE
    out = arguments.out / spec.stem if several and arguments.out is not None else arguments.out
    request = RunRequest(
        spec=spec, out=out, cores=arguments.cores, allow_outside=arguments.allow_outside, planned=True
    )
    return _run_request(request)


def _add_init(commands: Commands) -> None:
    parser = _command(
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


def _add_plan(commands: Commands) -> None:
    parser = commands.add_parser(
        "plan", help="answer a planning question: power, groups or effect, without data", add_help=False
    )
    parser.add_argument("words", nargs=argparse.REMAINDER)
    parser.set_defaults(command=_plan)


def _plan(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.parts.plan_words import PRIOR, plan_words

    asked = plan_words(arguments.words)
    if asked.kind == PRIOR:
        from mlm_steps.steps.plan_prior import plan_prior as answer
    else:
        from mlm_steps.steps.plan_study import plan_study as answer
    for line in answer(asked):
        print(printable(line))
    return DONE


def _add_schema(commands: Commands) -> None:
    parser = _command(commands, "schema", "print the JSON schema of the spec", "> pipeline.schema.json")
    parser.set_defaults(command=_schema)


def _schema(_: argparse.Namespace) -> int:
    from mlm_steps.spec import schema_text

    print(schema_text(), end="")
    return DONE


def _add_steps(commands: Commands) -> None:
    """Add a command for each step: the rules of the workflow call them."""
    for name, step in STEPS.items():
        parser = _command(commands, name, step.summary, f"pipeline.yaml {step.example}")
        _add_spec(parser)
        _add_out(parser)
        for option in options_of(name):
            parser.add_argument(
                f"--{option.name}",
                required=option.required,
                metavar="NAME",
                help=option.help,
            )
        parser.set_defaults(command=partial(_run_step, name))


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=typed.path, metavar="DIR", help="output folder (default: results/<name of the spec>)"
    )


def _run_step(name: str, arguments: argparse.Namespace) -> int:
    step = load_step(name)
    try:
        step(_session(arguments), *(getattr(arguments, option.name) for option in options_of(name)))
    except MlmError:
        if in_run():
            print(file=sys.stderr)  # in the log, an empty line separates results from faults
        raise
    return DONE


def _session(arguments: argparse.Namespace) -> Session:
    from mlm_steps.runner.watch import end_with_run
    from mlm_steps.steps.run.session import Session

    end_with_run()
    return Session(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)


def _add_inner(commands: Commands) -> None:
    """Add the commands that only the workflow calls; the help does not show them."""
    begin, failed, serve = (commands.add_parser(name) for name in INNER)
    failed.add_argument("--step", required=True)
    failed.add_argument("--code", type=int, required=True)
    failed.add_argument("--log", type=Path, required=True)
    serve.add_argument("address")
    serve.add_argument("lifeline", type=int)
    for parser, command in ((failed, _failed), (begin, _begin), (serve, _serve)):
        _add_spec(parser)
        parser.add_argument("--out", type=Path)
        parser.set_defaults(command=command)


def _failed(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.failed import failed

    return failed(_session(arguments), arguments.step, arguments.code, arguments.log)


def _begin(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.begin import begin

    begin(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
    return DONE


def _serve(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.pool import serve

    return serve(arguments.address, arguments.lifeline, run_command, _prepare, partial(_keep, arguments))


def _keep(arguments: argparse.Namespace) -> bool:
    from mlm_steps.runner.begin import keep  # after the pool has loaded the libraries, see NEEDED

    return keep(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)


def _prepare() -> None:
    """Compute the values that every step needs, so that the steps inherit them."""
    from mlm_steps.steps.run.identity import code_identity

    code_identity()
    _parser(inner=False)
