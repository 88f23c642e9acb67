"""How each rung is fitted and tested, from its own keys and from those of ``estimation``."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.records.response import LINKS, Response
from mlm_steps.spec.estimation import EstimationSpec
from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.responses import LINEAR_ONLY, DfWord, MethodWord, Quadrature

__all__ = ["RungSettings", "settings_of"]


@dataclass(frozen=True, slots=True)
class RungSettings:
    """How one rung is fitted and tested.

    Attributes
    ----------
    response : Response
    agq : int or "auto"
        Points per dimension of the quadrature; 1 is Laplace's approximation.
    method : {"REML", "ML"}
        The criterion whose estimates are reported.
    df : str
        The method of the tests, a key of the registry of `mlm_steps.inference`.
    """

    response: Response
    agq: Quadrature
    method: MethodWord
    df: DfWord


def settings_of(rung: ModelSpec, estimation: EstimationSpec) -> RungSettings:
    """Return the settings of a rung: its own keys, then those of ``estimation``.

    Default words that exist for linear models only are replaced, and invalid keys are ignored, so that the
    rest of a spec with faults can be checked.
    """
    family = rung.family or estimation.family or "gaussian"
    links = LINKS[family]
    link = rung.link or (estimation.link if estimation.link in links else None)
    response = Response(family, link if link in links else links[0])
    if response.linear:
        return RungSettings(response, 1, estimation.method, estimation.df)
    trials = (rung.trials or estimation.trials) if response.takes_trials else None
    response = Response(family, response.link, trials, rung.exposure or estimation.exposure)
    df: DfWord = "z" if estimation.df in LINEAR_ONLY["df"] else estimation.df
    return RungSettings(response, rung.agq or estimation.agq or 1, "ML", df)
