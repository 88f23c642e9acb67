"""Notices on outcomes that leave parameters without a finite estimate (statistics, section 22.9)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import column_factors
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.separation import Separation
from mlm_steps.notice import Notice

__all__ = ["constant_group_notices", "separation_notices", "unbounded_factor"]

Array = NDArray[np.float64]
Signs = NDArray[np.int8]

LIMIT = "The other estimates and the deviance are those of the limit."
"""What the numbers of a fit with infinite coefficients are."""


def separation_notices(
    design: Design, separation: Separation, directions: Signs, trials: Array
) -> Iterator[Notice]:
    """Yield a notice per coefficient that is infinite because of an indicator, and one for the others."""
    others = []
    for j in np.flatnonzero(separation.infinite):
        own = design.X[:, j] != 0.0
        alike = np.ptp(directions[own]) == 0 and np.ptp(design.X[own, j]) == 0.0
        if own.all() or not alike or not separation.rows[own].all():
            others.append(int(j))
            continue
        words, outcome = _place(design, int(j)), _outcome_words(own, directions, trials)
        text = (
            f"The coefficient of {words} has no finite estimate: all {own.sum()} rows with {words} "
            f"{outcome}. {LIMIT}"
        )
        yield Notice(code="separation", severity="warning", text=text, subject=design.columns[j])
    if others:
        yield _joint(design, separation, directions, [design.columns[j] for j in others])


def _joint(design: Design, separation: Separation, directions: Signs, names: list[str]) -> Notice:
    """Return the notice on coefficients that separate the outcomes together."""
    count, up = int(separation.rows.sum()), int((directions[separation.rows] > 0).sum())
    one = len(names) == 1
    parts = [f"{count - up} with the lowest outcome"] if up < count else []
    parts += [f"{up} with the highest one"] if up else []
    text = (
        f"The coefficient{'' if one else 's'} of {_listed(names)} {'has' if one else 'have'} no finite "
        f"estimate{'' if one else 's'}: in the limit the fixed effects predict {count} of {design.n} rows "
        f"exactly, {' and '.join(parts)}. {LIMIT}"
    )
    return Notice(code="separation", severity="warning", text=text, subject=", ".join(names))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _place(design: Design, j: int) -> str:
    """Return a column of indicators as levels of factors, such as ``f = c`` for ``fc``."""
    if not design.assign[j]:
        return design.columns[j]
    label = design.term_labels[design.assign[j] - 1]
    column = design.shared_names.get(design.columns[j], design.columns[j])
    parts = [
        f"{stem} = {text.removeprefix(stem)}" if text != stem and text.startswith(stem) else f"{stem} ≠ 0"
        for stem, text in column_factors(column, label)
    ]
    return " and ".join(parts)


def _outcome_words(own: NDArray[np.bool_], directions: Signs, trials: Array) -> str:
    """Return what the outcomes of rows that are all alike are."""
    up = bool(directions[own][0] > 0)
    if (trials == 1.0).all():
        return "are 1" if up else "are 0"
    return "have events in all trials" if up else "have no event"


def unbounded_factor(design: Design, directions: Signs, trials: Array) -> RandomTerm | None:
    """Return a random intercept whose variance has no finite estimate, or None.

    All groups are constant: each has events in all its trials, or in none. The likelihood increases with the
    standard deviation without end.
    """
    for term in design.random:
        J = len(term.levels)
        if not (term.z == 1.0).all(axis=0).any() or trials.sum() <= J or (directions == 0).any():
            continue
        ups = np.bincount(term.refs, directions > 0, minlength=J)
        rows = np.bincount(term.refs, minlength=J)
        if bool(np.all((ups == 0) | (ups == rows))) and (directions > 0).any():
            return term
    return None


def constant_group_notices(design: Design, directions: Signs, trials: Array) -> Iterator[Notice]:
    """Yield a notice per grouping factor with groups without any event; they stay in the analysis."""
    for group in dict.fromkeys(term.group for term in design.random):
        term = next(each for each in design.random if each.group == group)
        J = len(term.levels)
        rows = np.bincount(term.refs, minlength=J)
        if design.n <= J:
            continue
        none = int(np.sum((np.bincount(term.refs, directions == -1, minlength=J) == rows) & (rows > 0)))
        if none:
            what = "only zeros" if (trials == 1.0).all() else "no event"
            text = f"{none} of {J} groups of {group} have {what}; they are part of the analysis."
            yield Notice(code="zero_groups", severity="info", text=text, subject=group)
