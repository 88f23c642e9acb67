"""Tests of each random effect of a rung: its removal from the model, and HLM's test of its variance."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.deletions import DeletionsRecord, Heterogeneity, RandomEffectTest, RungDeletions
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_terms
from mlm_steps.report.sentences.comparisons import mixture_words
from mlm_steps.report.text.facts import reason_in_words
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import fixed, integer, p_value
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, Word, join, say, source

__all__ = ["context"]

REMOVAL = (
    "Each row is the rung without one random effect (a slope is removed with its covariances); χ² is the "
    "increase of the {criterion}. The naive *p* is the one of {naive}. A variance of zero lies on its "
    "boundary: if the mixture of χ² distributions is known, report the mixture *p*."
)
DELETIONS_NOTE = (
    *say(REMOVAL, criterion="criterion", naive="ranova in lmerTest"),
    " The exact ",
    Emphasis("p"),
    *say(
        " is simulated and available for single variances (Crainiceanu & Ruppert 2004; with other random "
        "effects Greven et al. 2008)."
    ),
)
GENERALIZED_NOTE = say(REMOVAL, criterion="deviance", naive="one χ² distribution")
HETEROGENEITY_NOTE = say(
    "HLM’s χ² compares the least-squares coefficient of each group with its prediction from the fixed "
    "effects (Raudenbush & Bryk 2002). It uses only the groups in which this coefficient can be estimated."
)
SEVERAL_FACTORS = "several_factors"
NO_HETEROGENEITY = say(
    "HLM’s χ² tests of the variances require a single grouping factor. With more than one, the "
    "least-squares coefficient of a group also contains the effects of the other factors."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return both tables; None if no rung has a test."""
    found = given.run.result(DeletionsRecord, "deletions")
    if isinstance(found, Absence):
        problem = say("The tests could not be computed: {why}", why=Word(found.reason))
        return {"problem": problem, "tables": [], "remark": None}
    fitted = {fit.model for fit in given.run.fits}
    rungs = [] if found is None else [rung for rung in found.rungs if rung.model in fitted]
    if not rungs:
        return None
    tested = [rung for rung in rungs if rung.deletions]
    single = [rung for rung in rungs if rung.heterogeneity and not _several(rung)]
    several = [rung for rung in rungs if rung.heterogeneity and _several(rung)]
    return {
        "problem": None,
        "tables": [
            *([_deletions(given, tested)] if tested else []),
            *([_heterogeneity(given, single)] if single else []),
        ],
        "remark": NO_HETEROGENEITY if several else None,
    }


def _several(rung: RungDeletions) -> bool:
    return all(test.code == SEVERAL_FACTORS for test in rung.heterogeneity)


def _deletions(given: ReportInput, rungs: list[RungDeletions]) -> Grid:
    rows: list[Row] = []
    exact = any(given.run.fit(rung.model).linear for rung in rungs)
    for rung in rungs:
        rows.append(heading((*_name(given, rung), f" ({rung.method})")))
        rows += [_deletion(given, rung, test, exact=exact) for test in rung.deletions]
    heads: list[str | Phrase] = [
        "Removed", "χ²", (Emphasis("df"),), ("Naive ", Emphasis("p")), ("Mixture ", Emphasis("p")),
        *((("Exact ", Emphasis("p")),) if exact else ()), "AIC", "Null distribution",
    ]  # fmt: skip
    align: tuple[Align, ...] = ("text", *_numbers(len(heads) - 2), "text")
    return Grid(
        caption=("Tests of single random effects by removal",),
        columns=columns(*heads, align=align),
        rows=tuple(rows),
        notes=(DELETIONS_NOTE if exact else GENERALIZED_NOTE,),
        wide=True,
    )  # fmt: skip


def _numbers(count: int) -> list[Align]:
    """Return the alignment of columns of numbers."""
    return ["number"] * count


def _name(given: ReportInput, rung: RungDeletions) -> Phrase:
    """Return the name of a rung."""
    return (given.names.model(rung.model),)


def _deletion(given: ReportInput, rung: RungDeletions, test: RandomEffectTest, *, exact: bool) -> Row:
    """Return the row of one test; ``exact`` if the table has a column for simulated p values."""

    def number(field: str, text: str | None) -> Number | None:
        return None if text is None else Number(text, source("ranova", rung.model, test.term, field))

    def p(field: str, value: float | None) -> Number | None:
        return None if value is None else number(field, p_value(value, given.alpha))

    head = _left_out(given, rung, test)
    if test.statistic is None:
        reason = test.reason or "not tested"
        return row(head, [*(None,) * (6 if exact else 5), (Word(reason),)])
    return row(
        head,
        [
            number("statistic", fixed(test.statistic, 2)),
            number("df", integer(test.df)),
            p("p_naive", test.p_naive),
            p("p_boundary", test.p_boundary),
            *([p("p_rlrt", test.p_rlrt)] if exact else []),
            None if test.aic is None else number("AIC", fixed(test.aic, 2)),
            mixture_words(test.mixture) or reason_in_words(test.p_boundary_code),
        ],
    )


def _left_out(given: ReportInput, rung: RungDeletions, test: RandomEffectTest) -> Phrase:
    """Return the label of the random effect that is removed."""
    if not test.effects:
        return (Code(test.term),)
    terms = effect_terms(given.run.fit(rung.model))
    effects = [given.names.effect(name, terms) for name in test.effects]
    return (*join(effects, last=" and "), ", ", *given.names.group(test.group))


def _heterogeneity(given: ReportInput, rungs: list[RungDeletions]) -> Grid:
    rows: list[Row] = []
    for rung in rungs:
        rows.append(heading(_name(given, rung)))
        rows += [_variance(given, rung, test) for test in rung.heterogeneity]
    return Grid(
        caption=("HLM’s χ² tests of the variances of random effects",),
        columns=columns("Coefficient", "Groups", "χ²", (Emphasis("df"),), (Emphasis("p"),)),
        rows=tuple(rows),
        notes=(HETEROGENEITY_NOTE,),
    )


def _variance(given: ReportInput, rung: RungDeletions, test: Heterogeneity) -> Row:
    def number(field: str, text: str) -> Number:
        return Number(text, source("heterogeneity", rung.model, test.group, test.effect, field))

    terms = effect_terms(given.run.fit(rung.model))
    head = (*given.names.effect(test.effect, terms), ", ", *given.names.group(test.group))
    if test.statistic is None or test.df is None or test.p is None or test.n_groups is None:
        return row(head, [None, reason_in_words(test.code), None, None])
    return row(
        head,
        [
            number("n_groups", integer(test.n_groups)),
            number("statistic", fixed(test.statistic, 2)),
            number("df", integer(test.df)),
            number("p", p_value(test.p, given.alpha)),
        ],
    )
