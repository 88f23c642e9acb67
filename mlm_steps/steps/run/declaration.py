"""The classes that declare a step in ``STEPS``; this module imports no library, so that mlm starts fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlm_steps.records.effort import OptionalStep
    from mlm_steps.spec import PipelineSpec
    from mlm_steps.steps.run.inputs import PlanInputs

__all__ = ["Declaration", "Of", "Option", "OptionalWork", "Scope"]

Of = tuple[str, ...]
"""The subject of one job of a step: a value for each option of its scope."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command.

    Attributes
    ----------
    name, help : str
        The option without its dashes, and a line of explanation.
    required : bool
        Whether the command needs it; the value of an option that is not given is None.
    """

    name: str
    help: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """The objects for which a step is repeated, such as each rung.

    Attributes
    ----------
    pattern : str
        The name of a job after ``step/``, with the names of the options in braces; empty for one job per run.
    options : tuple of Option
        The options that select the job of a command.
    jobs : callable
        Returns, for each job that the spec asks for, a value for each option.
    """

    pattern: str
    options: tuple[Option, ...]
    jobs: Callable[[PlanInputs], Iterable[Of]]

    def name(self, step: str, of: Of) -> str:
        """Return the name of a job, such as ``fit/slope``."""
        values = {option.name: value for option, value in zip(self.options, of, strict=True)}
        return f"{step}/{self.pattern.format(**values)}" if self.pattern else step


@dataclass(frozen=True, slots=True)
class OptionalWork:
    """A step for which the effort decides which of its work is done.

    Attributes
    ----------
    step : OptionalStep
        The step, as the record of the effort names it.
    gives : str
        The name of its results, in the plural.
    key : str
        The entry of the spec that makes the step run at every effort.
    demanded : callable
        Returns whether the spec demands it.
    units : callable
        Returns the rungs or comparisons on which one of its jobs works.
    """

    step: OptionalStep
    gives: str
    key: str
    demanded: Callable[[PipelineSpec], bool]
    units: Callable[[PlanInputs, Of], Sequence[str]]


def _nothing(_: PlanInputs, __: Of) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declaration of a step, which the plan, the command line, the workflow and the pool use.

    The code of a step is the function of its name in the module of its name. The function takes the session
    and the values of the options in their order.

    Attributes
    ----------
    summary : str
        A line of the help that says what the step does.
    scope : Scope
        The objects for which the step is repeated.
    output : str
        The file that marks a job as done, relative to the output folder. ``{of}`` stands for the part of the
        job's name after the slash, ``{format}`` for the first format of the report, ``{table}`` for the first
        table.
    example : str
        The arguments after the spec in an example.
    options : tuple of Option
        Options of the command in addition to those of the scope.
    models : callable
        Returns the models whose fits the step reads; their keys enter its key.
    after : callable
        Returns the names of other jobs whose files the step reads.
    depends_on : callable
        Returns the parts of the spec, besides the models, on which the result depends, as plain values. They
        enter its key, and the keys of the parts of its record.
    chosen_by : callable
        Returns the values that decide only which parts its record has and with which options they are made.
        They enter its key, but not the keys of its parts.
    key : callable or None
        Returns its key if the key is not made from ``models``, ``depends_on`` and ``chosen_by``.
    read_by : tuple of str
        The steps that read the results of all jobs of this step.
    record : str
        The class of its record as ``module:class`` in ``mlm_steps.records``, if tables, figures or report
        read it with ``RunRecords.result``; empty for the other steps, and for models, comparisons, variance,
        intervals and figures, which ``RunRecords`` holds in fields of their own.
    optional : OptionalWork or None
        None if the step is always done.
    fails_alone : bool
        Whether later steps run after a failure of this step, with the reason in place of its result.
    changed : str
        The reason for making it again if no earlier step has changed.
    alone : bool
        Whether a spec of planned studies without data and ladder has the step too.
    rare : bool
        Whether few specs ask for the step; the pool loads its module only if the spec does.
    preload : tuple of str
        Modules that its code imports at first use; the pool of a run loads them early. A function after a
        colon returns an iterator that does further loading.
    """

    summary: str
    scope: Scope
    output: str
    example: str = ""
    options: tuple[Option, ...] = ()
    models: Callable[[PlanInputs, Of], Sequence[str]] = _nothing
    after: Callable[[PlanInputs, Of], Iterable[str]] = _nothing
    depends_on: Callable[[PlanInputs, Of], object] = _nothing
    chosen_by: Callable[[PlanInputs, Of], object] = _nothing
    key: Callable[[PlanInputs, Of], str | None] | None = None
    read_by: tuple[str, ...] = ()
    record: str = ""
    optional: OptionalWork | None = None
    fails_alone: bool = True
    changed: str = "the parts of the spec that it depends on have changed"
    alone: bool = False
    rare: bool = False
    preload: tuple[str, ...] = ()

    def settings(self, inputs: PlanInputs, of: Of) -> list[object]:
        """Return all values on which the result of a job depends besides the models."""
        return [self.depends_on(inputs, of), self.chosen_by(inputs, of)]
