"""The key ``expect``: what the results have to be for the run to succeed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.bounds import Bounds
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    Objection,
    OptionalText,
    Texts,
    nothing_is_empty,
    number,
    objection,
    objections,
)
from mlm_steps.spec.written import quoted

__all__ = ["KINDS", "QUANTITIES", "ExpectationSpec", "Expectations", "ExpectedDataSpec"]

DEFAULT_RTOL = 1e-4
"""Relative tolerance of a baseline; results of other machines and library versions differ by less."""
SHORTEST_HASH = 8
"""A hash may be shortened to this many digits, which still tell files apart."""

COEFFICIENT = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high", "exp_estimate")
MODEL = ("icc", "r2_marginal", "r2_conditional", "sigma", "deviance", "aic", "bic", "n")
COMPARISON = ("p", "p_naive", "p_boundary", "p_rlrt", "p_boot", "statistic", "df", "delta_aic", "delta_bic")

KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "baseline": (("baseline",), ("rtol",), ()),
    "data": (("data",), (), ()),
    "everywhere": (("all",), (), ()),
    "comparison": (("comparison",), (), COMPARISON),
    "coefficient": (("model", "term"), (), COEFFICIENT),
    "diagnostics": (("model", "diagnostics"), (), ()),
    "model": (("model",), ("group",), MODEL),
}
"""The kinds of expectations: the keys that each needs, those that it may have, and the numbers it is about.

The kind of an expectation is the first of these whose last needed key it has."""
SUBJECTS = ("model", "term", "group", "comparison", "all", "diagnostics", "data", "baseline", "rtol")
QUANTITIES = tuple(dict.fromkeys((*COEFFICIENT, *MODEL, *COMPARISON)))
"""The keys whose values are limits for a number."""
_WORDS = {
    "baseline": "a baseline",
    "data": "an expectation about data",
    "everywhere": "an expectation about all rungs",
    "comparison": "a comparison",
    "coefficient": "a coefficient",
    "diagnostics": "an expectation about diagnostics",
    "model": "a rung",
}
_EXAMPLES = {
    "comparison": "{comparison: [l1, slope], p: {max: 0.05}}",
    "coefficient": "{model: l1, term: ses, estimate: {min: 1}}",
    "model": "{model: l1, icc: {min: 0.1}}",
}
_DIGITS = re.compile("[0-9a-f]{8,64}")


def _is_a_hash(text: str | None) -> str | None:
    if text is not None and not _DIGITS.fullmatch(text.lower()):
        raise objection(
            f"{quoted(text)} is no SHA-256",
            f"the digits that sha256sum prints; the first {SHORTEST_HASH} are enough",
        )
    return None if text is None else text.lower()


Hash = Annotated[OptionalText, AfterValidator(_is_a_hash)]


class ExpectedDataSpec(SpecBlock):
    """What the data have to be."""

    no_keys: ClassVar[Mapping[str, str]] = {
        "n": "the key is sample, rows of the common sample; or rows, rows of the data",
        "sha256": "the key is hash",
    }

    rows: Bounds = None
    """Rows of the data after filters and joins, before rows with missing values are left out: ``7185``."""
    sample: Bounds = None
    """Rows of the common sample, to which all rungs are fitted."""
    groups: dict[ColumnName, Bounds] = Field(default_factory=dict)
    """Levels of grouping factors in the common sample, ``{school: 160}``."""
    hash: Hash = None
    """SHA-256 of the data file, as ``sha256sum`` prints it; the first 8 digits are enough."""
    files: dict[ColumnName, Hash] = Field(default_factory=dict)
    """SHA-256 of each of several files, by the name that the spec gives, ``{schools.csv: 3f1a09c2}``."""

    @model_validator(mode="after")
    def _expects_something(self) -> ExpectedDataSpec:
        if not any((self.rows, self.sample, self.groups, self.hash, self.files)):
            raise objection("expects nothing", "for example {rows: 7185}")
        return self


def _two_models(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is not None and len(names) != 2:
        raise objection("needs the two models that are compared", "write [smaller, larger]")
    return names


class ExpectationSpec(SpecBlock):
    """One thing that is expected of the results."""

    no_keys: ClassVar[Mapping[str, str]] = {
        "rung": "the key is model",
        "column": "the key is term; it takes a term or a coefficient",
        "compare": "the key is comparison",
        "coefficient": "the key is term; it takes a term or a coefficient",
        "converged": "write {all: converged}",
        "not_singular": "write {all: not_singular}",
    }

    name: OptionalText = None
    """Short name for messages and reports, for example ``flatter in Catholic schools``."""
    severity: Literal["error", "warn"] = "error"
    """``error``: the run ends with exit code 1 if the expectation fails; ``warn``: it is only reported."""
    model: OptionalText = None
    """A rung, ``{model: l1, icc: {min: 0.1}}``."""
    term: OptionalText = None
    """A term or a coefficient of the rung, as in the formula or in the table ``fixed``:
    ``{model: cross, term: "ses:sector", estimate: {between: [-1.0, -0.2]}}``."""
    group: OptionalText = None
    """For ``icc``, the grouping factor whose share of the variance is meant. Default: all of them."""
    comparison: Annotated[Texts | None, NothingIsNone, AfterValidator(_two_models)] = None
    """The two models of a comparison, ``{comparison: [l1, slope], p: {max: 0.05}}``."""
    all: Annotated[Literal["converged", "not_singular", "no_concern"] | None, NothingIsNone] = None
    """What holds for every rung: the search has ``converged``, the fit is ``not_singular``, no check of
    assumptions is of ``no_concern``."""
    diagnostics: Annotated[Literal["no_concern", "ok"] | None, NothingIsNone] = None
    """The checks of the rung's assumptions: ``no_concern`` allows those that deserve a look, ``ok`` does
    not."""
    data: Annotated[ExpectedDataSpec | None, NothingIsNone] = None
    """What the data have to be, ``{data: {rows: 7185, hash: 4cbd6c5f}}``."""
    baseline: OptionalText = None
    """A file that ``mlm baseline`` wrote, relative to the spec: ``{baseline: baseline.json}``. All its
    numbers have to be found again."""
    rtol: Annotated[Annotated[float, *number(1e-12, 1.0)] | None, NothingIsNone] = None
    """For ``baseline``, the tolerance: of coefficients in standard errors, of variances and other numbers
    relative. Default: 0.0001. Criteria may always differ by 0.0001, counts never."""
    estimate: Bounds = None
    """Limits for a coefficient, ``{between: [-1.0, -0.2]}``."""
    se: Bounds = None
    """Limits for its standard error, ``{max: 0.5}``."""
    df: Bounds = None
    """Limits for the degrees of freedom of its test, or of a comparison."""
    statistic: Bounds = None
    """Limits for t, z or F, or for the χ² of a comparison."""
    p: Bounds = None
    """Limits for the p value, of a comparison the reported one: ``{max: 0.05}``."""
    ci_low: Bounds = None
    """Limits for the lower limit of its interval, ``{min: 0}``."""
    ci_high: Bounds = None
    """Limits for the upper limit of its interval."""
    exp_estimate: Bounds = None
    """Limits for the exponential of a coefficient, such as an odds ratio."""
    icc: Bounds = None
    """Limits for the adjusted intraclass correlation of a rung."""
    r2_marginal: Bounds = None
    """Limits for the share of variance that the fixed effects explain."""
    r2_conditional: Bounds = None
    """Limits for the share of variance that fixed and random effects explain."""
    sigma: Bounds = None
    """Limits for the residual standard deviation."""
    deviance: Bounds = None
    """Limits for the ML deviance, -2 times the log-likelihood."""
    aic: Bounds = None
    """Limits for AIC."""
    bic: Bounds = None
    """Limits for BIC."""
    n: Bounds = None
    """Limits for the number of observations."""
    p_naive: Bounds = None
    """Limits for the p value of a comparison by the χ² distribution."""
    p_boundary: Bounds = None
    """Limits for the p value of a comparison by a mixture of χ² distributions."""
    p_rlrt: Bounds = None
    """Limits for the p value of the exact restricted likelihood ratio test."""
    p_boot: Bounds = None
    """Limits for the p value of the parametric bootstrap."""
    delta_aic: Bounds = None
    """Limits for the AIC of the larger model less that of the smaller."""
    delta_bic: Bounds = None
    """Limits for the BIC of the larger model less that of the smaller."""

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> ExpectationSpec:
        if self._kind is None:
            keys = "model, comparison, all, data, baseline"
            raise objection("does not say what it is about", f"give one of {keys}")
        wrong = [*self._wrong_subjects(), *self._wrong_quantities()]
        if wrong:
            raise objections(wrong)
        return self

    @property
    def _kind(self) -> str | None:
        given = (kind for kind, (needed, _, _) in KINDS.items() if getattr(self, needed[-1]) is not None)
        found = next(given, None)
        return "coefficient" if found is None and self.term is not None else found

    @property
    def kind(self) -> str:
        """The kind, a key of ``KINDS``."""
        assert self._kind is not None  # noqa: S101 - the validator has refused this
        return self._kind

    def _wrong_subjects(self) -> list[Objection]:
        needed, possible, _ = KINDS[self.kind]
        wrong: list[Objection] = [
            ((), f"{_WORDS[self.kind]} needs {key}", f"for example {_EXAMPLES.get(self.kind, key)}")
            for key in needed
            if getattr(self, key) is None
        ]
        wrong += [
            ((key,), f"{_WORDS[self.kind]} has no {key}", "write two expectations")
            for key in SUBJECTS
            if getattr(self, key) is not None and key not in (*needed, *possible)
        ]
        if self.group is not None and self.icc is None and self.kind == "model":
            wrong.append((("group",), "belongs to icc", "for example {model: l1, group: school, icc: 0.2}"))
        return wrong

    def _wrong_quantities(self) -> list[Objection]:
        known = KINDS[self.kind][2]
        given = [*self.quantities]
        if known and not given:
            text = f"expects nothing of {_WORDS[self.kind]}"
            return [((), text, f"for example {_EXAMPLES[self.kind]}; it has {', '.join(known)}")]
        return [
            ((key,), f"{_WORDS[self.kind]} has no {key}", _homes(key, known))
            for key in given
            if key not in known
        ]

    @property
    def quantities(self) -> Mapping[str, Any]:
        """The limits that are given, by quantity."""
        return {key: getattr(self, key) for key in QUANTITIES if getattr(self, key) is not None}


def _homes(key: str, known: tuple[str, ...]) -> str:
    if known:
        return f"it has {', '.join(known)}"
    homes = [_WORDS[kind] for kind, (_, _, quantities) in KINDS.items() if key in quantities]
    return f"it belongs to {' and '.join(homes)}"


def _each_name_once(found: tuple[ExpectationSpec, ...]) -> tuple[ExpectationSpec, ...]:
    names = [each.name for each in found]
    twice: list[Objection] = [
        ((i, "name"), f"{quoted(name)} already names an expectation", "choose another name")
        for i, name in enumerate(names)
        if name is not None and name in names[:i]
    ]
    if twice:
        raise objections(twice)
    return found


Expectations = Annotated[
    tuple[ExpectationSpec, ...], BeforeValidator(nothing_is_empty), AfterValidator(_each_name_once)
]
