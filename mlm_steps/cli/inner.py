"""Commands that only the workflow calls; the help does not show them."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.cli.parts import DONE, add_spec
from mlm_steps.cli.request import session_of
from mlm_steps.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mlm_steps.cli.parts import Commands

__all__ = ["INNER", "add"]

INNER = ("begin", "failed", "pool")
"""Names of the commands; messages do not list them."""


def add(commands: Commands) -> None:
    """Add the commands that only the workflow calls; the help does not show them."""
    begin, failed, pool = (commands.add_parser(name) for name in INNER)
    failed.add_argument("--step", required=True)
    failed.add_argument("--code", type=int, required=True)
    failed.add_argument("--log", type=Path, required=True)
    pool.add_argument("address")
    pool.add_argument("lifeline", type=int)
    pool.add_argument("--limit", type=int)
    pool.add_argument("--steps", nargs="*", choices=[*STEPS])
    pool.add_argument("--of", nargs=2, type=Path, action="append")
    for parser, command in ((failed, _failed), (begin, _begin), (pool, _pool)):
        add_spec(parser)
        parser.add_argument("--out", type=Path)
        parser.set_defaults(command=command)


def _failed(arguments: argparse.Namespace) -> int:
    from mlm_steps.steps.failed import failed

    return failed(session_of(arguments), arguments.step, arguments.code, arguments.log)


def _begin(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.begin import begin

    begin(arguments.spec, arguments.out, allow_outside=arguments.allow_outside)
    return DONE


def _pool(arguments: argparse.Namespace) -> int:
    from mlm_steps.runner.pool import USUAL, serve

    steps = USUAL if arguments.steps is None else arguments.steps
    words = (arguments.address, arguments.lifeline, arguments.run_command)
    prepare = partial(_prepare, arguments)
    if arguments.of is None:
        return serve(*words, prepare, partial(_keeper, arguments, steps), steps=steps)
    from mlm_steps.runner.several.keeping import Keeping

    keep = Keeping(arguments.of, allow_outside=arguments.allow_outside)
    return serve(*words, prepare, lambda: keep, limit=arguments.limit)


def _keeper(arguments: argparse.Namespace, steps: Collection[str]) -> Callable[[], bool]:
    from mlm_steps.runner.begin import Keeper  # after the pool has loaded the libraries, see NEEDED

    outside = arguments.allow_outside
    return Keeper(arguments.spec, arguments.out, allow_outside=outside, steps=steps)


def _prepare(arguments: argparse.Namespace) -> None:
    """Compute the values that every step needs, so that the steps inherit them."""
    from mlm_steps.steps.run.identity import code_identity

    code_identity()
    arguments.build_parser()
