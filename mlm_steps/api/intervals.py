"""Intervals of a fit's parameters, printed as lme4's ``confint`` prints them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from mlm_steps.api.shown import Shown

__all__ = ["Intervals", "Row", "interval_table", "quantile_of"]

Row = tuple[float, float, str | None, str | None]
"""Both limits, and a code for each limit that is not a crossing of the criterion."""
SIGNIFICANT = 7
"""Number of significant digits, R's default for printing."""
NOTES = {
    "boundary": "the bound of the parameter: the deviance does not rise enough before it",
    "unreliable": "unreliable: the profile is not monotone",
    "not_reached": "not found: the search gave up before it",
    "not_profiled": "not in the range of the profile",
}


@dataclass(frozen=True, slots=True, eq=False)
class Intervals(Shown):
    """Intervals of parameters; ``print`` shows them as lme4's ``confint`` does.

    Attributes
    ----------
    table : DataFrame
        By lme4's names (``sd_(Intercept)|g``, ``cor_x.(Intercept)|g``, ``sigma``, columns of X): ``low``,
        ``high``, and ``low_code`` and ``high_code`` for limits that are not crossings of the criterion.
    confidence : float
    method : str
        The method in words, such as ``profile, ML``.
    """

    table: pd.DataFrame
    confidence: float
    method: str

    def __repr__(self) -> str:
        tail = 50.0 * (1.0 - self.confidence)
        heads = [f"{share:.3g} %" for share in (tail, 100.0 - tail)]
        columns = [_aligned(head, self.table[end]) for head, end in zip(heads, ("low", "high"), strict=True)]
        width = max((len(name) for name in self.table.index), default=0)
        names = ["", *self.table.index]
        lines = [f"{name:<{width}} {low} {high}" for name, low, high in zip(names, *columns, strict=True)]
        return "\n".join([*lines, f"({self.method})", *self._notes()])

    def _notes(self) -> list[str]:
        return [
            f"{name}, {end} limit: {NOTES.get(code, code)}"
            for end in ("low", "high")
            for name, code in self.table[f"{end}_code"].items()
            if isinstance(code, str)
        ]


def quantile_of(confidence: float) -> float:
    """Return the normal quantile of a two-sided interval."""
    return float(special.ndtri(0.5 + confidence / 2))


def interval_table(rows: dict[str, Row], confidence: float, method: str) -> Intervals:
    """Return a frame of intervals from the limits and codes of each name."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "low_code", "high_code"])
    return Intervals(table.astype({"low": float, "high": float}), confidence, method)


def _aligned(head: str, values: pd.Series) -> list[str]:
    """Return a column with equal decimals: seven significant digits or more, at most twelve decimals."""
    sizes = [abs(float(value)) for value in values if np.isfinite(value) and value != 0]
    decimals = max((SIGNIFICANT - 1 - int(np.floor(np.log10(size))) for size in sizes), default=0)
    decimals = min(max(decimals, 0), 12)
    cells = [head, *("NA" if np.isnan(value) else f"{value:.{decimals}f}" for value in values)]
    width = max(len(cell) for cell in cells)
    return [cell.rjust(width) for cell in cells]
