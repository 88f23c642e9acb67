"""Information criteria that depend on a sample size (statistics, section 3)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mlm_steps.design.matrices import Design

__all__ = ["BicSize", "aicc", "bic", "bic_size"]

BicSize = Literal["rows", "groups"]


def aicc(deviance: float, n: int, npar: int) -> float | None:
    """Return the AIC corrected for small samples; None if there are too few rows for it."""
    return deviance + 2 * npar * n / (n - npar - 1) if n > npar + 1 else None


def bic(deviance: float, npar: int, design: Design, counted: BicSize = "rows") -> float:
    """Return the deviance plus log(n) times the number of parameters; ``bic_size`` explains n."""
    return float(deviance + np.log(bic_size(design, counted)) * npar)


def bic_size(design: Design, counted: BicSize = "rows") -> int:
    """Return the number of rows, or that of the groups of a model.

    With several grouping factors, it is the number of levels that occur of the factor with the fewest: of
    nested factors the outermost, whose levels are the independent units. Factors with a level per row, which
    are dispersion, do not count; a model without other factors has its rows.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> terms = tuple(SimpleNamespace(refs=np.array(refs)) for refs in ([0, 1, 2, 2], [0, 0, 1, 1]))
    >>> bic_size(SimpleNamespace(n=4, random=terms), "groups")
    2
    """
    if counted == "rows":
        return design.n
    counts = [len(np.unique(term.refs)) for term in design.random]
    return min((count for count in counts if count < design.n), default=design.n)
