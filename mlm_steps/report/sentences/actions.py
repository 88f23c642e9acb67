"""What a reader should act on before using the results, one line each with its link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mlm_steps.records import FitRecord, RungAdvice
from mlm_steps.records.checks import ChecksRecord
from mlm_steps.records.failure import Absence
from mlm_steps.records.remedies import Alternative, RemedyRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.checks import concern_sentence
from mlm_steps.report.sentences.coefficients import boundary_sentences
from mlm_steps.report.sentences.context import blend_sentences, centring_sentence
from mlm_steps.report.sentences.disputes import disputed
from mlm_steps.report.text.notation import fixed
from mlm_steps.report.text.text import Code, Link, Number, Phrase, Word, join, say, source
from mlm_steps.report.titles import section_link

__all__ = ["Action", "actions"]

WHY = {
    "no_worse": "does not clearly fit worse",
    "clearly_better": "fits clearly better",
    "no_better": "does not clearly fit better",
    "other_model": "is not singular and has the lower AIC",
}
"""Why an alternative may replace a singular rung, by its verdict; others are refuted by the data."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to act on; ``kind`` is a word for it, such as ``singular``."""

    kind: str
    text: Phrase


def actions(given: ReportInput) -> list[Action]:
    """Return everything that a reader should act on, the most serious first."""
    found = (
        _not_fitted,
        _not_as_expected,
        _replaced,
        _singular,
        _blended,
        _disputed,
        _deviating,
        _doubtful_checks,
        _flags,
        _others,
    )
    return [action for collect in found for action in collect(given)]


def _not_fitted(given: ReportInput) -> Iterator[Action]:
    for model, why in given.run.failed.items():
        name = given.names.model(model)
        text = say("{model} could not be fitted: {why}. See {link}.", model=name, why=Word(_short(why)),
                   link=section_link("notices"))  # fmt: skip
        yield Action("failed", text)
    names: list[Phrase] = [(given.names.model(fit.model),) for fit in given.run.unreliable]
    if names:
        advised = any(_advice(given, fit.model) for fit in given.run.unreliable)
        text = say(
            "The search for the optimum of {models} did not converge, and no result rests on it. See {link}.",
            models=join(names, last=" and "),
            link=section_link("remedies" if advised else "notices"),
        )
        yield Action("not converged", text)


def _not_as_expected(given: ReportInput) -> Iterator[Action]:
    """Yield the expectations that fail, each with its first failure."""
    record = given.run.result(ChecksRecord, "checks")
    for each in record.failed if isinstance(record, ChecksRecord) else ():
        first, *others = each.failures
        more = f" ({len(others)} more)" if others else ""
        text = say(
            "{title}: {message}{more}. See {link}.",
            title=Word(each.title),
            message=Word(first.message),
            more=more,
            link=section_link("expectations"),
        )
        yield Action("expectation" if each.severity == "error" else "warning", text)


def _short(why: str) -> str:
    """Return the first sentence of a reason, without its full stop."""
    return why.partition(". ")[0].rstrip(".")


def _replaced(given: ReportInput) -> Iterator[Action]:
    chosen, fit = given.run.chosen, given.headline
    if chosen is not None and fit is not None and fit.model != chosen:
        text = say(
            "The headline of the spec, {chosen}, has no reliable results; {model} is shown instead.",
            chosen=given.names.model(chosen),
            model=given.names.model(fit.model),
        )
        yield Action("headline", text)


def _singular(given: ReportInput) -> Iterator[Action]:
    """Yield the singular headline rung with its best remedy, and the other singular rungs in one line."""
    headline = given.headline
    if headline is not None and headline.reported.singular:
        yield Action("singular", _singular_headline(given, headline))
    others: list[Phrase] = [
        (given.names.model(fit.model),)
        for fit in given.run.fits
        if fit.reported.singular and fit is not headline
    ]
    if others:
        text = "{verb} singular too: {models}. See {link}." if headline and headline.reported.singular else (
            "{models} {verb} singular. See {link}."
        )  # fmt: skip
        verb = "Other rungs are" if text.startswith("{verb}") else ("is" if len(others) == 1 else "are")
        listed = join(others, last=" and ")
        yield Action("singular", say(text, verb=verb, models=listed, link=section_link("remedies")))


def _singular_headline(given: ReportInput, fit: FitRecord) -> Phrase:
    why = boundary_sentences(given, fit)[0]
    advice = _advice(given, fit.model)
    best = None if advice is None else _best(advice)
    if advice is None or best is None:
        link = section_link("groups" if advice is None else "remedies")
        return say("{why} See {link}.", why=why, link=link)
    return say(
        "{why} The best alternative, {formula}, {verdict}{criteria}; see {link}.",
        why=why,
        formula=Code(best.formula),
        verdict=WHY[best.verdict],
        criteria=_criteria(advice, best),
        link=section_link("remedies"),
    )


def _criteria(advice: RungAdvice, best: Alternative) -> Phrase:
    if best.delta_aic is None:
        return ()
    number = Number(
        fixed(best.delta_aic, 1), source("remedies", advice.model, advice.name_of(best), "delta_aic")
    )
    return (" (ΔAIC = ", number, ")")


def _advice(given: ReportInput, model: str) -> RungAdvice | None:
    found = given.run.result(RemedyRecord, "remedies")
    if found is None or isinstance(found, Absence):
        return None
    return next((rung for rung in found.rungs if rung.model == model), None)


def _best(advice: RungAdvice) -> Alternative | None:
    """Return the alternative with the smallest AIC among those that are not singular and fit no worse."""
    sound = [a for a in advice.alternatives if a.ending == "converged" and a.verdict in WHY]
    sound = [a for a in sound if a.verdict != "other_model" or (a.delta_aic or 0.0) < 0]
    return min(sound, key=lambda a: a.delta_aic if a.delta_aic is not None else 0.0, default=None)


def _blended(given: ReportInput) -> Iterator[Action]:
    centring = centring_sentence(given)
    for text in blend_sentences(given):
        yield Action("centring" if text == centring else "blended slope", text)


def _disputed(given: ReportInput) -> Iterator[Action]:
    fit = given.headline
    doubtful = [] if fit is None else disputed(fit)
    if fit is not None and doubtful:
        text = say(
            "For {n} of the coefficients of {model}, the Satterthwaite and Kenward–Roger methods disagree "
            "about the degrees of freedom or the *p* value. See {link}.",
            n=Number(str(len(doubtful)), f"counts:disputed:{fit.model}"),
            model=given.names.model(fit.model),
            link=section_link("remedies"),
        )
        yield Action("tests disagree", text)


def _deviating(given: ReportInput) -> Iterator[Action]:
    for fit in given.run.fits:
        if fit.deviation is not None:
            name, link = given.names.model(fit.model), section_link("notices")
            yield Action(
                "deviation", say("{model} was not fitted as declared. See {link}.", model=name, link=link)
            )


def _doubtful_checks(given: ReportInput) -> Iterator[Action]:
    concerns = concern_sentence(given)
    if concerns is not None:
        yield Action("checks", concerns)


def _flags(given: ReportInput) -> Iterator[Action]:
    """Yield the flags of the data in one line."""
    flags = [notice for notice in given.run.data_profile.notices if notice.severity == "warning"]
    if flags:
        words = Counter(notice.code.replace("_", " ") for notice in flags)
        listed: list[Phrase] = [(f"{name} ({n})" if n > 1 else name,) for name, n in words.items()]
        text = say("The data have flags: {kinds}. See {link}.", kinds=join(listed), link=section_link("data"))
        yield Action("data", text)


def _others(given: ReportInput) -> Iterator[Action]:
    """Yield the number of the other warnings; singular fits and deviations have lines of their own."""
    told = {"remedy_applied", "singular"}
    of_data = {*given.run.data_profile.notices}
    rest = [n for n in given.notices if n.severity == "warning" and n.code not in told and n not in of_data]
    if rest:
        verb = "further warning is" if len(rest) == 1 else "further warnings are"
        yield Action("notices", (f"{len(rest)} {verb} listed in ", Link("the notices", "notices"), "."))
