"""The arguments of ``fit`` for the distribution of the outcome."""

from __future__ import annotations

from typing import Literal

from mlm_steps.api.arguments import kind_of, whole
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.response import LINEAR_DF, LINKS, MOST_POINTS, Response

__all__ = ["KNOWN_LINKS", "a_df_method", "a_quadrature", "a_response"]

KNOWN_LINKS = tuple(dict.fromkeys(link for links in LINKS.values() for link in links))


def a_quadrature(key: str, value: object) -> object:
    """Return a number of quadrature points, or ``auto``; UsageError for anything else."""
    return value if isinstance(value, str) and value == "auto" else whole(1, MOST_POINTS)(key, value)


def a_response(
    family: str,
    link: str | None,
    trials: str | None,
    exposure: str | None,
    agq: int | Literal["auto"],
    *,
    reml: bool | None,
) -> Response:
    """Return the distribution of the outcome; UsageError for arguments that the family does not have."""
    links = LINKS[family]
    found = Response(family, links[0] if link is None else link, trials, exposure)
    faults = []
    if found.link not in links:
        faults.append(Fault("link", f"{family} has no link {link}", f"it has {', '.join(links)}"))
    for key, value in (("trials", trials), ("exposure", exposure)):
        if value is not None and not isinstance(value, str):
            faults.append(Fault(key, f"this is {kind_of(value)}, not the name of a column"))
    if trials is not None and not found.takes_trials:
        what = f"an outcome of the family {family} has no trials"
        faults.append(Fault("trials", what, 'for events among trials: family="binomial"'))
    if found.linear and exposure is not None:
        hint = 'for rates: family="poisson"; or add offset(log(column)) to the formula'
        faults.append(Fault("exposure", "a linear mixed model has no exposure", hint))
    if found.linear and agq != 1:
        faults.append(Fault("agq", "a linear mixed model has no quadrature", "its likelihood is exact"))
    if not found.linear and reml:
        what = f"REML exists for linear mixed models only, and the family is {family}"
        faults.append(Fault("reml", what, "leave it out: the model is fitted by maximum likelihood"))
    if faults:
        raise UsageError(*faults)
    return found


def a_df_method(response: Response, df: str | None) -> str:
    """Return the method of degrees of freedom; UsageError for one that the model does not have."""
    if df is None:
        return "satterthwaite" if response.linear else "z"
    if not response.linear and df in LINEAR_DF:
        what = f"{df} exists for linear mixed models only, and the family is {response.family}"
        raise UsageError(Fault("df", what, "use z, between-within or residual"))
    return df
