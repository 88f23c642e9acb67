"""Check a fit by refitting it with every optimiser."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mlm_steps.api.arguments import a_control, checked
from mlm_steps.api.fitting import a_fit
from mlm_steps.api.results import Fit
from mlm_steps.api.shown import Shown
from mlm_steps.engine import Control
from mlm_steps.engine.fit.all_fit import CRITERION_LIMIT, AllFits, Refit, refit_all

__all__ = ["Refits", "allfit", "verdict"]

COLUMNS = ("optimizer", "start", "criterion", "delta", "max_dbeta_se", "max_dsd", "evaluations", "status")


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
        lines = [" ".join(format(name, _width(name)) for name in COLUMNS)]
        lines += [_line(refit) for refit in self.found.refits]
        return "\n".join([*(line.rstrip() for line in lines), "", self.verdict])


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


def verdict(found: AllFits) -> str:
    """Return in words whether all searches that ended normally agree, and which ended at a wrong point."""
    wrong = [refit for refit in found.refits if refit.status == "wrong"]
    normal = [refit for refit in found.refits if refit.status in ("converged", "singular", "doubtful")]
    gave_up = [refit for refit in found.refits if refit.status == "failed"]
    if found.agree:
        sentences = [f"All {len(normal)} searches that ended normally agree: {_spread(normal)}."]
    else:
        sentences = [f"The optimisers disagree; {len(normal)} searches agree: {_spread(normal)}."]
    if wrong:
        ends = ", ".join(f"{_name(refit)} (criterion {refit.delta:.3g} too high)" for refit in wrong)
        sentences.append(f"At a wrong point, though done by their own account: {ends}.")
    if gave_up:
        sentences.append(f"Ended before that, by their own account: {', '.join(map(_name, gave_up))}.")
    if found.excess < CRITERION_LIMIT:
        return " ".join([*sentences, "The fit itself is at the best point found."])
    lower = f"The fit itself is not at the optimum: a criterion lower by {found.excess:.3g} was found."
    return " ".join([*sentences, lower])


def _spread(refits: list[Refit]) -> str:
    highest = max((refit.delta or 0.0 for refit in refits), default=0.0)
    moved = max((refit.max_dbeta_se or 0.0 for refit in refits), default=0.0)
    return f"criteria within {highest:.1g}, coefficients within {moved:.1g} standard errors of the best"


def _name(refit: Refit) -> str:
    return f"{refit.optimizer} from the {refit.start}{' start' if refit.start == 'default' else ''}"


def _width(name: str) -> str:
    widths = {"optimizer": "<13", "start": "<8", "criterion": ">16", "status": "<13"}
    return widths.get(name, ">12")


def _line(refit: Refit) -> str:
    formats = {"criterion": ".6f", "delta": ".3g", "max_dbeta_se": ".2g", "max_dsd": ".2g"}
    cells = []
    for name in COLUMNS:
        value = getattr(refit, name)
        text = "" if value is None else format(value, formats.get(name, ""))
        cells.append(format(text, _width(name)))
    return " ".join(cells)
