"""Covariance matrices and conditional modes of the random effects as pandas objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlm_steps.engine import MixedFit

__all__ = ["VarCorr", "modes_by_term", "theta_series", "varcorrs"]


@dataclass(frozen=True, slots=True, eq=False)
class VarCorr:
    """The covariance matrix of one random-effects term.

    Attributes
    ----------
    group : str
        Grouping factor.
    names : tuple of str, length k
        Names of the random coefficients.
    covariance : DataFrame, shape (k, k)
        In squared units of the outcome, or of the linear predictor of a generalized model.
    sd : Series, length k
        Standard deviations.
    correlation : DataFrame, shape (k, k)
        NaN for coefficients with a standard deviation of 0.
    """

    group: str
    names: tuple[str, ...]
    covariance: pd.DataFrame
    sd: pd.Series
    correlation: pd.DataFrame


def _varcorr(group: str, names: tuple[str, ...], covariance: np.ndarray) -> VarCorr:
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


def varcorrs(fit: MixedFit) -> tuple[VarCorr, ...]:
    """Return the covariance matrices of the random effects, one per term."""
    terms = zip(fit.design.random, fit.covariances, strict=True)
    return tuple(_varcorr(term.group, term.names, covariance) for term, covariance in terms)


def theta_series(fit: MixedFit) -> pd.Series:
    """Return theta under lme4's names; a repeated name gets a number."""
    terms = fit.design.random
    names = _numbered(name for term in terms for name in _theta_names(term.group, term.names))
    return pd.Series(fit.theta, index=names, name="theta")


def modes_by_term(fit: MixedFit) -> dict[str, pd.DataFrame]:
    """Return the conditional modes per term, levels by coefficients; see ``Fit.modes`` for the keys."""
    modes: dict[str, pd.DataFrame] = {}
    groups = {term.group for term in fit.design.random}
    for term, b in zip(fit.design.random, fit.modes, strict=True):
        key, count = term.group, 0
        while key in modes or (count and key in groups):
            count += 1
            key = f"{term.group}.{count}"
        index = pd.Index(list(term.levels), name=term.group)
        modes[key] = pd.DataFrame(b, index=index, columns=list(term.names))
    return modes


def _numbered(names: Iterable[str]) -> list[str]:
    """Return the names; the second and later occurrences of a name get a number as a suffix.

    >>> _numbered(["g.x", "g.x", "g.z"])
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


def _theta_names(group: str, effects: Sequence[str]) -> Iterator[str]:
    """Yield lme4's names of a term's covariance parameters, column after column of the lower triangle."""
    for column, name in enumerate(effects):
        yield f"{group}.{name}"
        yield from (f"{group}.{other}.{name}" for other in effects[column + 1 :])
