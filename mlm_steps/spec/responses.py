"""The keys for the distribution of the outcome, of a rung or as the ladder's default, and their rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from mlm_steps.records.response import LINEAR_DF, LINKS, MOST_POINTS, VARIANCE_METHODS, Response
from mlm_steps.spec.types import NothingIsNone, nothing_is_none, objection, read_whole
from mlm_steps.spec.written import Path, SpecFault, Written, quoted

__all__ = [
    "LINEAR_ONLY",
    "NO_KEYS",
    "DfWord",
    "Distribution",
    "Family",
    "Link",
    "MethodWord",
    "Points",
    "Quadrature",
    "response_faults",
]

Quadrature = int | Literal["auto"]
MethodWord = Literal["REML", "ML"]
DfWord = Literal["satterthwaite", "kenward-roger", "between-within", "residual", "z"]

_PHI = "phi is estimated: family: negative_binomial or gamma has one, poisson and binomial have none"
NO_KEYS: Mapping[str, str] = {
    "phi": _PHI,
    "dispersion": _PHI,
    "offset": "exposure: COLUMN, or offset(log(COLUMN)) in the formula",
    "size": "trials: COLUMN",
    "nAGQ": "agq: POINTS",
}
"""What to write in place of words that other programs have."""
LINEAR_ONLY: Mapping[str, tuple[str, ...]] = {
    "method": ("REML",),
    "df": LINEAR_DF,
}
"""Words of ``estimation`` that exist for linear models only, by their key."""
_KNOWN_LINKS = frozenset(link for links in LINKS.values() for link in links)
RESPONSE_KEYS = ("family", "link", "trials", "exposure", "agq")
_COUNTS = "negative_binomial, or poisson with (1 | row) for a column that numbers the rows"
NEAREST_FAMILY: Mapping[str, str] = {
    "normal": "gaussian",
    "linear": "gaussian",
    "bernoulli": "binomial",
    "logistic": "binomial",
    "logit": "family: binomial has the link logit",
    "probit": "family: binomial, link: probit",
    "nb": "negative_binomial",
    "nb2": "negative_binomial",
    "nbinom": "negative_binomial",
    "nbinom2": "negative_binomial",
    "negbin": "negative_binomial",
    "nb1": "negative_binomial has the variance μ + μ²/φ",
    "nbinom1": "negative_binomial has the variance μ + μ²/φ",
    "quasi": "it has no likelihood to compare models by; see poisson and negative_binomial",
    "quasipoisson": f"it has no likelihood to compare models by; {_COUNTS}",
    "quasibinomial": "it has no likelihood to compare models by; binomial with (1 | row) for a column that "
    "numbers the rows",
    "betabinomial": "binomial with (1 | row) for a column that numbers the rows",
    "beta": "binomial with trials for shares of counts, or gaussian for a transformed outcome",
    "lognormal": "gaussian with the outcome log(y), or gamma",
    "inverse_gaussian": "gamma",
    "inverse.gaussian": "gamma",
    "exponential": "gamma",
    "zip": f"{_COUNTS}; zero inflation is not offered",
    "zero_inflated_poisson": f"{_COUNTS}; zero inflation is not offered",
    "ordinal": "binomial for a column of 0 and 1 that compares two parts of the scale",
    "cumulative": "binomial for a column of 0 and 1 that compares two parts of the scale",
    "multinomial": "binomial for a column of 0 and 1 that compares one category with the rest",
}
"""The nearest family of this package for each family that is not offered, or the right word for it."""
NEAREST_LINK: Mapping[str, str] = {
    "inverse": "log",
    "sqrt": "log",
    "cauchit": "probit",
    "loglog": "cloglog, with the two levels of the outcome exchanged",
}
"""The nearest link for each one that is not offered, since eta would leave the domain or has heavy tails."""


def _offered(nearest: Mapping[str, str], kind: str) -> BeforeValidator:
    """Return the validator that names the nearest word for one that is not offered."""

    def validator(value: object) -> object:
        word = str(value).lower() if isinstance(value, str) else ""
        if word in nearest:
            hint = nearest[word]
            known = hint in LINKS or hint in _KNOWN_LINKS
            raise objection(f"no {kind} {quoted(value)}", f"the nearest is {hint}" if known else hint)
        return value

    return BeforeValidator(validator)


def _read_points(value: object) -> object:
    """Return ``auto`` or the whole number that is written; raise an objection to one out of range."""
    written = nothing_is_none(value)
    if written is None or str(written) == "auto":
        return written
    points = read_whole(written)
    if isinstance(points, int) and not 1 <= points <= MOST_POINTS:
        raise objection(f"{points} is not between 1 and {MOST_POINTS}", "or write auto")
    return points


Family = Annotated[
    Literal["gaussian", "binomial", "poisson", "negative_binomial", "gamma"] | None,
    _offered(NEAREST_FAMILY, "family"),
    NothingIsNone,
]
Link = Annotated[
    Literal["identity", "logit", "probit", "cloglog", "log"] | None,
    _offered(NEAREST_LINK, "link"),
    NothingIsNone,
]
Distribution = Annotated[
    Literal["theoretical", "observation", "lognormal", "delta", "trigamma"] | None,
    NothingIsNone,
]
Points = Annotated[
    int | Literal["auto"] | None,
    BeforeValidator(_read_points),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_POINTS},
                {"enum": ["auto"]},
                {"type": "null"},
            ]
        }
    ),
]


def response_faults(spec: object) -> Iterator[SpecFault]:
    """Yield the faults across the keys of rungs and of ``estimation``, from their values as written."""
    estimation, ladder = _item(spec, "estimation"), _item(spec, "ladder")
    rungs: Sequence[object] = ladder if isinstance(ladder, list | tuple) else ({},)
    default = _written(estimation)
    own = [_written(rung) for rung in rungs]
    families = [keys.get("family") or default.get("family") or "gaussian" for keys in own]
    for position, (keys, family) in enumerate(zip(own, families, strict=True)):
        for key, word in keys.items():
            yield from _objections(("ladder", position, key), family, key, word)
    for key, word in default.items():
        used_by = dict.fromkeys(f for keys, f in zip(own, families, strict=True) if key not in keys)
        if key == "link" and "family" in default:
            used_by = {default["family"]: None}
        found = [[*_objections(("estimation", key), family, key, word)] for family in used_by]
        if found and all(found):
            yield from found[0]
    yield from _variance_faults(estimation, families)
    if families and "gaussian" not in families:
        yield from _linear_words(estimation)


def _objections(at: Path, family: str, key: str, word: str) -> Iterator[SpecFault]:
    """Yield the fault of a key that the family does not have."""
    links = LINKS.get(family)
    if links is None or key == "family":
        return
    if family == "gaussian":
        if key != "link" or word not in links:
            yield SpecFault(at, f"a linear mixed model has no {_WORDS[key]}", _HINTS[key])
    elif key == "link" and word not in links and word in _KNOWN_LINKS:
        yield SpecFault(at, f"{family} has no link {word}", f"it has {', '.join(links)}")
    elif key == "trials" and not Response(family).takes_trials:
        yield SpecFault(at, f"an outcome of the family {family} has no trials", _HINTS["trials"])


_WORDS = {"link": "such link", "trials": "trials", "exposure": "exposure", "agq": "quadrature"}
_HINTS = {
    "link": "give the family, too, such as family: binomial",
    "trials": "for events among trials write family: binomial",
    "exposure": "for rates write family: poisson; or add offset(log(column)) to the formula",
    "agq": "its likelihood has a closed form; give the family, or remove agq",
}


def _linear_words(estimation: object) -> Iterator[SpecFault]:
    """Yield a fault for each word that is written although no rung is a linear model."""
    instead = {
        "method": "ML, the default for these models",
        "df": "z, the default, or between-within or residual",
    }
    for key, words in LINEAR_ONLY.items():
        word = _item(estimation, key)
        if isinstance(word, str) and word in words:
            what = f"{word} exists for linear mixed models only, and no rung is one"
            yield SpecFault(("estimation", key), what, f"remove it, or write {instead[key]}")


def _variance_faults(estimation: object, families: Sequence[str]) -> Iterator[SpecFault]:
    """Yield a fault for a distribution variance that no rung's family has."""
    word = nothing_is_none(_item(estimation, "distribution_variance"))
    known = [word in VARIANCE_METHODS.get(family, (word,)) for family in families]
    if not isinstance(word, str) or not known or any(known):
        return
    at = ("estimation", "distribution_variance")
    family = next((each for each in families if each != "gaussian"), None)
    if family is None:
        yield SpecFault(
            at, "linear mixed models have a residual variance instead", "remove it, or give family"
        )
    elif any(word in words for words in VARIANCE_METHODS.values()):
        methods = ", ".join(VARIANCE_METHODS[family])
        yield SpecFault(at, f"{family} has no distribution variance {word}", f"it has {methods}")


def _written(block: object) -> dict[str, str]:
    """Return the keys of a block that say something on the response."""
    found = {key: nothing_is_none(_item(block, key)) for key in RESPONSE_KEYS}
    return {key: str(value) for key, value in found.items() if isinstance(value, str | int | Written)}


def _item(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else getattr(value, key, None)
