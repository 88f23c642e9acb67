"""The options of `mlm plan`, from the kinds of plans; no numerical library is needed to read them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mlm_steps.power.plans import PLANS
from mlm_steps.power.plans.base import PlanOption
from mlm_steps.steps.run import typed

__all__ = ["PRIOR", "plan_words", "three_decimals"]

PRIOR = "prior"
"""The kind that plans from a published t value; it has no design."""


def plan_words(words: Sequence[str]) -> argparse.Namespace:
    """Return the kind and the options that the words after ``mlm plan`` give."""
    return _parser().parse_args(list(words))


def three_decimals(power: float) -> str:
    """Return a power with three decimals, as a proportion without the zero in front."""
    text = f"{power:.3f}"
    return text[1:] if text.startswith("0") else text


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
        type={"count": typed.positive, "share": _share, "number": _number, "variance": _variance}[
            option.kind
        ],
        required=option.default is None,
        default=option.default,
        metavar={"count": "N", "share": "P"}.get(option.kind, "X"),
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


def _variance(text: str) -> float:
    value = _number(text)
    if value < 0.0:
        raise argparse.ArgumentTypeError(f"{text!r} is below 0")
    return value


def _share(text: str) -> float:
    value = _number(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return value
