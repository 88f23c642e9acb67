"""The words of the report for the distributions of an outcome: what a model describes, and on which scale.

The one table of such words; what they say holds for `mlm_steps.engine.families`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlm_steps.records.response import Response

__all__ = ["LINEAR", "MEDIAN_RATIOS", "Ratio", "Wording", "wording_of"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """What the exponential of a coefficient is.

    Attributes
    ----------
    code : str
        Its abbreviation, such as OR.
    one, many : str
        Its name, such as odds ratio.
    """

    code: str
    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Wording:
    """How the report describes the outcome of one family and link.

    Attributes
    ----------
    kind : str
        The kind of model, such as ``logistic mixed``.
    family, link : str
        Distribution and link in words.
    subject : str
        What a coefficient raises or lowers, with the field y for the outcome.
    verb : str
        ``was`` or ``were``, after the subject.
    mean : str
        The expected outcome, with the field y.
    scale : str
        The scale of coefficients and random effects.
    ratio : Ratio or None
        None if the exponential of a coefficient has no meaning.
    share : bool
        Whether the mean lies between 0 and 1 and is printed as a percentage.
    dispersion : tuple of two str, or None
        Symbol of the dispersion parameter, and the variance of the outcome.
    """

    kind: str
    family: str
    link: str
    subject: str
    verb: str
    mean: str
    scale: str
    ratio: Ratio | None = None
    share: bool = False
    dispersion: tuple[str, str] | None = None


LINEAR = Wording("linear mixed", "normal", "identity", "{y}", "was", "{y}", "outcome")
"""The words of linear mixed models."""
_OR = Ratio("OR", "odds ratio", "odds ratios")
_HR = Ratio("HR", "hazard ratio", "hazard ratios")
_IRR = Ratio("IRR", "incidence rate ratio", "incidence rate ratios")
_MR = Ratio("MR", "ratio of means", "ratios of means")
_PROBABILITY = "the probability of {y}"
_COUNT = "the expected count of {y}"
_RATE = "the rate of {y}"
_NB2 = ("φ", "μ + μ²/φ")


def _binomial(kind: str, link: str, subject: str, verb: str, scale: str, ratio: Ratio | None) -> Wording:
    return Wording(kind, "binomial", link, subject, verb, _PROBABILITY, scale, ratio, share=True)


def _counts(kind: str, family: str, dispersion: tuple[str, str] | None = None) -> Wording:
    scale = "log of the expected count"
    return Wording(kind, family, "log", _COUNT, "was", _COUNT, scale, _IRR, dispersion=dispersion)


WORDINGS: Mapping[tuple[str, str], Wording] = {
    ("gaussian", "identity"): LINEAR,
    ("binomial", "logit"): _binomial("logistic mixed", "logit", "the odds of {y}", "were", "log odds", _OR),
    ("binomial", "probit"): _binomial(
        "probit mixed", "probit", _PROBABILITY, "was", "probit of the probability", None
    ),
    ("binomial", "cloglog"): _binomial(
        "complementary log-log mixed",
        "complementary log-log",
        "the hazard of {y}",
        "was",
        "log of the hazard",
        _HR,
    ),
    ("poisson", "log"): _counts("Poisson mixed", "Poisson"),
    ("negative_binomial", "log"): _counts("negative binomial mixed", "negative binomial", _NB2),
    ("gamma", "log"): Wording(
        "gamma mixed",
        "gamma",
        "log",
        "the mean of {y}",
        "was",
        "the mean of {y}",
        "log of the mean",
        _MR,
        dispersion=("ν", "μ²/ν"),
    ),
}
"""The words of each family and link."""


MEDIAN_RATIOS: Mapping[str, str] = {
    f"median_{words.ratio.one.replace(' ', '_')}": f"median {words.ratio.one}"
    for words in WORDINGS.values()
    if words.ratio is not None
}
"""The measures of explained variance that are medians of such ratios, with their words."""


def wording_of(response: Response) -> Wording:
    """Return the words of a response; with an exposure, a count becomes a rate.

    Examples
    --------
    >>> wording_of(Response("binomial", "logit")).subject
    'the odds of {y}'
    >>> wording_of(Response("poisson", "log", exposure="years")).mean
    'the rate of {y}'
    """
    found = WORDINGS[response.family, response.link]
    if response.exposure is None or found.mean != _COUNT:
        return found
    return Wording(
        found.kind,
        found.family,
        found.link,
        _RATE,
        "was",
        _RATE,
        "log of the rate",
        found.ratio,
        dispersion=found.dispersion,
    )
