"""The variants of an analysis: the ladder for several outcomes, subsets or data files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlm_steps.records.base import Part, Record
from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.records.fit import Coefficient
from mlm_steps.records.key_term import INTERCEPT, key_term
from mlm_steps.records.spelling import same_product

if TYPE_CHECKING:
    from mlm_steps.records.run import RunRecords

__all__ = [
    "AxisName",
    "KeyCoefficients",
    "Variant",
    "VariantRung",
    "VariantValue",
    "VariantsRecord",
    "key_coefficients",
    "records_of_variants",
    "variants_of",
]

AxisName = Literal["outcome", "subset", "file"]


class VariantValue(Part):
    """The value of a variant on one axis."""

    axis: AxisName
    name: str
    label: str
    what: str
    """As the spec writes it: the outcome, the conditions, or the file."""


class VariantRung(Part):
    """One rung of a variant."""

    model: str
    formula: str
    status: Literal["converged", "singular", "failed"]
    """``failed``: it was not fitted, or its search did not converge and its numbers are not used."""
    reason: str | None = None
    """Why it failed, in words."""
    df_method: str | None = None
    n: int | None = None
    groups: dict[str, int] = Field(default_factory=dict)
    """Levels per grouping factor."""
    coefficients: tuple[Coefficient, ...] = ()


class Variant(Part):
    """The ladder with the values of one variant."""

    name: str
    key: str
    """Hash of everything on which its numbers depend."""
    values: tuple[VariantValue, ...]
    reason: str | None = None
    """Why it has no sample, in words; None if it has one."""
    rungs: tuple[VariantRung, ...]
    comparisons: tuple[ComparisonRecord, ...] = ()

    def rung(self, model: str) -> VariantRung:
        """Return the rung of a name; KeyError if there is none."""
        for rung in self.rungs:
            if rung.model == model:
                return rung
        raise KeyError(model)


class VariantsRecord(Record):
    """Some of the variants of a run."""

    confidence: float
    coefficient: str | None
    """The term or coefficient that the spec shows for all variants."""
    rung: str | None
    """The rung whose coefficient the spec draws."""
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class KeyCoefficients:
    """The coefficients that are shown for all variants.

    Attributes
    ----------
    model : str
        The rung that is drawn.
    term : str
    columns : tuple of str
        The coefficients of the term, or the one that is named.
    """

    model: str
    term: str
    columns: tuple[str, ...]


def records_of_variants(run: RunRecords) -> tuple[VariantsRecord, ...]:
    """Return the records of all variants, in the order of the spec."""
    return run.results_of(VariantsRecord, "variants")


def variants_of(run: RunRecords) -> tuple[Variant, ...]:
    """Return all variants of a run, in the order of the spec."""
    return tuple(variant for record in records_of_variants(run) for variant in record.variants)


def key_coefficients(run: RunRecords) -> KeyCoefficients | None:
    """Return the coefficients that are shown for all variants; None if no variant has any.

    They are those that the spec names, else those of the report's first answer. If the run itself has no
    reliable rung, they are those of the last term of the last rung of the variants.
    """
    records = records_of_variants(run)
    if not records:
        return None
    asked, model = records[0].coefficient, records[0].rung
    headline = run.headline
    if model is None:
        model = headline.model if headline else records[0].variants[0].rungs[-1].model
    found = [*_base(run, model), *_varied(run, model)]
    if asked is not None:
        return next((k for k in (_named(model, each, asked) for each in found) if k is not None), None)
    if headline is not None and headline.model == model:
        key = key_term(run)
        if key is not None:
            return KeyCoefficients(model, key.term, tuple(each.column for each in key.coefficients))
    terms = [each.term for each in (found[0] if found else ()) if each.column != INTERCEPT]
    return _named(model, found[0], terms[-1]) if terms else None


def _base(run: RunRecords, model: str) -> Iterator[Sequence[Coefficient]]:
    yield from (fit.coefficients for fit in run.fits if fit.model == model)


def _varied(run: RunRecords, model: str) -> Iterator[Sequence[Coefficient]]:
    rungs = (rung for variant in variants_of(run) for rung in variant.rungs if rung.model == model)
    yield from (rung.coefficients for rung in rungs if rung.coefficients)


def _named(model: str, coefficients: Sequence[Coefficient], name: str) -> KeyCoefficients | None:
    """Return the coefficient of a name, or those of a term."""
    own = [each for each in coefficients if name == each.column or same_product(name, each.column)]
    own = own or [each for each in coefficients if same_product(name, each.term)]
    return KeyCoefficients(model, own[0].term, tuple(each.column for each in own)) if own else None
