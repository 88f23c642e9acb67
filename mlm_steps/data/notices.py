"""What a reader of the data should know, in words (statistics, section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import FactorProfile, NestingRelation, VariableLevel, VariableLoss
from mlm_steps.records.spelling import is_syntactic, quote_name

__all__ = ["about_factors", "about_levels", "about_loss", "about_nesting", "conflict_text", "listed"]

_SHOWN = 5


def listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Return names in a row, the first few of many.

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
    """Return notices on rows and groups that the common sample loses."""
    if kept == rows:
        return ()
    costs = listed([f"{loss.variable} ({loss.rows})" for loss in sorted(lost, key=lambda loss: -loss.rows)])
    text = (
        f"{rows - kept} of {rows} rows are incomplete on the models' variables and left out of all models. "
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
    """Return notices on groups of one row and groups whose outcome does not vary."""
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
                    f"All rows of {factor.name} {listed(levels)} have one and the same value of {outcome}: "
                    "check that these are measurements."
                )
                found.append(
                    Notice(code="constant_outcome", severity="warning", text=text, subject=factor.name)
                )
    return tuple(found)


def about_nesting(relations: Iterable[NestingRelation]) -> tuple[Notice, ...]:
    """Return notices on labels that seem to be reused from group to group."""
    return tuple(
        Notice(
            code="implicit_nesting",
            severity="warning",
            text=(
                f"The labels of {r.inner} recur in nearly every level of {r.outer}. If one label there means "
                f"another {r.inner} in each {r.outer}, write (1 | {_written(r.outer)}/{_written(r.inner)}); "
                "as written they count as crossed."
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
    """Return what contradicts the declared level of a variable."""
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
    """Return notices on declared levels that the data contradict, and on variables almost of level 2."""
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
    """Yield notices on a variable that is not declared above level 1."""
    name, factor, groups = level.variable, level.factor, level.conflicting_levels
    if groups and declared in (None, 1):
        text = (
            f"{name} is constant in all levels of {factor} but {listed(groups)}: an error in the data, if it "
            "describes the groups."
        )
        yield Notice(code="almost_level_2", severity="warning", text=text, subject=name)
    if declared == 1 and level.level == "between":
        text = f"{name} is declared a level-1 variable but is constant in each level of {factor}."
        yield Notice(code="level_1_constant", severity="warning", text=text, subject=name)
