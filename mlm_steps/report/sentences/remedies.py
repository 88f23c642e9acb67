"""Alternatives to a rung as tables and sentences."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.records import RungAdvice
from mlm_steps.records.remedies import Alternative, CoefficientChange
from mlm_steps.records.spelling import quote_name
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import p_phrase
from mlm_steps.report.text.grid import Align, Column, Grid, Row, columns, row
from mlm_steps.report.text.notation import decimals_for_se, fixed, p_value
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, join, say, source

__all__ = ["alternative_grid", "change_grid", "verdict_sentence"]

ENDINGS = {
    "converged": "not singular",
    "singular": "singular",
    "failed": "not converged",
    "not_estimable": "cannot be estimated",
}
VERDICTS = {
    "no_worse": " and does not clearly fit worse",
    "clearly_worse": " and fits clearly worse",
    "clearly_better": " and fits clearly better",
    "no_better": " and does not clearly fit better",
    "more_exact": "; the two criteria are not compared, since this one is computed more exactly",
    "other_rows": "; it is fitted to fewer rows, so that the two are not compared",
    "other_model": "; the models are not nested and are compared by AIC, not by a test",
    "still_singular": "is also singular",
    "converges": "",
    "not_converged": "did not converge",
    "not_estimable": "cannot be estimated",
}
ALIGN: tuple[Align, ...] = ("text", "text", "number", "number", "number", "number", "number")
ALTERNATIVES_NOTE = say(
    "Likelihood-ratio tests against the rung. If only random effects differ, both fits use the method of the "
    "rung’s estimates. *p* allows for the boundary if the null distribution is known. ΔAIC and ΔBIC are the "
    "alternative minus the rung; negative values favour the alternative. The largest change of a coefficient "
    "is given in standard errors of the rung."
)
CHANGES_NOTE = say(
    "Estimate, standard error in parentheses, change in standard errors of the rung. These standard errors "
    "are not adjusted for a small number of groups."
)


def _number(rung: RungAdvice, other: Alternative, field: str, text: str | None) -> Number | None:
    return None if text is None else Number(text, source("remedies", rung.model, rung.name_of(other), field))


def _signed(value: float | None, decimals: int) -> str | None:
    return None if value is None else fixed(value, decimals)


def _p(given: ReportInput, rung: RungAdvice, other: Alternative) -> Number | None:
    field = "p_naive" if other.p_boundary is None else "p_boundary"
    return _number(rung, other, field, None if other.p is None else p_value(other.p, given.alpha))


def _of_boundary(other: Alternative) -> Phrase:
    """Return a remark if the p value is from the mixture of χ² distributions at the boundary."""
    if other.p_boundary is not None and other.p_boundary != other.p_naive:
        return (" at the boundary",)
    return ()


def _test(rung: RungAdvice, other: Alternative) -> Phrase | None:
    statistic = _number(rung, other, "statistic", _signed(other.statistic, 2))
    df = _number(rung, other, "df", None if other.df is None else str(other.df))
    return None if statistic is None or df is None else (statistic, " (", df, ")")


def alternative_grid(given: ReportInput, rung: RungAdvice, words: list[str]) -> Grid:
    """Return the alternatives, one per row."""
    rows = [
        _alternative_row(given, rung, other, word)
        for other, word in zip(rung.alternatives, words, strict=True)
    ]
    formulas = join(
        [(Code(word), ": ", Code(a.formula)) for a, word in zip(rung.alternatives, words, strict=True)], "; "
    )
    return Grid(
        caption=("Alternatives to ", given.names.model(rung.model)),
        columns=columns(
            "Alternative", "Fit", "χ² (df)", (Emphasis("p"),), "ΔAIC", "ΔBIC", "Largest change", align=ALIGN
        ),
        rows=tuple(rows),
        notes=(ALTERNATIVES_NOTE, ("Formulas: ", *formulas, ".")),
        wide=True,
    )


def _alternative_row(given: ReportInput, rung: RungAdvice, other: Alternative, word: str) -> Row:
    applied = ", fitted instead of the rung" if other.applied else ""
    return row(
        (Code(word), applied),
        [
            ENDINGS[other.ending],
            _test(rung, other),
            _p(given, rung, other),
            _number(rung, other, "delta_aic", _signed(other.delta_aic, 1)),
            _number(rung, other, "delta_bic", _signed(other.delta_bic, 1)),
            _number(rung, other, "max_dbeta_se", _signed(other.max_dbeta_se, 2)),
        ],
    )


def verdict_sentence(given: ReportInput, rung: RungAdvice, other: Alternative, word: str) -> Phrase:
    """Return a sentence on whether an alternative removes the problem and how well it fits."""
    test = _test(rung, other)
    tested = (
        ()
        if test is None
        else (
            "χ² = ",
            test[0],
            " on ",
            test[2],
            " df, ",
            *p_phrase(_p(given, rung, other)),
            *_of_boundary(other),
        )
    )
    aic = _number(rung, other, "delta_aic", _signed(other.delta_aic, 1))
    numbers = [part for part in (tested, () if aic is None else ("ΔAIC = ", aic)) if part]
    verdict = VERDICTS[other.verdict]
    if other.ending == "converged":
        verdict = ("removes the singularity" if rung.status == "singular" else "converges") + verdict
    reasons = given.names.notice("; ".join(other.reasons)) if other.reasons else None
    return say(
        "{word} ({what}) {verdict}{numbers}{why}.",
        word=Code(word),
        what=given.names.notice(_with_units(given, other.what)),
        verdict=verdict,
        numbers=(" (", *join(numbers), ")") if numbers else None,
        why=None if reasons is None else (": ", reasons),
    )


def _with_units(given: ReportInput, text: str) -> str:
    """Return a text with the nouns of the units instead of ``levels of`` a grouping factor."""
    for factor in sorted((f.name for f in given.run.data_profile.factors), key=len, reverse=True):
        text = text.replace(f"levels of {factor}", given.names.plain(given.prose.units(factor)))
    return text


def change_grid(given: ReportInput, rung: RungAdvice, words: list[str]) -> Grid | None:
    """Return the coefficients of the rung beside those of the alternatives that could be fitted."""
    shown = [(a, w) for a, w in zip(rung.alternatives, words, strict=True) if a.changes]
    if not shown:
        return None
    heads = [Column(("",), "text"), Column(("As declared",))]
    heads += [Column((Code(word),), hover=other.what) for other, word in shown]
    own = [c.column for c in shown[0][0].changes if c.column is not None]
    new = dict.fromkeys(c.column_there for a, _ in shown for c in a.changes if c.column is None)
    rows = [line for column in own for line in _coefficient_rows(given, rung, shown, column, None)]
    rows += [line for column in new for line in _coefficient_rows(given, rung, shown, None, column)]
    return Grid(
        caption=("Fixed effects of ", given.names.model(rung.model), " and of its alternatives"),
        columns=tuple(heads),
        rows=tuple(rows),
        notes=(CHANGES_NOTE,),
        wide=True,
    )


def _coefficient_rows(
    given: ReportInput,
    rung: RungAdvice,
    shown: list[tuple[Alternative, str]],
    column: str | None,
    there: str | None,
) -> list[Row]:
    """Return estimate, standard error and change of one coefficient in the rung and its alternatives."""
    found = [_Cells(rung, other, _find(other, column, there)) for other, _ in shown]
    own = found[0] if column is not None else _Cells(rung, shown[0][0], None)
    name = column or there or ""
    fits = sorted(
        given.run.fits, key=lambda fit: fit.model == rung.model
    )  # the terms of the rung come last and take precedence
    terms = {c.column: c.term for fit in fits for c in fit.coefficients}
    head = _derived(given, shown, name) or given.names.column(name, terms.get(name, name))
    estimates = [
        own.number("estimate", "se"),
        *(cells.number("estimate_there", "se_there") for cells in found),
    ]
    errors = [own.number("se", "se"), *(cells.number("se_there", "se_there") for cells in found)]
    lines = [
        row(head, estimates, "first"),
        row((Emphasis("SE"),), [None if n is None else ("(", n, ")") for n in errors], "detail"),
    ]
    if column is None:
        return lines
    return [*lines, row("Change", [None, *(cells.number("change_se") for cells in found)], "detail")]


def _derived(given: ReportInput, shown: list[tuple[Alternative, str]], name: str) -> Phrase | None:
    """Return the label of a column that an alternative derived; None for other columns."""
    made = next((c for other, _ in shown for c in other.derived if quote_name(c.name) == name), None)
    if made is None:
        return None
    source = given.names.variable(made.source)
    group = given.names.group(":".join(made.within)) if made.within else ()
    if made.kind == "mean":
        return (*source, ", mean of ", *group) if group else (*source, ", mean")
    return (*source, " within ", *group) if group else (*source, ", centred")


@dataclass(frozen=True, slots=True)
class _Cells:
    """The numbers of one coefficient in one alternative; None if the alternative does not have it."""

    rung: RungAdvice
    other: Alternative
    change: CoefficientChange | None

    def number(self, field: str, scale: str | None = None) -> Number | None:
        """Return a number with the decimals of the standard error ``scale``, or with two."""
        value = None if self.change is None else getattr(self.change, field)
        if self.change is None or value is None:
            return None
        decimals = 2 if scale is None else decimals_for_se(getattr(self.change, scale))
        keys = (
            self.rung.model,
            self.rung.name_of(self.other),
            self.change.column or self.change.column_there,
            field,
        )
        return Number(fixed(value, decimals), source("remedies_fixed", *keys))


def _find(other: Alternative, column: str | None, there: str | None) -> CoefficientChange | None:
    wanted = (c for c in other.changes if (c.column == column if column else c.column_there == there))
    return next(wanted, None)
