"""The groups that move the estimates of a rung most, and what changes without them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlm_steps.records.failure import Absence
from mlm_steps.records.influence import Change, FactorInfluence, InfluenceRecord, ModelInfluence
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_terms
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import decimals_for_se, fixed, integer, p_value, percent
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Word, join, say, source

__all__ = ["context"]

SHOWN = 5
"""Largest number of groups of a factor in the table: those with the largest Cook's distances."""
SHOWN_EACH = 3
"""The same for each of several factors."""
TOLD = 6
"""Largest number of coefficients whose changes are told per factor; the others are counted."""
AT_ONCE = 4
"""Largest number of sentences on changes that are shown at once; further ones are folded."""
EXAMPLES = 3
"""Largest number of groups that a sentence names on whose removal the same coefficient changes."""
ALIGN: tuple[Align, ...] = ("text", "number", "number", "text")
NOTE = (
    "Cook’s distance is the change of all coefficients together in units of their covariance matrix; a "
    "DFBETAS is the change of one coefficient in standard errors without the group. The last column has the "
    "largest DFBETAS, and the variance that changes most."
)
CODES = {
    "not_requested": "This takes longer than the other checks; {key} does it.",
    "too_large": "They are too many for as many fits.",
}


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the sentences, the table and the figure of the last rung with a record; None without one."""
    record = given.run.result(InfluenceRecord, "influence")
    if isinstance(record, Absence):
        problem = say("The influence of groups could not be computed: {why}", why=Word(record.reason))
        return {"sentences": [problem], "changes": [], "more": [], "table": None, "figure": None}
    fitted = [fit.model for fit in given.run.fits]
    models = [model for model in (record.models if record else ()) if model.model in fitted]
    if not models:
        return None
    headline = given.headline
    found = next((each for each in models if headline and each.model == headline.model), models[-1])
    deleted = [factor for factor in found.factors if factor.code is None and factor.most]
    changes = [line for factor in deleted for line in _changes(given, found, factor)]
    changes += _without_estimates(given, found)
    several = len(changes) > AT_ONCE + 1
    return {
        "sentences": [_sentence(given, found, factor) for factor in found.factors],
        "changes": changes[:AT_ONCE] if several else changes,
        "more": changes[AT_ONCE:] if several else [],
        "table": _table(given, found, deleted) if deleted else None,
        "figure": drawing(given, "influence"),
    }


def _number(found: ModelInfluence, level: str, field: str, text: str, *effect: str) -> Number:
    return Number(text, source("influence", found.model, level, *effect, field))


def _sentence(given: ReportInput, found: ModelInfluence, factor: FactorInfluence) -> Phrase:
    """Return how many groups stand out, and how many conclusions depend on one of them."""
    units = given.prose.units(factor.grouping_factor)
    J = integer(factor.n_levels)
    if factor.code is not None:
        why = CODES[factor.code].replace("{key}", "diagnostics: all")
        return say(f"The {J} {{units}} were not left out one by one. {why}", units=units)
    if not factor.most:
        return say("Without any one of the {units} the model cannot be estimated.", units=units)
    way = (
        "without a new search for the variances, an approximation"
        if factor.approximate
        else "and the model was fitted again"
    )
    top = factor.levels[factor.most[0]]
    cook = factor.cook[factor.most[0]] or 0.0
    lines = say(
        f"Each of the {J} {{units}} was left out of {{model}}, {way}. The coefficients changed most without "
        f"{{group}} {{top}} (Cook’s distance {{cook}}); {_count(factor)}.",
        units=units,
        group=_unit(given, factor),
        model=given.names.model(found.model),
        top=Word(top),
        cook=_number(found, top, "cook", _cook(cook), found.columns[0]),
    )
    n = len(factor.changes)
    if not n:
        return (*lines, " No coefficient changes its sign or its significance without any one of them.")
    noun = "conclusion depends" if n == 1 else "conclusions depend"
    return (*lines, f" {integer(n)} {noun} on a single one:")


def _unit(given: ReportInput, factor: FactorInfluence) -> Phrase:
    """Return the noun for one group, such as school; else the label of the factor."""
    name = factor.grouping_factor
    return given.names.unit_of(name) or given.names.group(name)


def _count(factor: FactorInfluence) -> str:
    line = fixed(factor.cook_line, 3)
    if factor.above == 0:
        return f"none is above the usual line of 4 / {integer(factor.n_levels)} = {line}"
    verb = "is" if factor.above == 1 else "are"
    return f"{integer(factor.above)} {verb} above the usual line of 4 / {integer(factor.n_levels)} = {line}"


def _cook(value: float) -> str:
    return fixed(value, 3 if value < 1 else 2)


def _changes(given: ReportInput, found: ModelInfluence, factor: FactorInfluence) -> Iterator[Phrase]:
    """Yield the changes of each coefficient, those of several groups in one sentence with examples."""
    by_effect: dict[tuple[str, tuple[str, ...]], list[Change]] = {}
    for change in factor.changes:
        by_effect.setdefault((change.column, tuple(change.what)), []).append(change)
    terms = effect_terms(given.run.fit(found.model))
    ranked = sorted(by_effect.items(), key=lambda item: -len(item[1]))
    for (column, what), changes in ranked[:TOLD]:
        words: dict[str, Phrase | str] = {
            "effect": given.names.effect(column, terms),
            "what": " and its ".join(what),
        }
        if len(changes) == 1:
            yield say(
                "Without {group} {level}, the coefficient of {effect} is {value}: its {what} changes.",
                group=_unit(given, factor),
                level=Word(changes[0].level),
                value=_value(found, changes[0]),
                **words,
            )
            continue
        examples: list[Phrase] = [
            say("{level} ({value})", level=Word(each.level), value=_value(found, each))
            for each in changes[:EXAMPLES]
        ]
        more = len(changes) - len(examples)
        yield say(
            "The coefficient of {effect} changes its {what} without any one of {n} {units}: "
            "{examples}{more}.",
            n=integer(len(changes)),
            units=given.prose.units(factor.grouping_factor),
            examples=join(examples),
            more=f" and {integer(more)} more in the table influence" if more else None,
            **words,
        )


def _value(found: ModelInfluence, change: Change) -> Phrase:
    """Return what a coefficient would be without a group, and its p value."""
    keys = (found, change.level)
    estimate = _number(*keys, "estimate", fixed(change.estimate, decimals_for_se(change.se)), change.column)
    if change.p is None:
        return (estimate,)
    p = _number(*keys, "p", p_value(change.p, found.alpha), change.column)
    return (estimate, *say(", *p* {p}" if p.text.startswith("<") else ", *p* = {p}", p=p))


def _without_estimates(given: ReportInput, found: ModelInfluence) -> list[Phrase]:
    """Return the groups without which the model has no estimates, and how many changes are not told."""
    lines: list[Phrase] = []
    for factor in found.factors:
        group = _unit(given, factor)
        effects = len({(change.column, tuple(change.what)) for change in factor.changes})
        if effects > TOLD:
            units = given.prose.units(factor.grouping_factor)
            n = effects - TOLD
            rest = "1 more coefficient depends" if n == 1 else f"{integer(n)} more coefficients depend"
            lines.append(
                say(
                    f"{rest} on one of the {{units}}; see the table influence.",
                    units=units,
                )
            )
        by_reason: dict[str, list[str]] = {}
        for level, reason in factor.reasons.items():
            by_reason.setdefault(reason, []).append(level)
        for reason, levels in by_reason.items():
            named = join([(Word(level),) for level in levels[:TOLD]])
            more = f" and {len(levels) - TOLD} others" if len(levels) > TOLD else ""
            lines.append(
                say(
                    f"Without {{group}} {{levels}}{more}, the model cannot be estimated: {{why}}.",
                    group=group,
                    levels=named,
                    why=given.names.notice(reason),
                )
            )
    return lines


def _table(given: ReportInput, found: ModelInfluence, factors: list[FactorInfluence]) -> Grid:
    rows: list[Row] = []
    shown = SHOWN if len(factors) == 1 else SHOWN_EACH
    for factor in factors:
        if len(factors) > 1:
            rows.append(heading(given.names.group(factor.grouping_factor)))
        rows += [_row(given, found, factor, place) for place in factor.most[:shown]]
    head = given.names.group(factors[0].grouping_factor) if len(factors) == 1 else ("Group",)
    return Grid(
        caption=("Groups with the largest influence",),
        columns=columns(
            head, (Emphasis("n"),), "Cook’s distance", "Largest DFBETAS and change of a variance", align=ALIGN
        ),
        rows=tuple(rows),
        notes=(say(NOTE),),
        wide=True,
    )  # fmt: skip


def _row(given: ReportInput, found: ModelInfluence, factor: FactorInfluence, place: int) -> Row:
    terms = effect_terms(given.run.fit(found.model))
    level, dfbetas = factor.levels[place], factor.dfbetas[place]
    column = max(range(len(dfbetas)), key=lambda at: abs(dfbetas[at] or 0.0))
    name = found.columns[column]
    cook = factor.cook[place] or 0.0
    changes: Phrase = (
        *given.names.effect(name, terms),
        " ",
        _number(found, level, "dfbetas", fixed(dfbetas[column] or 0.0, 2), name),
        *_variance(given, found, factor, place),
    )
    cells: list[Phrase | Number] = [
        _number(found, level, "n", integer(factor.n[place]), name),
        _number(found, level, "cook", _cook(cook), name),
        changes,
    ]
    return row(Word(level), cells)


def _variance(given: ReportInput, found: ModelInfluence, factor: FactorInfluence, place: int) -> Phrase:
    """Return the variance that changes most without the group and its relative change, after a semicolon."""
    changes = {
        name: value
        for name, value in zip(found.components, factor.rvc[place], strict=True)
        if value is not None and not name.startswith("cov_")
    }
    if not changes:
        return ()
    name = max(changes, key=lambda each: abs(changes[each]))
    number = _number(found, factor.levels[place], "rvc", percent(changes[name]), name)
    return say("; variance of the {what} {change}", what=_component(given, found, name), change=number)


def _component(given: ReportInput, found: ModelInfluence, name: str) -> Phrase:
    """Return the label of a variance from its name, such as ``var_ses|school``."""
    if name in ("sigma2", "phi"):
        return ("residuals",) if name == "sigma2" else ("dispersion",)
    effect, _, group = name.removeprefix("var_").rpartition("|")
    terms = effect_terms(given.run.fit(found.model))
    what = (
        ("intercept",)
        if effect == "(Intercept)"
        else say("slope of {x}", x=given.names.effect(effect, terms))
    )
    return what if len(found.factors) == 1 else (*what, ", ", *given.names.group(group))
