"""Check a fit by refitting it with every optimiser."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlm_steps.api.arguments import a_control, checked
from mlm_steps.api.fitting import a_fit
from mlm_steps.api.results import Fit
from mlm_steps.api.shown import Shown
from mlm_steps.engine import Control
from mlm_steps.engine.fit.all_fit import AllFits, refit_all
from mlm_steps.engine.fit.refit_words import COLUMNS, refits_text, verdict

__all__ = ["Refits", "allfit"]


@dataclass(frozen=True, slots=True, eq=False)
class Refits(Shown):
    """The results of all optimisers; ``print`` shows the table and the verdict.

    Attributes
    ----------
    found : AllFits
        All refits of the model.
    """

    found: AllFits

    @property
    def agree(self) -> bool:
        """Whether the fit and all searches that ended normally have the same optimum."""
        return self.found.agree

    @property
    def verdict(self) -> str:
        """``agree`` in words, with the names of the optimisers that ended at a wrong point."""
        return verdict(self.found)

    @property
    def table(self) -> pd.DataFrame:
        """One row per optimiser and start."""
        rows = [[getattr(refit, name) for name in COLUMNS] for refit in self.found.refits]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"evaluations": "Int64"})

    def __repr__(self) -> str:
        return refits_text(self.found)


@checked(fit=a_fit, control=a_control)
def allfit(fit: Fit, *, control: Control | None = None) -> Refits:
    """Refit a model with every optimiser from its optimum and from the default start (lme4's ``allFit``).

    Parameters
    ----------
    fit : Fit
    control : Control, optional
        Budget and tolerance of each search.
    """
    return Refits(refit_all(fit.lmm, control))
