"""Whether the conclusions about the final rung depend on its specification, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlm_steps.records.sensitivity import Quantity, SensitivityRecord, Variation, VariedCoefficient
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import p_phrase
from mlm_steps.report.text.notation import decimals_for_se, fixed, p_value
from mlm_steps.report.text.text import Number, Phrase, Word, join, say, source

__all__ = [
    "QUANTITY_WORDS",
    "Varied",
    "change_sentences",
    "lead_sentence",
    "number_of",
    "records_of",
    "remark_sentences",
    "variant_words",
]

QUANTITY_WORDS: dict[Quantity, str] = {
    "within": "the slope within groups",
    "blend": "a weighted mean of the slopes within and between groups",
    "between": "the slope between groups",
    "contextual": "the contextual effect: the slope between groups minus the slope within groups",
    "elsewhere": "the effect at another value of the predictor that it interacts with",
    "unadjusted": "not adjusted for the group means of the centred predictors",
    "adjusted": "adjusted for the group means of the centred predictors",
}
"""What a coefficient estimates if that is not what the coefficient of the rung estimates."""
ENDING_WORDS = {
    "failed": "the search did not converge",
    "not_estimable": "it cannot be estimated",
    "not_applicable": "it does not apply",
}
MOST_LISTED = 4
"""Largest number of variants that a sentence lists for one coefficient; the table holds all."""


class Varied(NamedTuple):
    """One coefficient under one variant, with the record that holds it."""

    record: SensitivityRecord
    variation: Variation
    coefficient: VariedCoefficient


def records_of(given: ReportInput) -> tuple[SensitivityRecord, ...]:
    """Return the records of all kinds of variants whose rung has results."""
    fitted = {fit.model for fit in given.run.fits}
    found = given.run.results_of(SensitivityRecord, "sensitivity")
    return tuple(record for record in found if record.model in fitted)


def lead_sentence(given: ReportInput, records: Sequence[SensitivityRecord]) -> Phrase:
    """Return what was varied, and when a conclusion counts as changed."""
    done = [v for record in records for v in record.variations if v.ending in ("converged", "singular")]
    return say(
        "{model} was estimated and tested again under {n}. A conclusion changes if a coefficient is "
        "significant (*p* < {alpha}) in only one of the two, or in both with opposite signs.",
        model=given.names.model(records[0].model),
        n=_counted(len(done)),
        alpha=f"{records[0].alpha:g}".removeprefix("0"),
    )


def _counted(count: int) -> str:
    return f"{count} variant{'' if count == 1 else 's'}"


def change_sentences(given: ReportInput, records: Sequence[SensitivityRecord]) -> list[Phrase]:
    """Return one sentence per coefficient whose conclusion changes, and one on all others."""
    stable: list[Phrase] = []
    changing: list[Phrase] = []
    moving: list[Phrase] = []
    for own in records[0].own:
        tested = [each for each in _of_column(records, own.column) if each.coefficient.changed is not None]
        changed = [each for each in tested if each.coefficient.changed]
        if changed:
            changing.append(_changed_sentence(given, records[0], own, changed, len(tested)))
        elif tested:
            stable.append(given.prose.column(own.column, own.term))
        moved = [each for each in tested if not each.coefficient.changed and _moves(own, each.coefficient)]
        if moved:
            moving.append(_moved_sentence(given, own, moved))
    if stable:
        noun = "conclusion" if len(stable) == 1 else "conclusions"
        changing.append(
            say(
                f"The {noun} about {{names}} {'is' if len(stable) == 1 else 'are'} the same under all "
                "variants.",
                names=join(stable, last=" and "),
            )
        )
    return [*changing, *moving]


def _moves(own: VariedCoefficient, other: VariedCoefficient) -> bool:
    """Return whether an estimate differs by more than one standard error of the rung."""
    if own.estimate is None or own.se is None or other.estimate is None:
        return False
    return abs(other.estimate - own.estimate) > own.se


def _moved_sentence(given: ReportInput, own: VariedCoefficient, moved: Sequence[Varied]) -> Phrase:
    """Return where an estimate differs by more than one standard error without another conclusion."""
    listed = [_one_change(given, each) for each in moved[:MOST_LISTED]]
    rest = len(moved) - len(listed)
    return say(
        "The estimate of {name} ({estimate} in the rung) differs by more than one standard error {listed}"
        "{rest}, with the same conclusion.",
        name=given.prose.column(own.column, own.term),
        estimate=number_of(moved[0].record, None, own, "estimate"),
        listed=join(listed, "; ", last="; and "),
        rest=f"; {rest} more are in the table" if rest else None,
    )


def _of_column(records: Sequence[SensitivityRecord], column: str) -> list[Varied]:
    return [
        Varied(record, variation, each)
        for record in records
        for variation in record.variations
        for each in variation.coefficients
        if each.column == column
    ]


def _changed_sentence(
    given: ReportInput,
    record: SensitivityRecord,
    own: VariedCoefficient,
    changed: Sequence[Varied],
    tested: int,
) -> Phrase:
    listed = [_one_change(given, each) for each in changed[:MOST_LISTED]]
    rest = len(changed) - len(listed)
    significant = own.p is not None and own.p < record.alpha
    return say(
        "The conclusion about {name} changes under {k} of {n} variants. In the rung it is {sign} "
        "({estimate}, {p}); it is {other} {listed}{rest}.",
        name=given.prose.column(own.column, own.term),
        k=str(len(changed)),
        n=str(tested),
        sign="significant" if significant else "not significant",
        estimate=number_of(record, None, own, "estimate"),
        p=p_phrase(number_of(record, None, own, "p")),
        other=_other(own, [each.coefficient for each in changed], significant=significant),
        listed=join(listed, "; ", last="; and "),
        rest=f"; {rest} more are in the table" if rest else None,
    )


def _other(own: VariedCoefficient, changed: Sequence[VariedCoefficient], *, significant: bool) -> str:
    if not significant:
        return "significant"
    reversed_ = [each for each in changed if (each.estimate or 0.0) * (own.estimate or 0.0) < 0.0]
    if len(reversed_) == len(changed):
        return "not significant, or has the opposite sign,"
    return "not significant" if not reversed_ else "not significant, or has the opposite sign,"


def _one_change(given: ReportInput, each: Varied) -> Phrase:
    quantity = QUANTITY_WORDS.get(each.coefficient.quantity)
    return say(
        "{what} ({estimate}, {p}{quantity})",
        what=variant_words(given, each.variation),
        estimate=number_of(each.record, each.variation, each.coefficient, "estimate"),
        p=p_phrase(number_of(each.record, each.variation, each.coefficient, "p")),
        quantity=f"; here {quantity}" if quantity else None,
    )


def variant_words(given: ReportInput, variation: Variation, *, start: bool = False) -> Phrase:
    """Return the change of a variant in words; ``start`` gives the first one a capital letter."""
    what = variation.what.replace("levels of {group}", "{group}").replace("level of {group}", "{unit}")
    group = variation.group
    return say(
        what[:1].upper() + what[1:] if start else what,
        group=None if group is None else given.prose.units(group),
        unit=None
        if group is None
        else given.prose.unit_of(group) or ("level of ", *given.prose.group(group)),
        columns=join([given.prose.variable(name) for name in variation.columns], ", "),
        level=None if variation.level is None else Word(variation.level),
    )


def number_of(
    record: SensitivityRecord, variation: Variation | None, of: VariedCoefficient, field: str
) -> Number | None:
    """Return a number of the ``sensitivity`` table; without a variation, that of the rung itself."""
    value = getattr(of, field)
    if value is None:
        return None
    text = p_value(value, record.alpha) if field == "p" else fixed(value, decimals_for_se(of.se))
    variant = "as_fitted" if variation is None else f"{record.kind}/{variation.name}"
    return Number(text, source("sensitivity", record.model, variant, of.column, field))


def remark_sentences(given: ReportInput, records: Sequence[SensitivityRecord]) -> list[Phrase]:
    """Return why variants have no numbers or doubtful ones, and why kinds have no variants."""
    remarks: dict[Phrase, list[Phrase]] = {}  # the variants of each remark
    for record in records:
        for v in record.variations:
            if v.reasons or v.ending in ENDING_WORDS:
                variants = remarks.setdefault(_remark(given, v), [])
                variants.append(variant_words(given, v, start=not variants))
    found = [
        say("{what}: {remark}.", what=join(what, "; "), remark=remark) for remark, what in remarks.items()
    ]
    return found + [
        say("{kind}: {why}.", kind=record.kind.replace("_", " "), why=Word(record.note))
        for record in records
        if record.note is not None
    ]


def _remark(given: ReportInput, variation: Variation) -> Phrase:
    ending = ENDING_WORDS.get(variation.ending)
    reasons = given.names.notice("; ".join(variation.reasons)) if variation.reasons else None
    if ending is None or reasons is None:
        return (reasons or ending or "",)
    return (ending, ": ", reasons)
