"""Checks of the models: their assumptions, and the distributions of the outcomes of generalized rungs."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.diagnostics import (
    AssumptionsRecord,
    DiagnosticCheck,
    DiagnosticsRecord,
    Flag,
    with_labels,
)
from mlm_steps.report.drawing import Drawing, drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.checks import CHECK_NAMES, name_label
from mlm_steps.report.tables.distribution_checks import distribution_table
from mlm_steps.report.text.grid import Align, Grid, columns, row
from mlm_steps.report.text.text import Phrase, Word, capital, join, say

__all__ = ["context"]

FLAG_WORDS: dict[Flag, str] = {"ok": "as expected", "look": "look", "concern": "concern"}
FIGURES = ("quantile_residuals", "binned_residuals")
NOTE = say(
    "Look: a small departure beyond chance. Concern: one that is also large. A check is marked by its "
    "strongest result; ten checks of a model that holds show none in nine of ten data sets. All results are "
    "in tables/diagnostics.csv."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the checks of the headline rung, a table of all models and the figures; None without checks."""
    found = given.run.result(AssumptionsRecord, "assumptions")
    models = found.models if isinstance(found, AssumptionsRecord) else ()
    distribution = _distributions(given)
    if not models and not distribution:
        return None
    headline = given.headline
    own = next((each for each in models if headline is not None and each.model == headline.model), None)
    findings = None if own is None else _findings(given, own)
    notes = (NOTE,) if findings is None else ()
    return {
        "lead": None if own is None else _lead(given, own),
        "findings": findings,
        "table": _table(given, models, notes) if len(models) > 1 or (models and own is None) else None,
        "panel": drawing(given, "assumptions"),
        "concern": own is None or any(check.flag == "concern" for check in own.checks),
        "others": _others(given, models),
        "distribution": _distribution(given, distribution),
        "figures": [each for each in (drawing(given, name) for name in FIGURES) if each is not None],
    }


def _distributions(given: ReportInput) -> list[DiagnosticsRecord]:
    fitted = {fit.model for fit in given.run.fits}
    records = given.run.results_of(DiagnosticsRecord, "diagnostics")
    return [record for record in records if record.model in fitted]


def _lead(given: ReportInput, record: DiagnosticsRecord) -> Phrase:
    """Return whether any check of the headline rung shows a large departure."""
    worst = _worst(record)
    looks = [name for name, check in worst.items() if check.flag == "look"]
    concerns = [name for name, check in worst.items() if check.flag == "concern"]
    model = given.names.model(record.model)
    if not looks and not concerns:
        fine = _listed([name for name, check in worst.items() if check.flag == "ok"])
        return say("No check of {model} departs from what the model expects: {all}.", model=model, all=fine)
    if not concerns:
        return say(
            "The checks of {model} show no large departure from what the model expects, but small ones "
            "beyond chance, which rarely change conclusions.",
            model=model,
        )
    return say(
        "{model} departs clearly from what the model expects in {names}.",
        model=model,
        names=_listed(concerns),
    )


def _listed(names: list[str]) -> Phrase:
    return join([(CHECK_NAMES[name],) for name in names], last=" and ")


def _worst(record: DiagnosticsRecord) -> dict[str, DiagnosticCheck]:
    """Return the strongest result of each check that has one, in the order of the checks."""
    found = {}
    for name in CHECK_NAMES:
        own = [check for check in record.checks if check.check == name and check.flag is not None]
        if own:
            found[name] = max(own, key=_strength)
    return found


def _strength(check: DiagnosticCheck) -> tuple[int, float]:
    return check.strength


def _findings(given: ReportInput, record: DiagnosticsRecord) -> Grid | None:
    """Return a row per check with a flag, the strongest first, and one row of those without; None if none.

    Each predictor of groups has its own row.
    """
    worst = _worst(record)
    single = [check for name, check in worst.items() if check.flagged and name != "level_2_predictors"]
    groups = [check for check in record.checks if check.check == "level_2_predictors" and check.flagged]
    flagged = sorted([*single, *groups], key=_strength, reverse=True)
    if not flagged:
        return None
    rows = [
        row(_sentence_case(CHECK_NAMES[check.check]), [_flag_word(check), (_said(given, record, check),)])
        for check in flagged
    ]
    fine = [name for name, check in worst.items() if check.flag == "ok"]
    if fine:
        rows.append(row(capital(_listed(fine)), [FLAG_WORDS["ok"], None]))
    return Grid(
        caption=("Checks of ", given.names.model(record.model)),
        columns=columns("Check", "Result", "What was found", align=("text", "text", "text")),
        rows=tuple(rows),
        notes=(NOTE,),
        wide=True,
    )


def _said(given: ReportInput, record: DiagnosticsRecord, check: DiagnosticCheck) -> Word:
    sentence = with_labels(check.sentence, lambda name: name_label(given, name, record.model))
    return given.names.notice(sentence[:1].upper() + sentence[1:])


def _table(given: ReportInput, models: tuple[DiagnosticsRecord, ...], notes: tuple[Phrase, ...]) -> Grid:
    """Return the strongest flag of each check, one column per model; the first table has the notes."""
    worst = {record.model: _worst(record) for record in models}
    align: tuple[Align, ...] = tuple("text" for _ in range(len(models) + 1))
    rows = [
        row(
            _sentence_case(CHECK_NAMES[name]),
            [_flag_word(worst[record.model].get(name)) for record in models],
        )
        for name in CHECK_NAMES
        if any(name in found for found in worst.values())
    ]
    return Grid(
        caption=("Checks of all models",),
        columns=columns("Check", *(given.names.model(record.model) for record in models), align=align),
        rows=tuple(rows),
        notes=notes,
        wide=len(models) > 4,
    )


def _flag_word(check: DiagnosticCheck | None) -> str:
    return "–" if check is None or check.flag is None else FLAG_WORDS[check.flag]


def _sentence_case(text: str) -> Phrase:
    return (text[:1].upper() + text[1:],)


def _others(given: ReportInput, models: tuple[DiagnosticsRecord, ...]) -> list[Drawing]:
    """Return the panels of the other models, which ``diagnostics: all`` draws."""
    found = (drawing(given, f"assumptions-{record.model}") for record in models)
    return [each for each in found if each is not None]


def _distribution(given: ReportInput, records: list[DiagnosticsRecord]) -> dict[str, Any] | None:
    """Return the checks of generalized rungs against the distributions of their outcomes."""
    if not records:
        return None
    headline = given.headline
    own = [record for record in records if headline is not None and record.model == headline.model]
    return {
        "model": None if headline is None or not own else given.names.model(headline.model),
        "sentences": [given.names.notice(check.text) for each in own for check in each.checks],
        "table": distribution_table(given, records),
    }
