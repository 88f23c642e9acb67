"""The columns that a user names for a first spec, and whether a file has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlm_steps.data.places import nearest
from mlm_steps.data.survey.predictors import is_unwritable
from mlm_steps.errors import Fault, UsageError, did_you_mean

__all__ = ["Asked", "checked", "grouping_terms"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns that a user names.

    Attributes
    ----------
    outcome : str
    groups : tuple of str
        Grouping factors: ``school``, or ``school/class`` for classes within schools; several are crossed.
    level_1, level_2 : tuple of str or None
        Predictors; None if they are to be detected.
    """

    outcome: str
    groups: tuple[str, ...]
    level_1: tuple[str, ...] | None = None
    level_2: tuple[str, ...] | None = None

    @property
    def predictors(self) -> Mapping[str, int]:
        """The level of each predictor that is named."""
        return dict.fromkeys(self.level_1 or (), 1) | dict.fromkeys(self.level_2 or (), 2)

    def detects(self, rank: int) -> bool:
        """Return whether the predictors of a level are to be detected."""
        return (self.level_1 if rank == 1 else self.level_2) is None


def grouping_terms(groups: Sequence[str], columns: Collection[str]) -> list[list[str]]:
    """Return the columns of each grouping factor, the largest units first.

    A slash separates nested units, unless a column has a slash in its name.

    >>> grouping_terms(["school/class", "item"], ["school", "class", "item"])
    [['school', 'class'], ['item']]
    """
    return [[group] if group in columns else [name.strip() for name in group.split("/")] for group in groups]


def checked(
    asked: Asked,
    terms: Sequence[Sequence[str]],
    columns: Collection[str],
    series: Collection[str],
    about_file: Sequence[str],
) -> None:
    """Raise UsageError for columns that do not exist, that a formula cannot hold, or that are given twice.

    ``series`` are the variables in wide form, which may be meant as the outcome.
    """
    named = list(_named(asked, terms))
    faults = [
        Fault(option, f"there is no column '{name}'", _nearest(option, name, columns, series))
        for option, name in named
        if name not in columns
    ]
    faults += [Fault("DATA", text, "use the option --sheet") for text in about_file if faults]
    faults += [
        Fault(option, f"'{name}' is given twice")
        for place, (option, name) in enumerate(named)
        if name in [earlier for _, earlier in named[:place]]
    ]
    faults += [
        Fault(option, f"no formula can hold the name '{name}'", "rename the column in the file")
        for option, name in named
        if is_unwritable(name)
    ]
    if faults:
        raise UsageError(*faults)


def _nearest(option: str, name: str, columns: Collection[str], series: Collection[str]) -> str | None:
    found = did_you_mean(name, [*columns, *series]) if option == "--outcome" else None
    return found or nearest(name, columns)


def _named(asked: Asked, terms: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the option and the name of each column."""
    yield "--outcome", asked.outcome
    yield from (("--group", name) for term in terms for name in term)
    yield from (("--level-1", name) for name in asked.level_1 or ())
    yield from (("--level-2", name) for name in asked.level_2 or ())
