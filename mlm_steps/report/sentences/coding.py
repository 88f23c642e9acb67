"""The coding of the factors of a coefficient, and the comparison that the coefficient makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mlm_steps.design.contrasts import contrast_kind
from mlm_steps.design.expressions import Call, Name
from mlm_steps.records import ColumnProfile, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.curves import expression_of
from mlm_steps.report.sentences.settings import at_level, zero_phrase
from mlm_steps.report.text.text import Phrase, join, say

__all__ = ["Coding", "FactorText", "coding_of", "held_settings", "sum_order"]

FactorText = tuple[str, str]
"""A factor of a column as written in the term, and the same text followed by its level."""
CATEGORIES = ("factor", "as.factor", "ordered", "relevel", "C")
SAME = 1e-6
"""Weights of a contrast sum to 0 if their sum is within this share of the largest: they are rounded."""


@dataclass(frozen=True, slots=True)
class Coding:
    """The coding of a variable's columns.

    Attributes
    ----------
    kind : str
        ``number``; for a category ``treatment``, ``sum``, ``sdif``, or ``balanced`` for other contrasts that
        sum to 0 over the levels (Helmert, polynomial); ``other`` for a matrix in which no level has 0 in all
        columns.
    levels : tuple of str
        The levels of a category in order; empty if they are not known. The level that sum contrasts omit is
        the last. Of a matrix, the level with 0 in all columns is the first.
    """

    kind: Literal["number", "treatment", "sum", "sdif", "balanced", "other"]
    levels: tuple[str, ...] = ()


def coding_of(given: ReportInput, fit: FitRecord, factor: FactorText) -> Coding:
    """Return how a factor of a column of a fit is coded."""
    stem, text = factor
    expr = expression_of(fit.formula, stem)
    columns = {column.name: column for column in given.run.data_profile.columns}
    if isinstance(expr, Call) and expr.function in CATEGORIES:
        inner = columns.get(expr.data.name) if isinstance(expr.data, Name) else None
        word = dict(expr.options).get("contr") if expr.function == "C" else None
        kind = contrast_kind(word) if isinstance(word, str) else "treatment"
        plain = expr.function == "C" and not {"base", "ref"} & set(dict(expr.options))
        levels = (inner.levels or ()) if inner is not None and plain else ()
        return Coding(_kind("poly" if expr.function == "ordered" else kind), levels)
    column = columns.get(expr.name) if isinstance(expr, Name) else None
    if column is not None and column.levels:
        default = "poly" if column.kind == "ordered" else "treatment"
        return _coding(column, column.contrast or default, column.levels)
    if column is not None and text != stem:
        return Coding("treatment", ("FALSE", "TRUE"))
    return Coding("number")


def _kind(contrast: str) -> Literal["treatment", "sum", "sdif", "balanced"]:
    if contrast == "treatment":
        return "treatment"
    if contrast == "sum":
        return "sum"
    return "sdif" if contrast == "sdif" else "balanced"


def _coding(column: ColumnProfile, contrast: str, levels: tuple[str, ...]) -> Coding:
    """Return the coding of a category of the data."""
    detail = column.contrast_detail
    if contrast == "sum" and detail is not None and detail.omitted in levels:
        return Coding("sum", sum_order(levels, detail.omitted))
    if contrast != "matrix" or detail is None:
        return Coding(_kind(contrast), levels)
    rows = [detail.rows[level] for level in levels if level in detail.rows]
    if all(abs(sum(weights)) <= SAME * max(map(abs, weights)) for weights in zip(*rows, strict=True)):
        return Coding("balanced", levels)
    zero = [level for level in levels if not any(detail.rows.get(level, (1.0,)))]
    return Coding("treatment", (zero[0],)) if zero else Coding("other", levels)


def sum_order(levels: tuple[str, ...], omitted: str | None) -> tuple[str, ...]:
    """Return the levels with the one that sum contrasts omit as the last."""
    last = levels[-1] if omitted is None else omitted
    return (*(level for level in levels if level != last), last)


def held_settings(given: ReportInput, fit: FitRecord, factors: Iterable[FactorText]) -> list[Phrase]:
    """Return the values of other factors at which the coefficient of a column in products holds.

    Numbers are at 0 and treatment contrasts at their reference level. With contrasts that sum to 0, the
    coefficient is an average over the levels.
    """
    settings: dict[Phrase, None] = {}
    averaged: dict[Phrase, None] = {}
    for factor in factors:
        coding, name = coding_of(given, fit, factor), factor[0].strip("`")
        label = given.prose.variable(name)
        if coding.kind == "number":
            settings[_zero(given, fit, factor)] = None
        elif coding.kind == "other":
            settings["with the contrasts of ", *label, " at 0"] = None
        elif coding.kind != "treatment":
            averaged[label] = None
        elif coding.levels:
            settings[at_level(given, name, coding.levels[0])] = None
        else:
            settings["where ", *label, " is at its reference level"] = None
    over = [say("averaged over the levels of {x}", x=join(list(averaged), last=" and "))] if averaged else []
    return [*settings, *over]


def _zero(given: ReportInput, fit: FitRecord, factor: FactorText) -> Phrase:
    """Return the place where a number is 0; for a scaled variable its mean."""
    stem = factor[0]
    expr = expression_of(fit.formula, stem)
    if isinstance(expr, Call) and expr.function == "scale" and isinstance(expr.data, Name):
        return say("at the mean of {x}", x=given.prose.variable(expr.data.name))
    if isinstance(expr, Name):
        return zero_phrase(given, expr.name)
    return say("where {x} is 0", x=given.prose.column(factor[1], stem))
