"""Checks of a generalized model against its own distribution."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlm_steps.api.arguments import LARGEST_SEED, checked, whole
from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.diagnose import Subject, diagnose
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.diagnostics import DiagnosticsRecord

__all__ = ["Checks", "check_fit"]

COLUMNS = ("check", "of", "statistic", "low", "high", "df", "p", "flag")


@dataclass(frozen=True, slots=True, eq=False)
class Checks(Shown):
    """The checks of a generalized model; ``print`` shows a sentence per check.

    Attributes
    ----------
    record : DiagnosticsRecord
        All numbers, and the points of quantile and binned residual plots.
    """

    record: DiagnosticsRecord

    @property
    def table(self) -> pd.DataFrame:
        """One row per check: its statistic, the range of 95 % under the model, p value and flag."""
        rows = [[getattr(check, name) for name in COLUMNS] for check in self.record.checks]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def __repr__(self) -> str:
        return "\n".join(f"{check.flag or check.code}: {check.sentence}" for check in self.record.checks)


@checked(seed=whole(0, LARGEST_SEED))
def check_fit(state: FitState, seed: int = 1) -> Checks:
    """Return the checks of a generalized model against its own distribution, a sentence each.

    Dispersion, number of zeros, and residuals compared with simulated data sets; ``seed`` is that of the
    simulations. UsageError for a linear model.
    """
    if not isinstance(state.fit, GlmmFit):
        what = "these checks exist for generalized models only; the fit is a linear model"
        raise UsageError(Fault("checks", what, None))
    return Checks(diagnose(Subject(state.fit.design.formula, state.fit, seed, thorough=True)))
