"""`mlm plan`: one line to an answer, and the spec that the line stands for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.plans import PLANS
from mlm_steps.power.plans.base import Block, Kind
from mlm_steps.power.scenarios import scenarios
from mlm_steps.power.solve import detectable, needed_groups, projected_groups
from mlm_steps.power.study import Answer, Study, closed_answers
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.steps.parts.plan_words import three_decimals
from mlm_steps.steps.parts.planned_spec import planned_spec

__all__ = ["plan_study"]

ROUGH = 0.005
"""Standard error of a mean over drawn designs that is enough for a first answer; it is printed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says."""

    kind: str
    values: dict[str, float]
    write: Path | None


def plan_study(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the answer to a plan; write its spec if the options ask for it.

    Raises
    ------
    UsageError
        A value is impossible, or the file exists.
    """
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


def _block(kind: Kind, asked: _Asked) -> Block:
    """Return the block of the spec; UsageError where the variances leave nothing for the residual."""
    block = kind.block(asked.values)
    truth = block["truth"]
    sigma = truth.get("sigma", 1.0) if isinstance(truth, dict) else 1.0
    if isinstance(sigma, complex) or sigma <= 0.0:
        what = "no variance is left for the residual of an outcome with variance 1"
        raise UsageError(Fault("mlm plan", what, "make icc or the slope variance smaller"))
    shares = truth.get("vpc") if isinstance(truth, dict) else None
    if isinstance(shares, dict) and shares["residual"] <= 0.0:
        what = f"no variance is left for the residual: the shares sum to {1.0 - shares['residual']:g}"
        raise UsageError(Fault("mlm plan", what, "they have to stay below 1: make one of them smaller"))
    return {**block, "alpha": asked.values["alpha"], "target": asked.values["target"]}


def _study(block: Block) -> Study:
    """Return the study of a block; UsageError with all its faults."""
    try:
        return scenarios(PowerSpec.model_validate(block), seed=1)[0].study
    except ValidationError as error:
        faults = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
        raise UsageError(*(Fault(where, what) for where, what in faults)) from None


def _answers(block: Block, values: dict[str, float]) -> Iterator[str]:
    """Yield the power, what the target needs and what it can detect."""
    study = _study(block)
    (answer,) = closed_answers(study, precision=ROUGH)
    if answer.power != answer.power:
        raise UsageError(
            Fault("mlm plan", "the design does not identify the effect", "more groups are needed")
        )
    drawn = f", mean over {answer.designs} drawn designs, SE {answer.se:.3f}" if answer.designs > 1 else ""
    yield f"power {three_decimals(answer.power)} of {answer.test.name} at alpha {values['alpha']:g}"
    yield f"  closed form: SE {answer.standard_error:.4g}, {answer.df:.1f} degrees of freedom{drawn}"
    target = values["target"]
    yield from _needed(study, answer, target)
    yield f"smallest effect with power {target:g}: {detectable(answer, target, study.alpha):.3g}"


def _needed(study: Study, answer: Answer, target: float) -> Iterator[str]:
    name = study.factors[0].name
    try:
        if answer.designs > 1:
            count = study.factors[0].count
            needed = projected_groups(answer, count, target, study.alpha, multiple=study.arms)
        else:
            needed = needed_groups(study, target, multiple=study.arms)
    except UsageError as error:
        yield error.faults[0].what
        return
    about = "about " if answer.designs > 1 else ""
    word = {"group": "groups", "person": "persons", "participant": "participants"}.get(
        name, f"levels of {name}"
    )
    rest = f" with {study.factors[1].count} {study.factors[1].name}s" if len(study.factors) > 1 else ""
    yield f"power {target:g} needs {about}{needed.count} {word}{rest} (power {three_decimals(needed.power)})"


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise UsageError(Fault(str(path), "there is a file of this name", "choose another with --write"))
    if not path.parent.is_dir():
        raise UsageError(Fault(str(path), "its folder does not exist", "make it first"))
    path.write_text(text, encoding="utf-8")
