"""Notices on a design."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.checks import Missing, count_missing
from mlm_steps.design.coding import INTERCEPT
from mlm_steps.design.deparse import deparse
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.formula import Formula
from mlm_steps.design.matrices import RandomTerm
from mlm_steps.design.rank import outside_span
from mlm_steps.design.variables import Numbers, Value
from mlm_steps.errors import listing
from mlm_steps.notice import Notice

__all__ = ["fixed_notices", "random_notices"]


def fixed_notices(
    n: int, missing: Missing, used: int, dropped: Sequence[str], aliases: Mapping[str, Sequence[str]]
) -> list[Notice]:
    """Return notices of rows left out for missing values and of columns that are not identified.

    Parameters
    ----------
    n, used : int
        Rows of the frame, and rows that are complete.
    missing : mapping of str to ndarray
        Which rows miss each column.
    dropped : sequence of str
        Columns left out.
    aliases : mapping of str to sequence of str
        For each kept column, the dropped columns in whose linear combination it is.
    """
    notices = []
    if used < n:
        text = f"{n - used} of {n} rows are left out for missing values: {count_missing(missing)}."
        notices.append(Notice(code="rows_dropped", severity="info", text=text))
    if dropped:
        sentences = _why_dropped(dropped, {name for others in aliases.values() for name in others})
        if aliases:
            sentences.append(
                f"The coefficients of {listing(tuple(aliases))} therefore include the effects left out, and "
                "F tests are tests of the estimable effects."
            )
        text = " ".join(sentences)
        notices.append(Notice(code="rank_deficient", severity="warning", text=text, subject=dropped[0]))
    return notices


def _why_dropped(dropped: Sequence[str], combined: Collection[str]) -> list[str]:
    """Return why columns were left out: they are linear combinations of others, or 0 in all rows."""
    combinations = [name for name in dropped if name in combined]
    empty = [name for name in dropped if name not in combined]
    sentences = []
    if combinations:
        verb = "is a linear combination" if len(combinations) == 1 else "are linear combinations"
        sentences.append(
            f"{listing(combinations)} {verb} of the columns before and cannot be estimated: left out."
        )
    if empty:
        verb = "is" if len(empty) == 1 else "are"
        cells = " (as for a combination of levels that no row has)" if ":" in "".join(empty) else ""
        sentences.append(f"{listing(empty)} {verb} 0 in all rows{cells} and cannot be estimated: left out.")
    return sentences


def random_notices(
    formula: Formula,
    evaluator: Evaluator,
    terms: Sequence[RandomTerm],
    X: NDArray[np.float64],
    columns: Sequence[str],
) -> list[Notice]:
    """Return notices on the random-effects terms."""
    return [
        *_double_bars(formula, evaluator),
        *_missing_fixed(terms, X, columns),
        *_repeated_effects(terms),
    ]


def _double_bars(formula: Formula, evaluator: Evaluator) -> list[Notice]:
    notices: dict[str, Notice] = {}
    for bar in formula.bars:
        if bar.correlated:
            continue
        values = [evaluator.variable(expr) for expr in bar.effects.variables]
        if all(isinstance(value, Numbers) and value.values.ndim == 1 for value in values):
            continue
        coded = [deparse(expr) for expr, v in zip(bar.effects.variables, values, strict=True) if _coded(v)]
        depends = (
            f"So the fit depends on how {' and '.join(coded)} is coded: other contrasts or another reference "
            "level give another model. "
        )
        text = (
            f"In {bar.source} every column has a variance of its own and no correlation, those of a factor's "
            f"levels too. {depends if coded else ''}Where lme4 keeps them correlated, its result differs."
        )
        notices[bar.source] = Notice(code="double_bar_split", severity="info", text=text, subject=bar.source)
    return list(notices.values())


def _coded(value: Value) -> bool:
    """Return whether a variable becomes columns by a coding."""
    return not isinstance(value, Numbers)


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
    notices = []
    for position, term in enumerate(terms):
        for other in terms[:position]:
            shared = ", ".join(name for name in term.names if name in other.names)
            if not shared or not _same_groups(term, other):
                continue
            where = f"{other.group} and {term.group} put the rows into the same groups"
            if term.group == other.group:
                where = f"{shared} of {term.group} stands in two terms"
            text = f"{where}: the data cannot tell the two variances of {shared} apart."
            notices.append(
                Notice(code="repeated_random_effect", severity="warning", text=text, subject=term.source)
            )
    return notices


def _same_groups(one: RandomTerm, other: RandomTerm) -> bool:
    """Return whether two terms put the rows into the same groups, whatever these are called."""
    if one.refs is other.refs:
        return True
    if len(one.levels) != len(other.levels):
        return False
    partner = np.empty(len(one.levels), dtype=np.intp)
    partner[one.refs] = other.refs
    return bool((partner[one.refs] == other.refs).all())
