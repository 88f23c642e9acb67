"""Give a grouping factor the same name in all formulas: ``a/b`` makes ``b:a``, which equals ``a:b``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlm_steps.design.bars import GroupingFactor, label_of
from mlm_steps.design.formula import Formula

__all__ = ["Names", "factor_identity", "shared_names", "with_labels", "with_shared_names"]

Names = Mapping[frozenset[str], GroupingFactor]


def factor_identity(label: str) -> frozenset[str]:
    """Return a key that is equal for all names of the same combination of factors.

    Examples
    --------
    >>> factor_identity("a:b") == factor_identity("b:a") != factor_identity("a")
    True
    """
    return frozenset(part for part in re.split("[:()]", label) if part)


def shared_names(formulas: Iterable[Formula]) -> Names:
    """Return the grouping factor that is written first for each combination of factors."""
    found: dict[frozenset[str], GroupingFactor] = {}
    for formula in formulas:
        for bar in formula.bars:
            found.setdefault(_key(bar.group), bar.group)
    return found


def with_shared_names(formula: Formula, names: Names) -> Formula:
    """Return a formula with the shared names of its grouping factors; unknown factors keep their names."""
    bars = tuple(replace(bar, group=names.get(_key(bar.group), bar.group)) for bar in formula.bars)
    return replace(formula, bars=bars)


def with_labels(formula: Formula, labels: Iterable[str]) -> Formula:
    """Return a formula whose grouping factors have the given labels; unknown factors keep their labels."""
    known = {factor_identity(label): label for label in labels}
    bars = []
    for bar in formula.bars:
        label = known.get(factor_identity(bar.group.label), bar.group.label)
        order = [part for part in re.split("[:()]", label) if part]
        factors = tuple(sorted(bar.group.factors, key=lambda factor: _place(label_of(factor), order)))
        bars.append(replace(bar, group=replace(bar.group, label=label, factors=factors)))
    return replace(formula, bars=tuple(bars))


def _place(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else 0


def _key(group: GroupingFactor) -> frozenset[str]:
    return frozenset(label_of(factor) for factor in group.factors)
