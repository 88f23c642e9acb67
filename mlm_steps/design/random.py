"""The random-effects terms of a formula on a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.coding import INTERCEPT, ModelMatrix, model_matrix
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.faults import formula_error
from mlm_steps.design.formula import Bar, Formula
from mlm_steps.design.grouping import Groups, group_rows
from mlm_steps.design.matrices import RandomTerm
from mlm_steps.design.rank import outside_span
from mlm_steps.design.variables import Contrast, Numbers
from mlm_steps.records.base import Notice

__all__ = ["BarPart", "RandomPart", "build_random", "notices_on_random"]


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
    """The random-effects terms in lme4's order, and where each comes from."""

    terms: tuple[RandomTerm, ...]
    parts: tuple[BarPart, ...]


def build_random(formula: Formula, evaluator: Evaluator, contrasts: Mapping[str, Contrast]) -> RandomPart:
    """Return the random-effects terms.

    Raises
    ------
    FormulaError
        For effects or groups that cannot be made, or a grouping factor of one level.
    """
    grouping: dict[str, Groups] = {}
    terms: list[RandomTerm] = []
    parts: list[BarPart] = []
    for position, bar in enumerate(formula.bars):
        if bar.group.label not in grouping:
            grouping[bar.group.label] = _groups(bar, evaluator)
        matrix = model_matrix(bar.effects, evaluator, contrasts, evaluator.columns.n)
        for column in [None] if bar.correlated else range(len(matrix.names)):
            terms.append(_term(bar, grouping[bar.group.label], matrix, column))
            parts.append(BarPart(position, column))
    order = _lme4_order([len(term.levels) for term in terms])
    return RandomPart(tuple(terms[i] for i in order), tuple(parts[i] for i in order))


def _groups(bar: Bar, evaluator: Evaluator) -> Groups:
    fresh = Evaluator(evaluator.text, evaluator.columns)
    groups = group_rows(bar.group, fresh)
    if len(groups.levels) < 2:
        what = f"the grouping factor {bar.group.label} has one level only in the rows used"
        raise formula_error(
            evaluator.text, bar.span, what, "a variance between groups needs two groups or more"
        )
    return groups


def _term(bar: Bar, groups: Groups, matrix: ModelMatrix, column: int | None) -> RandomTerm:
    chosen = slice(None) if column is None else slice(column, column + 1)
    return RandomTerm(
        group=bar.group.label,
        levels=groups.levels,
        refs=groups.refs,
        z=matrix.X[:, chosen],
        names=matrix.names[chosen],
        source=bar.source,
    )


def _lme4_order(counts: Sequence[int]) -> list[int]:
    """Return the order by decreasing number of levels.

    As in lme4, terms that already stand so keep their order, and where any must move, terms of
    equally many levels end up in the reverse of the order of writing.
    """
    if all(before >= after for before, after in zip(counts, counts[1:], strict=False)):
        return list(range(len(counts)))
    return sorted(range(len(counts)), key=lambda i: counts[i])[::-1]


def notices_on_random(
    formula: Formula,
    evaluator: Evaluator,
    terms: Sequence[RandomTerm],
    X: NDArray[np.float64],
    columns: Sequence[str],
) -> list[Notice]:
    """Return what a reader should know about the random-effects terms."""
    return [
        *_double_bars(formula, evaluator),
        *_missing_fixed(terms, X, columns),
        *_repeated_effects(terms),
    ]


def _double_bars(formula: Formula, evaluator: Evaluator) -> list[Notice]:
    notices = []
    for bar in formula.bars:
        values = [evaluator.variable(expr) for expr in bar.effects.variables]
        simple = all(isinstance(value, Numbers) and value.values.ndim == 1 for value in values)
        if bar.correlated or simple:
            continue
        text = (
            f"In {bar.source} every column has a variance of its own and no correlation, "
            "those of a factor's levels too. lme4 before version 2 keeps the columns of a factor correlated."
        )
        notices.append(Notice(code="double_bar_split", severity="info", text=text, subject=bar.source))
    return notices


def _missing_fixed(
    terms: Sequence[RandomTerm], X: NDArray[np.float64], columns: Sequence[str]
) -> list[Notice]:
    """Return a notice for each random effect whose mean the fixed effects force to 0."""
    missing: dict[str, RandomTerm] = {}
    for term in terms:
        unmatched = [j for j, name in enumerate(term.names) if name not in columns and name not in missing]
        if not unmatched:
            continue
        outside = outside_span(term.z[:, unmatched], X)
        missing.update({term.names[j]: term for j, out in zip(unmatched, outside, strict=True) if out})
    return [_mean_forced_to_zero(name, term) for name, term in missing.items()]


def _mean_forced_to_zero(name: str, term: RandomTerm) -> Notice:
    kind = "intercept" if name == INTERCEPT else f"slope of {name}"
    text = (
        f"The {kind} varies over {term.group} in {term.source}, but has no fixed effect: "
        "its mean is forced to 0."
    )
    return Notice(code="missing_fixed_effect", severity="warning", text=text, subject=name)


def _repeated_effects(terms: Sequence[RandomTerm]) -> list[Notice]:
    seen: set[tuple[str, str]] = set()
    notices = []
    for term in terms:
        for name in term.names:
            if (term.group, name) in seen:
                text = (
                    f"The random effect {name} of {term.group} stands in two terms; "
                    "the data cannot tell the two variances apart."
                )
                notices.append(
                    Notice(code="repeated_random_effect", severity="warning", text=text, subject=term.source)
                )
            seen.add((term.group, name))
    return notices
