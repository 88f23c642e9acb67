"""The steps as commands: what a rule calls, and what a person types to run one step alone.

A verb is a module of this package with a function of its name, which takes the session and the values of the
verb's options in their order. To add one, write the module and a line in ``VERBS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["VERBS", "Option", "Verb"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a verb.

    Attributes
    ----------
    name, help : str
        The option without its dashes, and a line of explanation.
    required : bool
        Whether the verb does nothing without it; its value is None where it is not given.
    read : callable
        From the text on the command line to the value.
    """

    name: str
    help: str
    required: bool = True
    read: Callable[[str], object] = str


@dataclass(frozen=True, slots=True)
class Verb:
    """One step.

    Attributes
    ----------
    summary : str
        What it does, as a line of the help.
    options : tuple of Option
        What it takes besides the spec and the output folder.
    example : str
        The arguments of an example after the spec.
    """

    summary: str
    options: tuple[Option, ...] = ()
    example: str = ""


_MODEL = (Option("model", "name of the model"),)
_PAIR = (Option("smaller", "the smaller model"), Option("larger", "the larger model"))
_NUMBERS = (Option("replicates", "which, counted from 0, the end excluded, such as 0-500"),)
_SOME = (*_MODEL, *_NUMBERS)
_LOOK = "print the table of this rung, write nothing (default: the step of a run, for all that need it)"

VERBS: dict[str, Verb] = {
    "data": Verb("read the data, keep the common sample"),
    "prelude": Verb("fit one single-level model", _MODEL, "--model ols"),
    "fit": Verb("fit one rung", _MODEL, "--model slope"),
    "variance": Verb("explained variance of one rung", _MODEL, "--model slope"),
    "profile": Verb("profile intervals of one rung", _MODEL, "--model slope"),
    "resample": Verb("some bootstrap replicates of one rung", _SOME, "--model slope --replicates 0-500"),
    "bootstrap": Verb("bootstrap intervals of one rung", _MODEL, "--model slope"),
    "compare": Verb("compare two rungs", _PAIR, "--smaller l1 --larger slope"),
    "effort": Verb("decide which optional work is done"),
    "simulate": Verb(
        "some bootstrap replicates of a comparison",
        (*_PAIR, *_NUMBERS),
        "--smaller l1 --larger slope --replicates 0-500",
    ),
    "deletions": Verb("test leaving out random effects"),
    "figure": Verb("draw one figure", (Option("name", "name of the figure"),), "--name ladder"),
    "allfit": Verb("refit with every optimiser", (Option("model", _LOOK, required=False),), "--model slope"),
    "remedies": Verb("fit alternatives to singular rungs"),
    "effects": Verb("test contrasts, slopes and means of all rungs"),
    "tables": Verb("write the tables as CSV"),
    "report": Verb("render the report"),
}
