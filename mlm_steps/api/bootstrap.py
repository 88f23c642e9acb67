"""Bootstrap a fit and compute percentile intervals from the replicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.api.arguments import (
    LARGEST_SEED,
    MOST_REPLICATES,
    checked,
    names,
    one_of,
    optional,
    share,
    whole,
)  # fmt: skip
from mlm_steps.api.intervals import Intervals, Row, interval_table
from mlm_steps.api.parameters import names_of
from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.engine.bootstrap.bootstrap import Sample, bound_codes, draw_replicates, percentiles
from mlm_steps.engine.bootstrap.replicates import Replicates
from mlm_steps.engine.bootstrap.resampling import KINDS
from mlm_steps.engine.profile.profiles import Parameter
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, UsageError, did_you_mean

__all__ = ["Bootstrap", "bootstrap"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap(Shown):
    """Refits to simulated data; ``print`` shows bias, standard error and interval of each quantity.

    Attributes
    ----------
    estimates : Series
        Estimates of the fit under the names of ``Fit.confint``; then, for a linear model, ``icc_adjusted``,
        ``icc_unadjusted``, one ``icc_`` per term, ``r2_marginal`` and ``r2_conditional``.
    values : DataFrame, shape (B, numbers)
        The same quantities in each replicate; NaN if the replicate failed or the quantity is undefined.
    status : Series of str, length B
        ``converged``, ``singular`` or ``failed``.
    kind : str
    seed : int
    confidence : float
        Confidence of the intervals in ``table``.
    """

    estimates: pd.Series
    values: pd.DataFrame
    status: pd.Series
    kind: str
    seed: int
    confidence: float

    @property
    def failed(self) -> int:
        """Number of replicates without an optimum. They are excluded."""
        return int((self.status == "failed").sum())

    @property
    def singular(self) -> int:
        """Number of replicates whose covariance matrix has reduced rank. They are included."""
        return int((self.status == "singular").sum())

    @property
    def method(self) -> str:
        """The method in words, such as ``parametric bootstrap, B=2000, 3 failed``."""
        return f"{self.kind} bootstrap, B={len(self.status)}, {self.failed} failed"

    @property
    def table(self) -> pd.DataFrame:
        """One row per quantity: estimate, bias, standard error and percentile interval."""
        ends = self.confint().table[["low", "high"]]
        with np.errstate(invalid="ignore"):  # infinite estimates have neither bias nor standard error
            bias, se = self.values.mean() - self.estimates, self.values.std()
        return pd.DataFrame(
            {"estimate": self.estimates, "bias": bias, "se": se, "low": ends["low"], "high": ends["high"]}
        )

    @checked(confidence=optional(share), parm=optional(names))
    def confint(self, confidence: float | None = None, parm: Sequence[str] | None = None) -> Intervals:
        """Return percentile intervals of all quantities, or of those named in ``parm``.

        Raises
        ------
        UsageError
            For an unknown name, or a confidence outside (0, 1).
        """
        level = self.confidence if confidence is None else confidence
        rows: dict[str, Row] = {}
        for name in self.values.columns if parm is None else parm:
            if name not in self.values:
                hint = did_you_mean(name, list(self.values.columns))
                raise UsageError(Fault("parm", f"no number is called {name!r}", hint))
            limits = percentiles(self.values[name].to_numpy(), level)
            if limits is None:
                rows[name] = (np.nan, np.nan, "not_estimable", "not_estimable")
            else:
                rows[name] = (
                    *limits,
                    *(bound_codes(limits) if name.startswith(("sd_", "cor_", "icc_")) else (None, None)),
                )
        return interval_table(rows, level, self.method)

    def __repr__(self) -> str:
        head = f"{self.method}, {self.singular} singular; seed {self.seed}"
        with pd.option_context("display.float_format", "{:.5g}".format):
            return f"{head}\n\n{self.table}\n({100 * self.confidence:g} % percentile intervals)"


@checked(
    replicates=whole(2, MOST_REPLICATES), seed=whole(0, LARGEST_SEED), kind=one_of(KINDS, "bootstrap is")
)
def bootstrap(state: FitState, replicates: int = 2000, seed: int = 1, kind: str = "parametric") -> Bootstrap:
    """Return refits to simulated data, for intervals of quantities without a known distribution.

    Parameters
    ----------
    replicates : int
    seed : int
        The same seed gives the same replicates; the first ones do not depend on their number.
    kind : {"parametric", "residual", "cases"}
        Draw outcomes from the fitted distributions; resample rescaled residuals and group effects of
        the fit; or resample groups with replacement (FitError for crossed grouping factors).
    """
    fit = state.fit
    found = draw_replicates(fit, kind, seed, "bootstrap", range(replicates))
    estimates = {name: values[0] for name, values in _numbers(Sample(fit, _of_fit(fit)))}
    values = dict(_numbers(Sample(fit, found)))
    index = pd.RangeIndex(replicates, name="replicate")
    return Bootstrap(
        pd.Series(estimates, name="estimate"),
        pd.DataFrame(values, index=index),
        pd.Series(found.status, index=index, name="status"),
        kind,
        seed,
        state.confidence,
    )


def _of_fit(fit: MixedFit) -> Replicates:
    """Return a fit in the form of one replicate."""
    sigma, criterion = np.array([fit.scale]), np.array([fit.criterion])
    phi = None if fit.phi is None else np.array([fit.phi])
    return Replicates(fit.theta[None], fit.beta[None], sigma, criterion, np.array(["converged"]), phi)


def _numbers(sample: Sample) -> Iterator[tuple[str, Array]]:
    design = sample.fit.design
    for name, parameter in names_of(design).items():
        yield name, _values(sample, parameter)
    if not design.response.linear:
        return
    total = sample.fixed + sample.random + sample.residual
    yield "icc_adjusted", sample.random / (sample.random + sample.residual)
    yield "icc_unadjusted", sample.random / total
    for index, term in enumerate(design.random if len(design.random) > 1 else ()):
        yield f"icc_{'+'.join(term.names)}|{term.group}", sample.shares([index])
    yield "r2_marginal", sample.fixed / total
    yield "r2_conditional", (sample.fixed + sample.random) / total


def _values(sample: Sample, parameter: Parameter) -> Array:
    if parameter.kind == "beta":
        return sample.replicates.beta[:, parameter.effects[0]]
    if parameter.kind == "phi" and sample.replicates.phi is not None:
        return sample.replicates.phi
    if parameter.term is None:
        return sample.replicates.sigma
    one, other = parameter.effects[0], parameter.effects[-1]
    if parameter.kind == "sd":
        return np.sqrt(sample.covariances[parameter.term][:, one, one])
    return sample.correlation(parameter.term, one, other)
