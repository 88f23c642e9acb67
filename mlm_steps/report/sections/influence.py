"""The groups that move the estimates of the final rung most, and what changes without them."""

from __future__ import annotations

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
TOLD = 6
"""Largest number of changes that are told; the others are counted."""
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
        return {"sentences": [problem], "changes": [], "table": None, "figure": None}
    fitted = [fit.model for fit in given.run.fits]
    models = [model for model in (record.models if record else ()) if model.model in fitted]
    if not models:
        return None
    found = models[-1]
    deleted = [factor for factor in found.factors if factor.code is None and factor.most]
    changes = [_change(given, found, factor, each) for factor in deleted for each in factor.changes[:TOLD]]
    return {
        "sentences": [_sentence(given, found, factor) for factor in found.factors],
        "changes": [*changes, *_without_estimates(given, found)],
        "table": _table(given, found, deleted) if deleted else None,
        "figure": drawing(given, "influence"),
    }


def _number(found: ModelInfluence, level: str, field: str, text: str, *effect: str) -> Number:
    return Number(text, source("influence", found.model, level, *effect, field))


def _sentence(given: ReportInput, found: ModelInfluence, factor: FactorInfluence) -> Phrase:
    """Return how many groups stand out, and how many conclusions depend on one of them."""
    group = given.names.group(factor.grouping_factor)
    J = integer(factor.n_levels)
    if factor.code is not None:
        why = CODES[factor.code].replace("{key}", "diagnostics: all")
        return say(f"{{group}}: the {J} groups were not left out one by one. {why}", group=group)
    if not factor.most:
        return say("{group}: the model cannot be estimated without any one of the groups.", group=group)
    way = (
        "without a new search for the variances, an approximation"
        if factor.approximate
        else "and the model was fitted again"
    )
    top = factor.levels[factor.most[0]]
    cook = factor.cook[factor.most[0]] or 0.0
    lines = say(
        f"{{group}}: each of the {J} groups was left out of the final rung, {{model}}, {way}. Its "
        f"coefficients changed most without {{group}} {{top}} (Cook’s distance {{cook}}); {_count(factor)}.",
        group=group,
        model=given.names.model(found.model),
        top=Word(top),
        cook=_number(found, top, "cook", _cook(cook), found.columns[0]),
    )
    n = len(factor.changes)
    if not n:
        return (*lines, " No coefficient changes its sign or its significance without any one group.")
    noun = "conclusion depends" if n == 1 else "conclusions depend"
    return (*lines, f" {integer(n)} {noun} on a single group:")


def _count(factor: FactorInfluence) -> str:
    line = fixed(factor.cook_line, 3)
    if factor.above == 0:
        return f"none is above the usual line of 4 / {integer(factor.n_levels)} = {line}"
    verb = "is" if factor.above == 1 else "are"
    return f"{integer(factor.above)} {verb} above the usual line of 4 / {integer(factor.n_levels)} = {line}"


def _cook(value: float) -> str:
    return fixed(value, 3 if value < 1 else 2)


def _change(given: ReportInput, found: ModelInfluence, factor: FactorInfluence, change: Change) -> Phrase:
    """Return what one coefficient would be without a group."""
    terms = effect_terms(given.run.fit(found.model))
    keys = (found, change.level)
    estimate = _number(*keys, "estimate", fixed(change.estimate, decimals_for_se(change.se)), change.column)
    end: Phrase = ()
    if change.p is not None:
        p = _number(*keys, "p", p_value(change.p, found.alpha), change.column)
        end = say(", *p* {p}" if p.text.startswith("<") else ", *p* = {p}", p=p)
    return say(
        "Without {group} {level}, the coefficient of {effect} is {estimate}{end}: its {what} changes.",
        group=given.names.group(factor.grouping_factor),
        level=Word(change.level),
        effect=given.names.effect(change.column, terms),
        estimate=estimate,
        end=end,
        what=" and its ".join(change.what),
    )


def _without_estimates(given: ReportInput, found: ModelInfluence) -> list[Phrase]:
    """Return the groups without which the model has no estimates, and the counts of what is not told."""
    lines: list[Phrase] = []
    for factor in found.factors:
        group = given.names.group(factor.grouping_factor)
        if len(factor.changes) > TOLD:
            rest = integer(len(factor.changes) - TOLD)
            lines.append(say(f"{rest} more are in the table influence ({{group}}).", group=group))
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
    for factor in factors:
        if len(factors) > 1:
            rows.append(heading(given.names.group(factor.grouping_factor)))
        rows += [_row(given, found, factor, place) for place in factor.most[:SHOWN]]
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
