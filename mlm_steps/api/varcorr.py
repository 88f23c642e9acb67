"""Covariance matrices of random effects, as a notebook sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["VarCorr", "numbered", "theta_names", "varcorr"]


@dataclass(frozen=True, slots=True, eq=False)
class VarCorr:
    """The covariance matrix of one random-effects term.

    Attributes
    ----------
    group : str
        Grouping factor.
    names : tuple of str, length k
        Random coefficients.
    covariance : DataFrame, shape (k, k)
        In squared outcome units.
    sd : Series, length k
        Standard deviations.
    correlation : DataFrame, shape (k, k)
        NaN beside a standard deviation of 0.
    """

    group: str
    names: tuple[str, ...]
    covariance: pd.DataFrame
    sd: pd.Series
    correlation: pd.DataFrame


def varcorr(group: str, names: tuple[str, ...], covariance: np.ndarray) -> VarCorr:
    """Return the covariance matrix of a term, shape (k, k), under the names of its coefficients."""
    sd = np.sqrt(np.diag(covariance))
    product = np.outer(sd, sd)
    correlation = np.divide(covariance, product, out=np.full_like(covariance, np.nan), where=product > 0)
    labels = list(names)
    return VarCorr(
        group,
        names,
        pd.DataFrame(covariance, index=labels, columns=labels),
        pd.Series(sd, index=labels, name="sd"),
        pd.DataFrame(np.clip(correlation, -1.0, 1.0), index=labels, columns=labels),
    )


def numbered(names: Iterable[str]) -> list[str]:
    """Return names of which those that stand there already have a number behind them.

    >>> numbered(["g.x", "g.x", "g.z"])
    ['g.x', 'g.x.1', 'g.z']
    """
    found: dict[str, None] = {}
    for name in names:
        unique, repeats = name, 0
        while unique in found:
            repeats += 1
            unique = f"{name}.{repeats}"
        found[unique] = None
    return list(found)


def theta_names(group: str, effects: Sequence[str]) -> Iterator[str]:
    """Yield lme4's names of a term's covariance parameters, column after column of the lower triangle."""
    for column, name in enumerate(effects):
        yield f"{group}.{name}"
        yield from (f"{group}.{other}.{name}" for other in effects[column + 1 :])
