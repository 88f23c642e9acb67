"""Intraclass correlations and explained variance of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pandas as pd

from mlm_steps.api.arguments import kind_of
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import FitState
from mlm_steps.effects.f_tests import kenward_roger_tests
from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.records import VarianceMeasure, VarianceRecord
from mlm_steps.records.response import VARIANCE_METHODS
from mlm_steps.variance import Explained, explain
from mlm_steps.variance.rights_sterba import MIXED, TERM

__all__ = ["Shares", "VarianceSources", "icc", "r2", "rights_sterba"]

SHARES = ("r2_marginal", "r2_conditional")
"""The measures of ``r2``."""
ON_REQUEST = ("r2_snijders_bosker", "r2_beta", "local_f2", "r2_xu")
"""The measures that ``r2`` adds on request."""


class Shares(Tabular, pd.DataFrame):
    """Shares of variance as a frame that prints in full, with ``-`` for what a row does not have."""

    _metadata: ClassVar[list[str]] = ["_heading"]
    _heading: str

    @classmethod
    def of(cls, frame: pd.DataFrame, heading: str) -> Shares:
        """Return the numbers of a frame under a heading."""
        shares = cls(frame)
        shares._heading = heading
        return shares

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """The same numbers as a plain frame."""
        return pd.DataFrame(self)

    def _title(self) -> str:
        return self._heading


def icc(state: FitState, distribution: str | None = None) -> Shares:
    """Return intraclass correlations, as the table ``icc`` of a run.

    Parameters
    ----------
    distribution : {"theoretical", "observation", "lognormal", "delta", "trigamma"}, optional
        How the variance of the distribution of a model with a family is computed on the link scale; it is
        a column, beside the method and the marginal mean lambda of the null model. Default: the first
        one that the family has.
    """
    found = _explained(state, distribution)
    rows = [
        {
            "kind": row.kind,
            "group": row.group,
            "effect": row.effect,
            "x": row.x,
            "value": row.value,
            **(_distribution(found) if row.kind != "vpc_response" else {}),
        }
        for row in found.icc
    ]
    return Shares.of(pd.DataFrame(rows).astype({"x": float, "value": float}), "Intraclass correlations")


def r2(state: FitState, distribution: str | None = None, *, measures: Sequence[str] = ()) -> Shares:
    """Return marginal and conditional R² (Nakagawa, Johnson & Schielzeth 2017), as ``icc`` does.

    Parameters
    ----------
    distribution : str, optional
        As in ``icc``.
    measures : sequence of {"r2_snijders_bosker", "r2_beta", "local_f2", "r2_xu"}, optional
        More measures, with a column ``scope``: ``total``, ``level 1``, ``level 2``, or the term of a
        semi-partial R²β or a local f². Snijders and Bosker's R² is relative to the model with intercepts
        alone. A measure that a model with a family does not have is NaN.
    """
    wanted = [measures] if isinstance(measures, str) else list(measures)
    for name in wanted:
        if name not in ON_REQUEST:
            hint = did_you_mean(str(name), ON_REQUEST) or f"it has {', '.join(ON_REQUEST)}"
            raise UsageError(Fault("measures", f"there is no measure {name!r}", hint))
    found = _explained(state, distribution, wanted)
    names = (*SHARES, *(name for word in wanted for name in (word, f"{word}_partial")))
    rows = [row for name in names for row in found.measures if row.measure == name]
    shown = [
        {
            **({"scope": row.scope} if wanted else {}),
            "value": row.value,
            **(_distribution(found) if row.measure in SHARES else {}),
        }
        for row in rows
    ]
    frame = pd.DataFrame(shown, index=[row.measure for row in rows]).astype({"value": float})
    return Shares.of(frame, "Explained variance")


def rights_sterba(state: FitState) -> VarianceSources:
    """Return the shares of the variance by source and level (Rights & Sterba 2019, 2023).

    UsageError for a model with a family.
    """
    measures = explain(Explained("fit", state.lmm)).measures
    return VarianceSources(tuple(row for row in measures if row.measure.startswith("rs_")))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VarianceSources(Tabular):
    """Shares of the variance by source; ``print`` shows the table.

    Attributes
    ----------
    measures : tuple of VarianceMeasure
        All numbers, as in the table ``variance_explained`` of a run.
    """

    measures: tuple[VarianceMeasure, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per source, one column per variance of which it is a share; NaN where it has no part.

        With crossed grouping factors, a random term is a source, named by its factor.
        """
        rows: dict[str, dict[str, float]] = {}
        for row in self.measures:
            random = row.measure == TERM
            name = row.scope if random else row.measure.removeprefix("rs_")
            value = float("nan") if row.value is None else row.value
            rows.setdefault(name, {})["total" if random else row.scope] = value
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("source")

    def _title(self) -> str:
        return f"Sources of variance ({self.measures[0].method})"

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if any(row.code == MIXED for row in self.measures):
            notes.append(
                "A predictor varies at several levels, so that the shares of a level mix sources: centre it "
                "within groups and add its group mean."
            )
        if any(row.measure == TERM for row in self.measures):
            notes.append("The grouping factors are crossed: there are no shares within and between groups.")
        return tuple(notes)


def _explained(state: FitState, distribution: str | None, wanted: Sequence[str] = ()) -> VarianceRecord:
    methods = VARIANCE_METHODS[state.fit.family]
    if distribution is not None and distribution not in methods:
        shown = repr(distribution) if isinstance(distribution, str) else kind_of(distribution)
        if not methods:
            raise UsageError(Fault("distribution", "a linear mixed model has a residual variance instead"))
        hint = did_you_mean(str(distribution), methods) or f"it has {', '.join(methods)}"
        what = f"{state.fit.family} has no distribution variance {shown}"
        raise UsageError(Fault("distribution", what, hint))
    predictors = None if state.origin is None else state.fitted_effects.predictors
    return explain(
        Explained(
            "fit",
            state.fit,
            distribution=distribution,
            predictors=predictors,
            wanted=wanted,
            f_tests=partial(kenward_roger_tests, state.fit),
        )
    )


def _distribution(found: VarianceRecord) -> dict[str, object]:
    """Return the columns of the variance of a generalized model's distribution; none for a linear model."""
    own = found.distribution
    if own is None:
        return {}
    return {
        "distribution_variance": own.variance,
        "distribution_method": own.method,
        "lambda": own.null_mean,
    }
