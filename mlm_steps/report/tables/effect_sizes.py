"""Standardised coefficients and standardised mean differences as tables."""

from __future__ import annotations

from mlm_steps.records import EffectsRecord, FitRecord
from mlm_steps.records.effects import StandardizedCoefficient, StandardizedDifference
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence, effect_terms
from mlm_steps.report.text.facts import reason_in_words, share_interval
from mlm_steps.report.text.grid import Align, Grid, columns, row
from mlm_steps.report.text.notation import decimals_for_size, fixed
from mlm_steps.report.text.text import Emphasis, Number, Phrase, join, say, source

__all__ = ["effect_size_grids"]

DECIMALS = 3
"""Decimals of effect sizes, which are numbers about 1."""
TEXTS = 2
"""Number of columns of the differences that hold words."""
LEVEL_NOTE = say(
    "A coefficient of level 1 is multiplied by the standard deviation of its predictor within groups and "
    "divided by the residual standard deviation of the null model; one of a higher level by the standard "
    "deviations between the units of that level."
)
TOTAL_NOTE = say(
    "Coefficients are multiplied by the standard deviation of the predictor and divided by that of the "
    "outcome, over all rows."
)
DIFFERENCE_NOTE = say(
    "*d* is the difference of the means divided by a standard deviation within the two groups: *total*, the "
    "root of all variances; *within*, that of the residual variance, both of the model with this predictor "
    "alone; *pretest*, that of the earlier measurement. The interval allows for the uncertainty of the "
    "standard deviation; *g* is corrected for small samples (Hedges 2007)."
)


def effect_size_grids(given: ReportInput, found: EffectsRecord) -> list[Grid]:
    """Return the tables of the effect sizes that the spec asks for."""
    grids = []
    coefficients = [each for each in found.standardized if each.code != "not_applicable"]
    if coefficients:
        grids.append(_coefficients(given, coefficients))
    if found.standardized_differences:
        last = found.standardized_differences[-1].model
        grids.append(_differences(given, [d for d in found.standardized_differences if d.model == last]))
    return grids


def _coefficients(given: ReportInput, found: list[StandardizedCoefficient]) -> Grid:
    models = list(dict.fromkeys(each.model for each in found))
    cells = {(each.model, each.column): each for each in found}
    names = list(dict.fromkeys(each.column for each in found))
    terms = {column: term for fit in given.run.fits for column, term in effect_terms(fit).items()}
    return Grid(
        caption=("Standardised coefficients",),
        columns=columns("", *((given.names.model(model),) for model in models)),
        rows=tuple(
            row(given.names.effect(name, terms), [_coefficient(cells.get((m, name))) for m in models])
            for name in names
        ),
        notes=(LEVEL_NOTE if found[0].version == "level" else TOTAL_NOTE,),
        wide=True,
    )


def _coefficient(each: StandardizedCoefficient | None) -> Number | str | None:
    if each is None:
        return None
    if each.estimate is None:
        return reason_in_words(each.code)
    return Number(_text(each.estimate), source("fixed", each.model, each.column, "std_estimate"))


def _differences(given: ReportInput, found: list[StandardizedDifference]) -> Grid:
    fit = given.run.fit(found[0].model)
    heads: list[str | Phrase] = [
        "", "Divided by", (Emphasis("SD"),), (Emphasis("d"),), f"{confidence(fit)} CI", (Emphasis("g"),)
    ]  # fmt: skip
    align: tuple[Align, ...] = tuple("text" if place < TEXTS else "number" for place in range(len(heads)))
    return Grid(
        caption=("Standardised mean differences of ", given.names.model(fit.model)),
        columns=columns(*heads, align=align),
        rows=tuple(row(_head(given, each), [each.by, *_numbers(each)]) for each in found),
        notes=(*_sizes(given, fit, found), DIFFERENCE_NOTE),
        wide=True,
    )


def _head(given: ReportInput, each: StandardizedDifference) -> Phrase:
    return say(
        "{factor}: {first} − {second}",
        factor=given.names.column(each.factor, each.factor),
        first=str(each.first),
        second=str(each.second),
    )


def _numbers(each: StandardizedDifference) -> list[Number | Phrase | str | None]:
    low, high = _number(each, "ci_low"), _number(each, "ci_high")
    if each.d is None or low is None or high is None:
        return [None, reason_in_words(each.code), None, None]
    return [_number(each, "sd"), _number(each, "d"), share_interval(low, high), _number(each, "g")]


def _number(each: StandardizedDifference, field: str) -> Number | None:
    value: float | None = getattr(each, field)
    if value is None:
        return None
    text = fixed(value, decimals_for_size(value)) if field == "sd" else _text(value)
    return Number(text, source("standardized_differences", each.model, each.factor, each.by, field))


def _sizes(given: ReportInput, fit: FitRecord, found: list[StandardizedDifference]) -> tuple[Phrase, ...]:
    """Return the number of rows and of groups of each value, a sentence per predictor."""
    sentences = []
    for each in {d.factor: d for d in found}.values():
        parts: list[Phrase] = []
        for place, (value, size) in enumerate(zip((each.first, each.second), each.sizes, strict=True), 1):
            keys = ("standardized_differences", fit.model, each.factor, each.by)
            units = [
                (f"{count} levels of ", *given.names.group(group)) for group, count in size.levels.items()
            ]
            rows = Number(str(size.rows), source(*keys, f"n_{place}"))
            parts.append(say("{v}: {rows} rows, {units}", v=str(value), rows=rows, units=join(units)))
        sentences.append(("Sizes: ", *join(parts, "; "), "."))
    return tuple(sentences)


def _text(value: float) -> str:
    return fixed(value, DECIMALS)
