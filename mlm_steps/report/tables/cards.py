"""One card per rung: what it adds, what the comparison with an earlier rung says, and how its fit ended."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.records import ComparisonRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.comparisons import added_phrase
from mlm_steps.report.text.facts import comparison_number, comparison_p, comparison_test, p_phrase
from mlm_steps.report.text.text import Phrase, Word, say
from mlm_steps.tables.comparison import adjusted_p

__all__ = ["Card", "cards"]


@dataclass(frozen=True, slots=True)
class Card:
    """One rung.

    Attributes
    ----------
    name : Word
    added : Phrase
        What the rung adds to the one that it is compared with.
    test, criteria : Phrase
        The test of the comparison, and the differences of AIC and BIC; empty without a comparison.
    status : str
        How the fit ended: ``converged``, ``singular``, ``not converged`` or ``failed``.
    headline : bool
        Whether the report presents this rung first.
    """

    name: Word
    added: Phrase
    test: Phrase
    criteria: Phrase
    status: str
    headline: bool

    @property
    def chip(self) -> str:
        """The class of the chip with the status."""
        return self.status if self.status in ("converged", "singular") else "failed"


def cards(given: ReportInput) -> list[Card]:
    """Return the card of every rung, in the order of the ladder."""
    run = given.run
    known = {fit.model for fit in run.fits}
    unreliable = {fit.model for fit in run.unreliable}
    names = [name for name in given.formulas if name in known | unreliable | {*run.failed}]
    preludes = {record.model for record in run.prelude}
    return [_card(given, name, known, unreliable) for name in names if name not in preludes]


def _card(given: ReportInput, name: str, known: set[str], unreliable: set[str]) -> Card:
    status = "not converged" if name in unreliable else "failed"
    if name in known:
        status = "singular" if given.run.fit(name).reported.singular else "converged"
    record = _compared(given, name)
    headline = given.headline
    return Card(
        name=given.names.model(name),
        added=_added(given, name, record),
        test=() if record is None else _test(given, record),
        criteria=() if record is None else _criteria(record),
        status=status,
        headline=headline is not None and headline.model == name,
    )


def _compared(given: ReportInput, name: str) -> ComparisonRecord | None:
    """Return the comparison of a rung with the nearest smaller rung."""
    order = list(given.formulas)
    found = [record for record in given.run.comparisons if record.larger == name and record.smaller in order]
    return max(found, key=lambda record: order.index(record.smaller), default=None)


def _added(given: ReportInput, name: str, record: ComparisonRecord | None) -> Phrase:
    if record is not None and record.added and name in {fit.model for fit in given.run.fits}:
        return ("+ ", *added_phrase(given, record))
    if record is not None:
        return say("against {smaller}", smaller=given.names.model(record.smaller))
    return ("starting point",) if given.formulas and name == _first(given) else ()


def _first(given: ReportInput) -> str:
    preludes = {record.model for record in given.run.prelude}
    return next(name for name in given.formulas if name not in preludes)


def _test(given: ReportInput, record: ComparisonRecord) -> Phrase:
    test = comparison_test(record)
    if test is None:
        return ("not tested",)
    adjusted = dict(zip(given.run.comparisons, adjusted_p(given.run), strict=True)).get(record)
    p = comparison_p(record, "p", record.p, given.alpha)
    if adjusted is not None:
        p = comparison_p(record, "p_adjusted", adjusted, given.alpha)
    return test if p is None else (*test, ", ", *p_phrase(p))


def _criteria(record: ComparisonRecord) -> Phrase:
    aic = comparison_number(record, "delta_aic", record.delta_aic, 1)
    bic = comparison_number(record, "delta_bic", record.delta_bic, 1)
    return () if aic is None or bic is None else ("ΔAIC ", aic, " · ΔBIC ", bic)
