"""What a fit says about rows: leverages, predictions, new outcomes; and what it is at other parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import (
    LARGEST_SEED,
    MOST_REPLICATES,
    checked,
    kind_of,
    one_of,
    optional,
    truth,
    whole,
)  # fmt: skip
from mlm_steps.api.bootstrap import Bootstrap, bootstrap
from mlm_steps.api.frames import new_frame
from mlm_steps.api.prediction import INTERVALS, Interval, NewRows, Prediction, predict
from mlm_steps.engine import Control, Estimates, LmmFit, Method, evaluate_at
from mlm_steps.engine.bootstrap.resampling import KINDS
from mlm_steps.engine.bootstrap.simulate import simulate
from mlm_steps.engine.posterior.leverage import cooks_distances, leverages
from mlm_steps.engine.result.evaluate import criterion_at
from mlm_steps.errors import Fault, UsageError

__all__ = ["FitRows", "Origin", "snapshot"]

COPIES_ON_WRITE = int(pd.__version__.split(".", maxsplit=1)[0]) >= 3
"""Whether a shallow copy of a frame keeps its values when the frame is changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What a fit was made from, for other models of the same data.

    Attributes
    ----------
    data : DataFrame
        With the columns that the model uses, as they were: later changes of the frame do not matter.
    contrasts : mapping of str to str
    control : Control or None
    """

    data: pd.DataFrame
    contrasts: Mapping[str, str]
    control: Control | None


def snapshot(data: pd.DataFrame, used: Collection[str | None]) -> pd.DataFrame:
    """Return a frame that keeps the used columns as they are now."""
    if COPIES_ON_WRITE:
        return data.copy(deep=False)
    return data[[name for name in data.columns if name in used]].copy()


class FitRows:
    """The part of ``Fit`` that is about rows and about parameters other than the estimates."""

    def __init__(
        self,
        estimates: Estimates,
        method: Method,
        index: pd.Index,
        df: str,
        confidence: float,
        weights: str | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.estimates = estimates
        self.lmm: LmmFit = estimates.under(method)
        self.df_method = df
        self.confidence = confidence
        self._index = index
        self._weights = weights
        self._origin = origin

    @cached_property
    def hatvalues(self) -> pd.Series:
        """Leverages, indexed as the frame: the weight of each row in its own fitted value.

        Their sum is the effective number of parameters.
        """
        return pd.Series(leverages(self.lmm), index=self._index, name="hatvalues")

    @property
    def cooks_distance(self) -> pd.Series:
        """Cook's distance of each row, indexed as the frame; NaN for a leverage of 1."""
        distances = cooks_distances(self.lmm, self.hatvalues.to_numpy())
        return pd.Series(distances, index=self._index, name="cooks_distance")

    @checked(
        newdata=optional(new_frame),
        random=truth,
        se=truth,
        interval=optional(one_of(INTERVALS, "interval is")),
    )
    def predict(
        self,
        newdata: pd.DataFrame | Mapping[str, object] | None = None,
        *,
        random: bool = False,
        se: bool = False,
        interval: Interval | None = None,
    ) -> Prediction:
        """Return predictions for the rows of the fit or for new data, in outcome units.

        Parameters
        ----------
        newdata : DataFrame, mapping of columns to values, or a table with Arrow's interface, optional
            The predictors; with ``random`` also the grouping columns. The rows of the fit if left out.
        random : bool
            False: o + X beta, the mean over the population of groups. True: + Z b at the conditional modes; a
            group that the fit does not know has b = 0, and a notice says how many rows that concerns.
        se : bool
            Add the standard error of that mean. With ``random`` it is the root of the variance of
            x'beta_hat + z'b_hat - x'beta - z'b, from the inverse of the matrix of Henderson's mixed-model
            equations: the covariance of beta_hat with b_hat - b is included, as is z'Tz where b is
            unknown. The variance parameters count as known.
        interval : {"confidence", "prediction"}, optional
            For that mean, or for a new outcome: of a new group (+ z'Tz + sigma² / w) or, with ``random``,
            of the row's own (+ sigma² / w). With the fit's ``confidence`` and, for the mean without random
            effects, its ``df`` method; all other variances have Satterthwaite's df, unless that method
            is ``residual`` or ``z``.

        Raises
        ------
        FormulaError
            For columns or fixed levels that do not fit the model.
        UsageError, DesignError
            For an unknown interval, or weights that a prediction interval needs and newdata does not have.
        """
        if not isinstance(newdata, pd.DataFrame):
            rows = NewRows.of_fit(self.lmm, self._index)
        else:
            weights = self._weights if interval == "prediction" else None
            rows = NewRows.of_frame(self.lmm, newdata, random=random, weights=weights)
        return predict(
            self.lmm,
            rows,
            random=random,
            se=se,
            interval=interval,
            df_method=self.df_method,
            confidence=self.confidence,
        )

    @checked(n=whole(0, MOST_REPLICATES), seed=whole(0, LARGEST_SEED), conditional=truth)
    def simulate(self, n: int, seed: int, *, conditional: bool = False) -> pd.DataFrame:
        """Return n outcomes drawn from the model at its estimates, one column each, indexed as the frame.

        Column i depends on the seed and i alone. New random effects are drawn, unless ``conditional`` keeps
        them at the conditional modes. An outcome that was transformed, such as log(y), stays so.

        Raises
        ------
        UsageError
            For n or a seed below 0.
        """
        drawn = simulate(self.lmm, n, seed, conditional=conditional)
        return pd.DataFrame(drawn.T, index=self._index)

    def at(self, theta: Sequence[float] | pd.Series) -> Self:
        """Return everything at given covariance parameters, in the order and units of ``theta``.

        sigma and beta are the best for this theta, by REML or ML as in this fit.

        Raises
        ------
        FitError
            For another number of parameters, or where the criterion does not exist.
        """
        given = _numbers("theta", theta)
        design, prepared = self.lmm.design, self.lmm.prepared
        methods: tuple[Method, ...] = ("REML", "ML")
        fits = {method: evaluate_at(design, given, method=method, prepared=prepared) for method in methods}
        fixed = Estimates(design, fits=fits)
        return type(self)(fixed, self.lmm.method, self._index, self.df_method, self.confidence, self._weights)

    def criterion_at(self, theta: Sequence[float] | pd.Series) -> float:
        """Return the REML criterion, or the deviance of an ML fit, at given covariance parameters.

        Raises
        ------
        FitError
            For another number of parameters, or where the criterion does not exist.
        """
        return criterion_at(self.lmm, _numbers("theta", theta))

    @checked(
        replicates=whole(2, MOST_REPLICATES), seed=whole(0, LARGEST_SEED), kind=one_of(KINDS, "bootstrap is")
    )
    def bootstrap(self, replicates: int = 2000, seed: int = 1, kind: str = "parametric") -> Bootstrap:
        """Return refits to simulated data, for intervals of what no formula has a distribution for.

        Parameters
        ----------
        replicates : int
        seed : int
            The same seed gives the same replicates; more of them begin with the same ones.
        kind : {"parametric", "residual", "cases"}
            New outcomes from the fitted distributions; from the fit's own residuals and group effects,
            reflated; or groups drawn with replacement.

        Raises
        ------
        UsageError
            For another kind, fewer than 2 replicates, or a seed below 0.
        FitError
            For ``cases`` where grouping factors are crossed.
        """
        return bootstrap(self, replicates, seed, kind)


def _numbers(key: str, values: Sequence[float] | pd.Series) -> np.ndarray:
    """Return numbers as an array; UsageError for anything else."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        hint = "for example fit.theta"
        raise UsageError(Fault(key, f"this is {kind_of(values)}, not a sequence of numbers", hint)) from None
