"""The random-effects terms of a formula on a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mlm_steps.design.bars import Bar
from mlm_steps.design.coding import INTERCEPT, ModelMatrix, model_matrix
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.formula import Formula
from mlm_steps.design.grouping import Groups, group_rows
from mlm_steps.design.matrices import RandomTerm
from mlm_steps.design.unique_names import ColumnNames, full_name
from mlm_steps.language.faults import formula_error

__all__ = ["BarPart", "RandomPart", "build_random"]

MAX_EFFECTS = 100
"""A bar may give at most this many effects per group; 100 already have 5050 variances and covariances."""


@dataclass(frozen=True, slots=True)
class BarPart:
    """Which columns of which bar make a random-effects term.

    Attributes
    ----------
    bar : int
        Position among the formula's bars.
    column : int or None
        The one column of a term split off a double bar; None for all.
    """

    bar: int
    column: int | None


@dataclass(frozen=True, slots=True, eq=False)
class RandomPart:
    """The random-effects terms in lme4's order, where each comes from, and the matrix of each bar."""

    terms: tuple[RandomTerm, ...]
    parts: tuple[BarPart, ...]
    matrices: tuple[ModelMatrix, ...]

    def renamed(self, names: ColumnNames) -> tuple[RandomTerm, ...]:
        """Return the terms with the names that their columns have in the whole model."""
        return tuple(
            replace(term, names=_chosen(names.of(self.matrices[part.bar]), part.column))
            for term, part in zip(self.terms, self.parts, strict=True)
        )


def build_random(
    formula: Formula, evaluator: Evaluator, contrasts: Mapping[str, ContrastCoding]
) -> RandomPart:
    """Return the random-effects terms, their columns under R's names.

    Raises
    ------
    FormulaError
        Effects or groups cannot be made, or a grouping factor has one level.
    """
    grouping: dict[str, Groups] = {}
    terms: list[RandomTerm] = []
    parts: list[BarPart] = []
    matrices: list[ModelMatrix] = []
    for position, bar in enumerate(formula.bars):
        if bar.group.label not in grouping:
            grouping[bar.group.label] = _groups(bar, evaluator)
        matrix = model_matrix(bar.effects, evaluator, contrasts, evaluator.columns.n)
        _require_few_effects(bar, len(matrix.names), evaluator.text)
        matrices.append(matrix)
        for column in [None] if bar.correlated else range(len(matrix.names)):
            terms.append(_term(bar, grouping[bar.group.label], matrix, column))
            parts.append(BarPart(position, column))
    order = _lme4_order([len(term.levels) for term in terms])
    return RandomPart(tuple(terms[i] for i in order), tuple(parts[i] for i in order), tuple(matrices))


def _require_few_effects(bar: Bar, count: int, text: str) -> None:
    if count > MAX_EFFECTS:
        what = f"{bar.source} has {count} effects per group; at most {MAX_EFFECTS} are fitted"
        raise formula_error(text, bar.span, what, "put fewer columns to the left of the bar")


def _groups(bar: Bar, evaluator: Evaluator) -> Groups:
    fresh = Evaluator(evaluator.text, evaluator.columns)
    groups = group_rows(bar.group, fresh)
    if len(groups.levels) < 2:
        what = f"the grouping factor {bar.group.label} has only one level in the rows used"
        raise formula_error(
            evaluator.text, bar.span, what, "a variance between groups needs at least two groups"
        )
    return groups


def _term(bar: Bar, groups: Groups, matrix: ModelMatrix, column: int | None) -> RandomTerm:
    chosen = range(len(matrix.names)) if column is None else range(column, column + 1)
    labels = (INTERCEPT, *bar.effects.labels)
    return RandomTerm(
        group=bar.group.label,
        levels=groups.levels,
        refs=groups.refs,
        z=matrix.X[:, chosen.start : chosen.stop],
        names=tuple(matrix.names[i] for i in chosen),
        source=bar.source,
        alone=bar.alone if bar.correlated else "",
        labels=tuple(labels[matrix.assign[i]] for i in chosen),
        full_names=tuple(full_name(matrix.origins[i]) for i in chosen),
    )


def _chosen(names: tuple[str, ...], column: int | None) -> tuple[str, ...]:
    return names if column is None else (names[column],)


def _lme4_order(counts: Sequence[int]) -> list[int]:
    """Return the order by decreasing number of levels.

    As in lme4, terms that are in this order already keep it. If any term must move, terms with equally many
    levels end up in reverse order of writing.
    """
    if all(before >= after for before, after in pairwise(counts)):
        return list(range(len(counts)))
    return sorted(range(len(counts)), key=lambda i: counts[i])[::-1]
