"""How a step is declared in ``STEPS``; the command line imports this module, which imports no library."""

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
"""What one job of a step is about: a value for each option of its scope."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command.

    Attributes
    ----------
    name, help : str
        The option without its dashes, and a line of explanation.
    required : bool
        Whether the command needs it; its value is None where it is not given.
    """

    name: str
    help: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """What a step is repeated for, such as each rung.

    Attributes
    ----------
    pattern : str
        The name of a job after ``step/``, with the names of the options in braces; empty for one job per run.
    options : tuple of Option
        The options that say which job a command does.
    jobs : callable
        Returns a value for each option, for each job that the spec asks for.
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
    """A step that is done only as far as the effort allows.

    Attributes
    ----------
    step : OptionalStep
        The step, as the record of the effort names it.
    gives : str
        What its results are, in the plural.
    key : str
        What a user writes into the spec to have it done in any case.
    demanded : callable
        Whether the spec demands it.
    units : callable
        The rungs or comparisons about which one of its jobs decides.
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
    """All that the plan, the command line, the workflow and the pool know of a step.

    Its code is the function of the step's name in the module of that name, which takes the session and the
    values of the options in their order.

    Attributes
    ----------
    summary : str
        What it does, as a line of the help.
    scope : Scope
        What it is repeated for.
    output : str
        The file that says that a job is done, below the output folder. ``{of}`` is what follows the slash in
        the job's name, ``{format}`` the first format of the report.
    example : str
        The arguments of an example after the spec.
    options : tuple of Option
        Options of the command beside those of the scope.
    models : callable
        The models whose fits it reads; their keys enter its key.
    after : callable
        The names of other jobs whose files it reads.
    depends_on : callable
        What of the spec its result depends on, beside the models, as plain values. It enters its key.
    key : callable or None
        Returns its key where this is not made from ``models`` and ``depends_on``.
    read_by : tuple of str
        The steps that read the results of all its jobs.
    optional : OptionalWork or None
        None where it is always done.
    fails_alone : bool
        Whether the steps after it run where it fails, with the reason in place of its result.
    changed : str
        Why it is made again where nothing before it has changed.
    preload : tuple of str
        Modules that its code imports when they are first used, loaded early by the pool of a run. A function
        after a colon returns an iterator that does more of such work.
    """

    summary: str
    scope: Scope
    output: str
    example: str = ""
    options: tuple[Option, ...] = ()
    models: Callable[[PlanInputs, Of], Sequence[str]] = _nothing
    after: Callable[[PlanInputs, Of], Iterable[str]] = _nothing
    depends_on: Callable[[PlanInputs, Of], object] = _nothing
    key: Callable[[PlanInputs, Of], str | None] | None = None
    read_by: tuple[str, ...] = ()
    optional: OptionalWork | None = None
    fails_alone: bool = True
    changed: str = "the parts of the spec that it depends on have changed"
    preload: tuple[str, ...] = ()
