"""Single-level models that ignore the groups, for comparison with the ladder."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import OlsCoefficient, OlsRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.notation import decimals_for_se, degrees_of_freedom, fixed, p_value, percent, share
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, say, source

__all__ = ["single_level_models"]

NOTE = say(
    "*SE*, *t*, interval and *p* assume that all rows are independent. Robust standard errors allow for "
    "dependence within groups (CR1)."
)


def single_level_models(given: ReportInput) -> list[dict[str, Any]]:
    """Return the label, the formula, the table and the fit of each single-level model."""
    return [_model(given, record) for record in given.run.prelude]


def _model(given: ReportInput, record: OlsRecord) -> dict[str, Any]:
    return {
        "label": given.names.model(record.model),
        "formula": Code(record.formula),
        "table": _table(given, record),
        "fit": _fit(record),
    }


def _table(given: ReportInput, record: OlsRecord) -> Grid:
    factors = list(dict.fromkeys(name for c in record.coefficients for name in c.se_cluster))
    robust = [("Robust ", Emphasis("SE"), ": ", *given.names.group(name)) for name in factors]
    interval = f"{percent(record.confidence, 0)} CI"
    heads: list[Phrase] = [("Term",), ("Estimate",), (Emphasis("SE"),), *robust]
    tests: list[Phrase] = [(Emphasis("t"),), (Emphasis("df"),), (interval,), (Emphasis("p"),)]
    return Grid(
        caption=("Least-squares estimates of ", given.names.model(record.model)),
        columns=columns(*heads, *tests),
        rows=tuple(_row(given, record, c, factors) for c in record.coefficients),
        notes=(NOTE,),
        wide=True,
    )


def _row(given: ReportInput, record: OlsRecord, c: OlsCoefficient, factors: list[str]) -> Row:
    facts = CoefficientFacts("ols", record.model, c)
    decimals = decimals_for_se(c.se)
    robust = [
        None
        if name not in c.se_cluster
        else Number(
            fixed(c.se_cluster[name], decimals), source("ols", record.model, c.column, "se_cluster", name)
        )
        for name in factors
    ]
    head = given.names.column(c.column, c.term)
    if c.dropped:
        return row(head, ["dropped (collinear)", *(None for _ in range(5 + len(factors)))])
    return row(head, [facts.estimate, facts.se, *robust, facts.statistic, facts.df, facts.ci, facts.p])


def _fit(record: OlsRecord) -> Phrase:
    def number(text: str, field: str) -> Number:
        return Number(text, source("ols", record.model, field))

    template = "*n* = {n}, residual *SD* = {sigma}"
    if record.r_squared is not None and record.adj_r_squared is not None:
        template += ", *R*² = {r2}, adjusted *R*² = {adjusted}"
    if record.f_statistic is not None and record.f_df_1 is not None and record.f_p is not None:
        template += ", *F*({df1}, {df2}) = {f}, *p* {p}"
    p = None if record.f_p is None else p_value(record.f_p)
    return say(
        f"{template}.",
        n=number(str(record.n), "n"),
        sigma=number(fixed(record.sigma, 3), "sigma"),
        r2=number(share(record.r_squared or 0.0), "r_squared"),
        adjusted=number(share(record.adj_r_squared or 0.0), "adj_r_squared"),
        df1=number(str(record.f_df_1), "f_df_1"),
        df2=number(degrees_of_freedom(record.f_df_2 or 0), "f_df_2"),
        f=number(fixed(record.f_statistic or 0.0, 2), "f_statistic"),
        p=None if p is None else number(p if p[0] in "<>" else f"= {p}", "f_p"),
    )
