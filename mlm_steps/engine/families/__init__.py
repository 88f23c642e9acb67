"""Response distributions of generalized linear mixed models (statistics, section 22.1)."""

from __future__ import annotations

from mlm_steps.engine.families.base import Derivatives, Family, Outcome, OutcomeFault
from mlm_steps.engine.families.binomial import Binomial
from mlm_steps.engine.families.gamma import Gamma
from mlm_steps.engine.families.negative_binomial import NegativeBinomial
from mlm_steps.engine.families.poisson import Poisson

__all__ = ["FAMILIES", "Derivatives", "Family", "Outcome", "OutcomeFault", "family_of"]

FAMILIES: dict[str, type[Binomial | Poisson | NegativeBinomial | Gamma]] = {
    "binomial": Binomial,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
    "gamma": Gamma,
}
"""The families by the word of the spec. Each class is called with a link, by default its first one."""


def family_of(name: str, link: str | None = None) -> Family:
    """Return a family with a link, or with its default link.

    Raises
    ------
    KeyError
        If there is no such family.
    ValueError
        If the family does not have this link.

    Examples
    --------
    >>> family_of("binomial").link, family_of("gamma").link
    ('logit', 'log')
    """
    family = FAMILIES[name]
    return family() if link is None else family(link)
