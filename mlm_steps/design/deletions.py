"""Models without one random effect of a given model, as in lmerTest's ``ranova``.

From a term such as ``(x + z | g)``, each effect that no other effect contains is removed together with its
covariances, so that ``(x | g)`` becomes ``(1 | g)``. A term with one effect is removed as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mlm_steps.design.bars import Bar
from mlm_steps.design.build import build_design
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.formula import Formula
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.terms import TermSet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Deletion", "single_deletions"]

INTERCEPT = "(Intercept)"
SPANNED = 1e-8
"""A constant lies in the span of columns if at most this share of its length is outside (rounding)."""


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """A model without one random effect.

    Attributes
    ----------
    label : str
        The effect that is removed, in the notation of lmerTest: ``(1 | g)``, or ``x in (x | g)``.
    design : Design
        The remaining design; its random part may be empty.
    """

    label: str
    design: Design


def single_deletions(
    formula: Formula,
    frame: pd.DataFrame,
    design: Design,
    *,
    contrasts: Mapping[str, str | ContrastCoding] | None = None,
) -> tuple[Deletion, ...]:
    """Return the model without each of its random effects in turn, in the order of the formula.

    Parameters
    ----------
    formula : Formula
    frame : DataFrame
        The frame from which the design was built.
    design : Design
    contrasts : mapping of str to str or ContrastCoding, optional
        As given to ``build_design``.
    """
    return tuple(_deletions(formula, frame.iloc[design.rows], design, contrasts or {}))


def _deletions(
    formula: Formula, rows: pd.DataFrame, design: Design, contrasts: Mapping[str, str | ContrastCoding]
) -> Iterator[Deletion]:
    for position, bar in enumerate(formula.bars):
        whole = bar.alone
        members = _terms_of(design, position)
        if not bar.correlated:
            for member in members:
                yield Deletion(_label(design.random[member], bar), _without(design, member))
            continue
        scope = _droppable(bar.effects)
        if not scope:
            yield Deletion(whole, _without(design, members[0]))
        for term in scope:
            label = f"{bar.effects.labels[term]} in {whole}"
            reduced = _reduced(bar, term, design.random[members[0]])
            if reduced is None:
                yield Deletion(label, _without(design, members[0]))
            else:
                bars = (*formula.bars[:position], reduced, *formula.bars[position + 1 :])
                smaller = build_design(
                    replace(formula, bars=bars), rows, contrasts=contrasts, response=design.response
                )
                random = _once(smaller, _terms_of(smaller, position)[0])
                yield Deletion(label, replace(design, random=random))


def _terms_of(design: Design, bar: int) -> list[int]:
    """Return the positions of the random terms that come from one bar, in the order of its columns."""
    parts = design.transforms["random"]
    if not isinstance(parts, list):
        raise TypeError("the transforms of a design list the origin of its random terms")
    found = [(part["column"] or 0, position) for position, part in enumerate(parts) if part["bar"] == bar]
    return [position for _, position in sorted(found)]


def _label(term: RandomTerm, bar: Bar) -> str:
    name, group = term.names[0], bar.group.written
    return f"(1 | {group})" if name == INTERCEPT else f"{name} in (0 + {name} | {group})"


def _without(design: Design, position: int) -> Design:
    return replace(design, random=(*design.random[:position], *design.random[position + 1 :]))


def _droppable(effects: TermSet) -> list[int]:
    """Return the terms that no other term contains."""
    terms = [frozenset(term) for term in effects.terms]
    return [i for i, term in enumerate(terms) if not any(term < other for other in terms)]


def _reduced(bar: Bar, term: int, random: RandomTerm) -> Bar | None:
    """Return a bar without one of its terms; None if no smaller term is nested in the bar."""
    terms = tuple(other for i, other in enumerate(bar.effects.terms) if i != term)
    if not terms and not _has_constant(random):
        return None
    intercept = bar.effects.intercept or not terms
    return replace(bar, effects=replace(bar.effects, terms=terms, intercept=intercept))


def _has_constant(random: RandomTerm) -> bool:
    ones = np.ones(len(random.z))
    rest = ones - random.z @ np.linalg.lstsq(random.z, ones, rcond=None)[0]
    return bool(np.linalg.norm(rest) <= SPANNED * np.linalg.norm(ones))


def _once(design: Design, position: int) -> tuple[RandomTerm, ...]:
    """Return the random terms without the one at a position if another term equals it."""
    own, others = design.random[position], _without(design, position).random
    same = any(own.group == other.group and np.array_equal(own.z, other.z) for other in others)
    return others if same else design.random
