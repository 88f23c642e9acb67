"""Notices on the sample and its hierarchy (statistics, section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import FactorProfile, NestingRelation, VariableLevel, VariableLoss
from mlm_steps.records.spelling import is_syntactic, quote_name

__all__ = ["about_factors", "about_levels", "about_loss", "about_nesting", "conflict_text", "listed"]

_SHOWN = 5
"""A notice lists at most this many names; more would hide its message."""


def listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Return a list of names in words, shortened if it is long.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 2)
    ('a, b and c', 'a, b and 1 more')
    """
    names = list(names)
    if len(names) > shown:
        return f"{', '.join(names[:shown])} and {len(names) - shown} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def about_loss(rows: int, kept: int, lost: Iterable[VariableLoss]) -> tuple[Notice, ...]:
    """Return notices on rows and groups that are left out of the common sample."""
    if kept == rows:
        return ()
    costs = listed([f"{loss.variable} ({loss.rows})" for loss in sorted(lost, key=lambda loss: -loss.rows)])
    text = (
        f"{rows - kept} of {rows} rows are incomplete on variables of the models and left out of all models. "
        f"Rows missing per variable: {costs}."
    )
    found = [Notice(code="rows_dropped", severity="warning", text=text)]
    for loss in lost:
        for factor, groups in loss.groups.items():
            if groups:
                text = f"{loss.variable} is missing in all rows of {_some(groups, 'level')} of {factor}."
                found.append(
                    Notice(code="groups_dropped", severity="warning", text=text, subject=loss.variable)
                )
    return tuple(found)


def about_factors(factors: Iterable[FactorProfile]) -> tuple[Notice, ...]:
    """Return notices on groups with one row and groups in which the outcome is constant."""
    found = []
    for factor in factors:
        if factor.singletons:
            have = "has" if factor.singletons == 1 else "have"
            text = f"{factor.singletons} of {factor.n_levels} levels of {factor.name} {have} one row only."
            found.append(Notice(code="singleton_groups", severity="info", text=text, subject=factor.name))
        for outcome, levels in factor.constant_outcome.items():
            # Where all groups are constant, the flag level_2_outcome says so.
            if 0 < len(levels) < factor.n_levels - factor.singletons:
                text = (
                    f"All rows of {factor.name} {listed(levels)} have the same value of {outcome}: "
                    "check that these are measurements."
                )
                found.append(
                    Notice(code="constant_outcome", severity="warning", text=text, subject=factor.name)
                )
    return tuple(found)


def about_nesting(relations: Iterable[NestingRelation]) -> tuple[Notice, ...]:
    """Return notices on labels that seem to be reused in each group."""
    return tuple(
        Notice(
            code="implicit_nesting",
            severity="warning",
            text=(
                f"The labels of {r.inner} recur in nearly every level of {r.outer}. If one label means a "
                f"different {r.inner} in each {r.outer}, "
                f"write (1 | {_written(r.outer)}/{_written(r.inner)}). As written, they are crossed."
            ),
            subject=r.inner,
        )
        for r in relations
        if r.implicit
    )


def _written(factor: str) -> str:
    """Return a grouping factor as a formula writes it."""
    return factor if all(map(is_syntactic, factor.split(":"))) else quote_name(factor)


def conflict_text(level: VariableLevel, rank: int) -> str:
    """Return the sentence on a variable that contradicts its declared level."""
    groups = level.conflicting_levels
    return (
        f"'{level.variable}' is declared a level-{rank} variable but varies inside "
        f"{_some(len(groups), 'level')} of {level.factor}: {listed(groups)}"
    )


def about_levels(
    levels: Iterable[VariableLevel],
    declared: Mapping[str, int],
    conflicts: Iterable[tuple[VariableLevel, int]],
) -> tuple[Notice, ...]:
    """Return notices on contradicted level declarations and on variables almost constant in groups."""
    found = [
        Notice(
            code="level_conflict",
            severity="warning",
            text=conflict_text(level, rank) + ".",
            subject=level.variable,
        )
        for level, rank in conflicts
    ]
    found += [notice for level in levels for notice in _about_level(level, declared.get(level.variable))]
    return tuple(found)


def _about_level(level: VariableLevel, declared: int | None) -> Iterator[Notice]:
    """Yield notices on a variable that is declared at level 1 or not at all."""
    name, factor, groups = level.variable, level.factor, level.conflicting_levels
    if groups and declared in (None, 1):
        text = (
            f"{name} is constant within each level of {factor} except {listed(groups)}. If it describes the "
            "groups, this is an error in the data."
        )
        yield Notice(code="almost_level_2", severity="warning", text=text, subject=name)
    if declared == 1 and level.level == "between":
        text = f"{name} is declared a level-1 variable but is constant in each level of {factor}."
        yield Notice(code="level_1_constant", severity="warning", text=text, subject=name)
