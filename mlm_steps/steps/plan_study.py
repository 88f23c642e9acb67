"""`mlm plan`: one line to an answer, and the spec that the line stands for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.plans import PLANS
from mlm_steps.power.plans.base import Block, Kind, PlanOption
from mlm_steps.steps.parts.planned_spec import planned_spec
from mlm_steps.steps.run import typed

if TYPE_CHECKING:
    from mlm_steps.power.study import Answer, Study

__all__ = ["plan_study"]

ROUGH = 0.01
"""Standard error of a mean over drawn designs while a number of groups is sought; the answer is finer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says."""

    kind: str
    values: dict[str, float]
    write: Path | None


def plan_study(words: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the answer to the words after ``mlm plan``; write the spec if they ask for it.

    Raises
    ------
    UsageError
        A value is impossible, or the file exists.
    """
    arguments = _parser().parse_args(list(words))
    if arguments.kind == "prior":
        yield from _prior(arguments)
        return
    kind = PLANS[arguments.kind]
    values = {
        option.name: float(getattr(arguments, option.name.replace("-", "_"))) for option in kind.options
    }
    asked = _Asked(arguments.kind, values, arguments.write)
    block = _block(kind, asked)
    yield from _answers(block, values)
    text = planned_spec(asked.kind, kind, block, values)
    if asked.write is not None:
        _write(asked.write, text)
        yield f"wrote {asked.write}; mlm power {asked.write} simulates it and writes a report"
    else:
        yield ""
        yield "the spec of this plan (--write FILE saves it):"
        yield from text.splitlines()


def _parser() -> argparse.ArgumentParser:
    parser = typed.Parser(
        prog="mlm plan",
        description="Answer a planning question without data and without a file.",
        epilog="Example: mlm plan level-2 --groups 40 --rows 15 --icc .1 --effect .4 --binary",
    )
    kinds = parser.add_subparsers(title="kinds of plan", metavar="KIND", required=True, dest="kind")
    for name, kind in PLANS.items():
        own = kinds.add_parser(
            name, help=kind.summary, description=f"{kind.summary[0].upper()}{kind.summary[1:]}.",
            epilog=f"Example: mlm plan {name} {kind.example}",
        )  # fmt: skip
        for option in kind.options:
            _add_option(own, option)
        own.add_argument("--write", type=typed.path, metavar="FILE", help="save the spec of this plan")
    _add_prior(kinds)
    return parser


def _add_option(parser: argparse.ArgumentParser, option: PlanOption) -> None:
    if option.kind == "flag":
        parser.add_argument(f"--{option.name}", action="store_true", help=option.summary)
        return
    default = "" if option.default is None else f" (default: {option.default:g})"
    parser.add_argument(
        f"--{option.name}",
        type={"count": typed.positive, "share": _share, "number": _number}[option.kind],
        required=option.default is None,
        default=option.default,
        metavar={"count": "N", "share": "P", "number": "X"}[option.kind],
        help=f"{option.summary}{default}",
    )


def _add_prior(kinds: argparse._SubParsersAction[typed.Parser]) -> None:
    parser = kinds.add_parser(
        "prior",
        help="the groups that are needed, from the t value of an earlier study",
        description="The groups needed, from the t value of an earlier study (Murayama et al. 2022).",
        epilog="Example: mlm plan prior --t 2.5 --groups 40",
    )
    parser.add_argument("--t", type=_number, required=True, metavar="X", help="the t value")
    parser.add_argument(
        "--groups", type=typed.positive, metavar="N", help="groups of the earlier study, or give --arms"
    )
    parser.add_argument(
        "--role",
        choices=("level-1", "binary", "continuous"),
        default="level-1",
        help="the predictor: within groups with a random slope (default), or a two-armed or continuous one "
        "of groups, alone or as a moderator",
    )
    parser.add_argument(
        "--arms", type=typed.positive, nargs=2, metavar="N", help="groups in the two arms (default: equal)"
    )
    parser.add_argument(
        "--predictors", type=typed.positive, default=1, metavar="N",
        help="predictors of groups of that coefficient, a continuous one included (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--alpha", type=_share, default=0.05, metavar="P", help="size of the test (default: 0.05)"
    )
    parser.add_argument("--target", type=_share, default=0.8, metavar="P", help="power wanted (default: 0.8)")
    parser.add_argument(
        "--safeguard", type=_share, default=0.6, metavar="P",
        help="coverage of the interval whose lower limit the safeguard takes (default: 0.6)",
    )  # fmt: skip


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not abs(value) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def _share(text: str) -> float:
    value = _number(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return value


def _block(kind: Kind, asked: _Asked) -> Block:
    """Return the block of the spec; UsageError where the variances leave nothing for the residual."""
    block = kind.block(asked.values)
    truth = block["truth"]
    sigma = truth.get("sigma", 1.0) if isinstance(truth, dict) else 1.0
    if isinstance(sigma, complex) or sigma <= 0.0:
        what = "no variance is left for the residual of an outcome with variance 1"
        raise UsageError(Fault("mlm plan", what, "make icc or the slope variance smaller"))
    return {**block, "alpha": asked.values["alpha"], "target": asked.values["target"]}


def _study(block: Block) -> Study:
    from mlm_steps.power.scenarios import scenarios
    from mlm_steps.spec.planning.power import PowerSpec

    return scenarios(PowerSpec.model_validate(block), seed=1)[0].study


def _answers(block: Block, values: dict[str, float]) -> Iterator[str]:
    """Yield the power, what the target needs and what it can detect."""
    from mlm_steps.power.solve import detectable
    from mlm_steps.power.study import closed_answers

    study = _study(block)
    (answer,) = closed_answers(study)
    if answer.power != answer.power:
        raise UsageError(
            Fault("mlm plan", "the design does not identify the effect", "more groups are needed")
        )
    drawn = f", mean over {answer.designs} drawn designs, SE {answer.se:.3f}" if answer.designs > 1 else ""
    yield f"power {_three(answer.power)} of {answer.test.name} at alpha {values['alpha']:g}"
    yield f"  closed form: SE {answer.standard_error:.4g}, {answer.df:.1f} degrees of freedom{drawn}"
    target = values["target"]
    yield from _needed(study, answer, target)
    yield f"smallest effect with power {target:g}: {detectable(answer, target, study.alpha):.3g}"


def _needed(study: Study, answer: Answer, target: float) -> Iterator[str]:
    from mlm_steps.power.solve import needed_groups

    name = study.factors[0].name
    try:
        needed = needed_groups(study, target, multiple=study.arms, precision=ROUGH)
    except UsageError as error:
        yield error.faults[0].what
        return
    about = "about " if answer.designs > 1 else ""
    word = {"group": "groups", "person": "persons", "participant": "participants"}.get(
        name, f"levels of {name}"
    )
    rest = f" with {study.factors[1].count} {study.factors[1].name}s" if len(study.factors) > 1 else ""
    yield f"power {target:g} needs {about}{needed.count} {word}{rest} (power {_three(needed.power)})"


def _prior(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the answer from an earlier t value, with the safeguard beside it."""
    from mlm_steps.power.prior import Prior, needed_groups, prior_power, safeguarded

    arms = None if arguments.arms is None else (arguments.arms[0], arguments.arms[1])
    if arguments.groups is None and arms is None:
        raise UsageError(
            Fault("--groups", "is missing", "a t value says nothing without its number of groups")
        )
    if arms is not None and arguments.role != "binary":
        raise UsageError(Fault("--arms", "belongs to --role binary"))
    groups = arguments.groups if arms is None else sum(arms)
    if arms is not None and arguments.groups not in (None, groups):
        raise UsageError(Fault("--arms", f"sum to {groups}, not to the {arguments.groups} of --groups"))
    prior = Prior(arguments.t, groups, arguments.role, arms, arguments.predictors)
    if prior.df < 1:
        raise UsageError(Fault("--groups", f"{groups} are too few for a t value of this role"))
    safe = safeguarded(prior, arguments.safeguard)
    target, alpha = arguments.target, arguments.alpha
    needed = needed_groups(prior, target, alpha)
    yield f"power {target:g} needs {needed} groups of the same size"
    yield f"  power {_three(prior_power(prior, groups, alpha))} with the {groups} groups of the earlier study"
    try:
        careful = f"{needed_groups(safe, target, alpha)} groups"
    except UsageError:
        careful = "no number of groups: the earlier t value is compatible with no effect"
    yield (
        f"safeguard: {careful}, if the effect is at the lower limit of its {100 * arguments.safeguard:g} % "
        f"interval (t = {safe.t:.4g} in place of {prior.t:g})"
    )


def _three(power: float) -> str:
    """Return a power with three decimals, as a proportion without the zero in front."""
    text = f"{power:.3f}"
    return text[1:] if text.startswith("0") else text


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise UsageError(Fault(str(path), "there is a file of this name", "choose another with --write"))
    if not path.parent.is_dir():
        raise UsageError(Fault(str(path), "its folder does not exist", "make it first"))
    path.write_text(text, encoding="utf-8")
