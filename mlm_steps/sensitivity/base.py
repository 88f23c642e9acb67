"""The input of a sensitivity analysis, a fitted model, and its output, variants of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design import Formula
from mlm_steps.design.build import build_design, factor_codes
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.hlm import VariableRank, is_nested
from mlm_steps.engine import Control, Method, MixedFit
from mlm_steps.engine.fit.mixed import fit_mixed
from mlm_steps.inference import Context
from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.records.sensitivity import Quantity
from mlm_steps.remedies.columns import group_means, with_columns

__all__ = ["Array", "Baseline", "Change", "Distances", "Inapplicable", "Variant", "Vary", "share_within"]

Array = NDArray[np.float64]


class Distances(NamedTuple):
    """Cook's distances of all levels of a grouping factor, shape (J,), NaN where there is none.

    ``approximate`` says whether they are one-step estimates.
    """

    cook: Array
    approximate: bool


@dataclass(frozen=True, eq=False)
class Baseline:
    """The fitted model with the data and settings from which its variants are fitted.

    Attributes
    ----------
    name : str
    formula : Formula
    fit : MixedFit
        The fit that is reported.
    sample : DataFrame
        The rows of the fit, in their order, with all columns of the data.
    df_method : str
        Method of the degrees of freedom, a key of ``mlm_steps.inference.METHODS``.
    confidence : float
    weights : str or None
    contrasts : mapping of str to str or ContrastCoding
    control : Control or None
    variable_levels : mapping of str to {"1", "2", "3"}, or None
        Level of the hierarchy per data column; None to infer it from the data.
    distances : mapping of str to Distances
        Those of grouping factors for which they are known; for others they are computed where needed.
    """

    name: str
    formula: Formula
    fit: MixedFit
    sample: pd.DataFrame
    df_method: str
    confidence: float = 0.95
    weights: str | None = None
    contrasts: Mapping[str, str | ContrastCoding] = field(default_factory=dict)
    control: Control | None = None
    variable_levels: Mapping[str, VariableRank] | None = None
    distances: Mapping[str, Distances] = field(default_factory=dict)

    @property
    def alpha(self) -> float:
        """The level of the tests; rounded, so that p = .05 is not below .05 for an interval of 95 %."""
        return round(1 - self.confidence, 12)

    @property
    def linear(self) -> bool:
        """Whether the model is a linear mixed model."""
        return self.fit.design.response.linear

    @property
    def method(self) -> Method:
        """``REML`` or ``ML``."""
        return self.fit.method

    @property
    def context(self) -> Context:
        """What the tests use besides the fit."""
        return Context(self.variable_levels)

    @cached_property
    def innermost(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Name and columns of each grouping factor in which no other one is nested."""
        terms = {term.group: term for term in self.fit.design.random}
        columns = {bar.group.label: bar.group.columns for bar in self.formula.bars}
        return tuple(
            (group, columns[group])
            for group, term in terms.items()
            if not any(is_nested(other, term) for name, other in terms.items() if name != group)
        )

    def codes(self, group: tuple[str, ...]) -> NDArray[np.intp]:
        """Return the group of each row of the sample."""
        return factor_codes(self.sample, group)

    def varies_within(self, column: str, least: float) -> bool:
        """Return whether a data column belongs to level 1.

        Its level is known, or at least this share of its variance lies within the groups of every factor.
        """
        known = None if self.variable_levels is None else self.variable_levels.get(column)
        if known is not None:
            return known == "1"
        return all(self._share(column, columns) >= least for _, columns in self.innermost)

    def varies_in(self, column: str, group: tuple[str, ...], least: float) -> bool:
        """Return whether a data column varies within the groups of one factor, as ``varies_within`` does."""
        known = None if self.variable_levels is None else self.variable_levels.get(column)
        single = len({bar.group.columns for bar in self.formula.bars}) == 1
        return known == "1" if known is not None and single else self._share(column, group) >= least

    def _share(self, column: str, group: tuple[str, ...]) -> float:
        return share_within(_numbers(self.sample[column]), self.codes(group))

    def refit(
        self,
        formula: Formula | str,
        *,
        columns: tuple[DerivedColumn, ...] = (),
        rows: NDArray[np.bool_] | None = None,
    ) -> MixedFit:
        """Return the fit of another formula, or of some of the rows; MlmError if it cannot be estimated."""
        frame = with_columns(self.sample, columns)
        if rows is not None:
            frame = _used_levels(frame[rows])
        design = build_design(
            formula,
            frame,
            weights=self.weights,
            contrasts=dict(self.contrasts),
            response=self.fit.design.response,
        )
        several = len({term.group for term in design.random}) > 1
        agq = 1 if several else self.fit.agq
        return fit_mixed(design, method=self.method, control=self.control, agq=agq)


@dataclass(frozen=True, slots=True)
class Change:
    """What a variant changes, in words.

    Attributes
    ----------
    what : str
        A text with the fields ``{group}``, ``{columns}`` and ``{level}`` where it names parts of the data,
        for which a report has labels.
    group : str or None
        A grouping factor.
    columns : tuple of str
        Columns of the data.
    level : str or None
        A level of the factor.
    """

    what: str
    group: str | None = None
    columns: tuple[str, ...] = ()
    level: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A model to compare with the baseline.

    Attributes
    ----------
    name : str
        Unique among the variants of its kind.
    change : Change
    fit : callable
        Returns the fitted variant; MlmError if it cannot be estimated.
    formula : str
        Empty if it is that of the baseline.
    df_method : str
        Method of the degrees of freedom; empty if it is that of the baseline.
    renamed : mapping of str to str
        Columns of the data with those that replace them.
    quantities : mapping of str to Quantity
        What the coefficients estimate, by their columns in the baseline; ``same`` for the others.
    excluded : tuple of str
        What is left out of the data.
    fitted : bool
        Whether ``fit`` estimates a model; False if it returns the baseline's fit.
    otherwise : callable or None
        Another way to fit the variant, if the search of ``fit`` fails.
    otherwise_note : str
        What is then said of the numbers.
    """

    name: str
    change: Change
    fit: Callable[[], MixedFit]
    formula: str = ""
    df_method: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    fitted: bool = True
    otherwise: Callable[[], MixedFit] | None = None
    otherwise_note: str = ""


@dataclass(frozen=True, slots=True)
class Inapplicable:
    """A variant that does not exist for the baseline, and why.

    Attributes
    ----------
    name : str
    change : Change
    reason : str
    ending : {"not_applicable", "not_estimable"}
    """

    name: str
    change: Change
    reason: str
    ending: Literal["not_applicable", "not_estimable"] = "not_applicable"


class Vary(Protocol):
    """A kind of variants: a function that has the name of its module and is listed in ``VARIANTS``.

    To add one, write a module with such a function. It yields the variants that differ from the baseline;
    one that has a name but cannot exist for this model is an ``Inapplicable``. A fit is not computed before
    ``Variant.fit`` is called, so that an error concerns its own variant only.
    """

    def __call__(self, baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
        """Yield the variants of a model."""
        ...


def share_within(x: Array, codes: NDArray[np.intp]) -> float:
    """Return the share of the variance of x, shape (n,), within groups; 0 for a constant."""
    total = float(np.var(x))
    return float(np.var(x - group_means(x, codes))) / total if total > 0.0 else 0.0


def _numbers(values: pd.Series) -> Array:
    """Return the values of a column as numbers; a category is represented by the codes of its levels."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=np.float64)
    return np.asarray(pd.Categorical(values).codes, dtype=np.float64)


def _used_levels(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose categories have no levels without rows."""
    made = {
        name: frame[name].cat.remove_unused_categories()
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return frame.assign(**made)
