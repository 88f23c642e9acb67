"""Rows and groups far from what the model allows (statistics, section 13.9)."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.flags import flag, p_words
from mlm_steps.diagnose.parts.standard import standard_modes
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.records.diagnostics import DiagnosticCheck

__all__ = ["outliers"]

Array = NDArray[np.float64]

LARGE_ROW, LARGE_GROUP = 5.0, 4.0
"""Standardised residual of a row, and standardised mode of a group, that is a concern if it is also unlikely.
A group's mode is shrunken, so that the same distance says more."""


def outliers(model: Model) -> Contribution:
    """Return the largest standardised residual, and the largest standardised mode of each random effect.

    The p value is that of the largest of as many normal values (Bonferroni).
    """
    checks = [*_rows(model)] if model.linear else []
    modes = standard_modes(model)
    effects = sum(each.values.shape[1] for each in modes)
    for term, own in zip(model.design.random, modes, strict=True):
        if model.is_dispersion(term.group):
            continue
        for name, values in zip(term.names, own.values.T, strict=True):
            known = np.flatnonzero(np.isfinite(values))
            if known.size >= 2:
                checks.append(_groups(model, term.group, name, term.levels, values, effects))
    return Contribution(tuple(checks))


def _p(largest: float, count: float) -> float:
    """Return the probability that one of so many normal values is as far from 0."""
    log_tail = np.log(2.0) + float(scipy.special.log_ndtr(-abs(largest))) + np.log(max(count, 1.0))
    return float(min(1.0, np.exp(log_tail)))


def _rows(model: Model) -> list[DiagnosticCheck]:
    if model.free <= 1:
        return []
    size = np.abs(model.scaled)
    worst = [*model.worst_rows(size)]
    largest = float(model.scaled[worst[0]])
    p = _p(largest, model.free)
    found = flag(p, 1, large=abs(largest) >= LARGE_ROW)
    names = tuple(f"{model.row_words(row)}: {_signed(model.scaled[row])} SD" for row in worst)
    start = f"Most distant rows: {'; '.join(names)}; for the first, {p_words(p)} among {model.design.n} rows"
    todo = (
        "."
        if found == "ok"
        else "; check whether the value is right, and fit the model without the row before deciding."
    )
    return [
        DiagnosticCheck(
            check="outliers", statistic=abs(largest), p=p, flag=found, sentence=start + todo, worst=names
        )
    ]


def _groups(
    model: Model, group: str, effect: str, levels: tuple[str, ...], values: Array, count: int
) -> DiagnosticCheck:
    size = np.where(np.isfinite(values), np.abs(values), -1.0)
    worst = [j for j in np.argsort(-size, kind="stable")[:3].tolist() if size[j] >= 0]
    largest = float(values[worst[0]])
    p = _p(largest, float(np.sum(size >= 0)))
    found = flag(p, count, large=abs(largest) >= LARGE_GROUP)
    names = tuple(f"{levels[j]}: {_signed(values[j])} SD" for j in worst)
    what = "intercept" if effect == "(Intercept)" else f"slope of {model.label(effect)}"
    label = model.label(group)
    start = (
        f"Most distant {label} by {what}: {'; '.join(names)}; for the first, {p_words(p)} "
        f"among {int(np.sum(size >= 0))}"
    )
    todo = "." if found == "ok" else "; ask what is special about it, and fit the model without it."
    return DiagnosticCheck(
        check="outliers", of=group, effect=effect, statistic=abs(largest), p=p, flag=found,
        sentence=start + todo, worst=names,
    )  # fmt: skip


def _signed(value: float) -> str:
    sign = "\N{MINUS SIGN}" if value < 0 else "+"
    return f"{sign}{abs(value):.1f}"
