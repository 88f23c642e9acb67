"""The design that the engine fits: y, X and the random-effects terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlm_steps.notice import Notice
from mlm_steps.records.response import GAUSSIAN, Response

__all__ = ["Design", "RandomTerm"]


@dataclass(frozen=True, slots=True, eq=False)
class RandomTerm:
    """One random-effects term, such as ``(1 + days | subj)``.

    Attributes
    ----------
    group : str
        Name of the grouping factor, for example ``subj`` or ``class:school``.
    levels : tuple of str, length J
        Labels of the factor's levels, in R's order.
    refs : ndarray, shape (n,)
        For each observation, the position of its level among the factor's levels.
    z : ndarray, shape (n, k)
        One column per random coefficient.
    names : tuple of str, length k
        Names of the random coefficients, as in R.
    source : str
        The term as written, for example ``(days | subj)``.
    alone : str
        The term without those that are written with it: of ``(days | a/b)``, ``(days | a)``. Empty for a term
        that a double bar splits off.
    labels : tuple of str, length k
        Label of the formula's term that each coefficient belongs to, ``(Intercept)`` for the intercept.
    full_names : tuple of str, length k
        The names with levels in brackets, by which a coefficient is known in other models.
    """

    group: str
    levels: tuple[str, ...]
    refs: NDArray[np.intp]
    z: NDArray[np.float64]
    names: tuple[str, ...]
    source: str
    alone: str = ""
    labels: tuple[str, ...] = ()
    full_names: tuple[str, ...] = ()

    @property
    def identities(self) -> tuple[str, ...]:
        """What is the same for a coefficient in every model of the same data."""
        return self.full_names or self.names

    @property
    def n_theta(self) -> int:
        """Number of covariance parameters: k (k + 1) / 2."""
        k = len(self.names)
        return k * (k + 1) // 2


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A formula applied to a frame.

    Attributes
    ----------
    formula : str
        The formula as written.
    outcome : str
        Label of the response, for example ``log(Reaction)``.
    y : ndarray, shape (n,)
        The response; for a binomial outcome the number of events.
    X : ndarray, shape (n, p)
        The fixed-effects columns that were kept; of full column rank.
    columns : tuple of str, length p
        Their names, as in R; where R calls two columns alike, with their levels in brackets.
    assign : tuple of int, length p
        For each column its position in ``term_labels`` plus one; 0 is the intercept.
    term_labels : tuple of str
        Labels of the fixed-effects terms, without the intercept.
    term_variables : tuple of tuple of str
        For each fixed-effects term, the data columns it is made of.
    all_columns : tuple of str
        Names of all columns in R's order, with those that were dropped.
    all_assign : tuple of int
        ``assign`` for ``all_columns``.
    dropped : tuple of str
        Columns dropped because they are linear combinations of earlier ones.
    random : tuple of RandomTerm
        In lme4's order: by decreasing number of levels, then as written.
    weights : ndarray, shape (n,), or None
        Prior weights; frequency weights for a generalized model.
    offset : ndarray, shape (n,), or None
        Sum of the ``offset()`` terms and of the logarithm of the exposure.
    rows : ndarray, shape (n,)
        Positions in the frame of the rows used.
    transforms : mapping
        What new data need to give the same columns; plain JSON values.
    notices : tuple of Notice
        What a reader should know.
    shared_names : mapping of str to str
        R's names of the columns of fixed and random effects that are not called so, since others share them.
    full_names : mapping of str to str
        Where there are such columns, the names of all columns with levels in brackets.
    aliases : mapping of str to tuple of str
        For each kept column that is part of the linear combination of dropped columns, those columns: its
        coefficient includes their effects.
    response : Response
        The distribution of the outcome and its link.
    trials : ndarray, shape (n,), or None
        Number of trials of a binomial outcome; None if every row is one trial.
    event : str or None
        The level of a categorical outcome that counts as an event; None for other outcomes.
    """

    formula: str
    outcome: str
    y: NDArray[np.float64]
    X: NDArray[np.float64]
    columns: tuple[str, ...]
    assign: tuple[int, ...]
    term_labels: tuple[str, ...]
    term_variables: tuple[tuple[str, ...], ...]
    all_columns: tuple[str, ...]
    all_assign: tuple[int, ...]
    dropped: tuple[str, ...]
    random: tuple[RandomTerm, ...]
    weights: NDArray[np.float64] | None
    offset: NDArray[np.float64] | None
    rows: NDArray[np.intp]
    transforms: Mapping[str, object]
    notices: tuple[Notice, ...]
    shared_names: Mapping[str, str] = field(default_factory=dict)
    full_names: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    response: Response = GAUSSIAN
    trials: NDArray[np.float64] | None = None
    event: str | None = None

    @property
    def n(self) -> int:
        """Number of observations."""
        return int(self.y.shape[0])

    @property
    def p(self) -> int:
        """Rank of the fixed-effects matrix."""
        return int(self.X.shape[1])

    @property
    def distinct_names(self) -> tuple[str, ...]:
        """The names of the columns that were kept, each variable written alike in all of them."""
        return tuple(self.full_names.get(column, column) for column in self.columns)

    @property
    def all_distinct_names(self) -> tuple[str, ...]:
        """The same of all columns."""
        return tuple(self.full_names.get(column, column) for column in self.all_columns)

    @property
    def term_aliases(self) -> dict[str, tuple[str, ...]]:
        """For each term with a dropped or an aliased column, the dropped columns concerned."""
        found: dict[str, dict[str, None]] = {}
        for column, assign in zip(self.all_columns, self.all_assign, strict=True):
            others = (column,) if column in self.dropped else self.aliases.get(column, ())
            if assign and others:
                found.setdefault(self.term_labels[assign - 1], {}).update(dict.fromkeys(others))
        return {term: tuple(names) for term, names in found.items()}

    @property
    def n_theta(self) -> int:
        """Number of covariance parameters of all terms."""
        return sum(term.n_theta for term in self.random)
