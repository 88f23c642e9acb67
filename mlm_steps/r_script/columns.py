"""Types of columns, filters, derived columns and the common sample in R."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.data.derive.kinds import WAYS
from mlm_steps.r_script.derive import derived_line
from mlm_steps.r_script.expressions import r_condition
from mlm_steps.r_script.plan import ScriptPlan
from mlm_steps.r_script.text import DATA, column, comment, joined, number, string, vector
from mlm_steps.records.data_profile import ColumnProfile

__all__ = ["columns", "contrasts", "derived_names", "sample"]


def derived_names(plan: ScriptPlan) -> list[str]:
    """Return the derived columns that are needed, in their order."""
    return [name for name in plan.derive if name in plan.needed]


def _of_sample(plan: ScriptPlan, name: str) -> bool:
    """Return whether a column is computed on the common sample, as group means are."""
    if name not in plan.derive:
        return False
    own = WAYS[plan.derive[name].kind].from_basis
    return own or any(_of_sample(plan, part) for part in plan.parts(name))


def columns(plan: ScriptPlan) -> Iterator[str]:
    """Yield the lines that give the columns of the files their types, with their labels."""
    for name, found in plan.columns.items():
        if name in plan.needed and name not in plan.derive:
            yield from _label(plan, name)
            yield from _typed(plan, found)


def _label(plan: ScriptPlan, name: str) -> Iterator[str]:
    spec, found = plan.spec.data.columns.get(name), plan.columns[name]
    label = (spec.label if spec else None) or found.label
    unit = f" ({spec.unit})" if spec and spec.unit else ""
    if label and label != name:
        yield comment(f"{name}: {label}{unit}")


def _typed(plan: ScriptPlan, found: ColumnProfile) -> Iterator[str]:
    x = column(found.name)
    if found.kind == "group":
        yield f"{x} <- factor({x})"
    elif found.levels is not None:
        ordered = ", ordered = TRUE" if found.kind == "ordered" else ""
        yield joined(f"{x} <- factor({x}, ", [f"levels = {vector(map(string, found.levels))}{ordered}"])
    elif found.kind == "number" and plan.spec.data.thousands is not None:
        sign = {"space": " "}.get(plan.spec.data.thousands, plan.spec.data.thousands)
        decimal = f'gsub({string(plan.spec.data.decimal)}, ".", ' if plan.spec.data.decimal != "." else ""
        inner = f'gsub({string(sign)}, "", {x}, fixed = TRUE)'
        yield f"{x} <- as.numeric({decimal}{inner}{', fixed = TRUE)' if decimal else ''})"


def sample(plan: ScriptPlan) -> Iterator[str]:
    """Yield the lines of filters, derived columns and the common sample."""
    made: set[str] = set()
    for text in plan.spec.data.filter:
        names = plan.bases(each for each in plan.filtered if each in text)
        for name in derived_names(plan):
            if name in names and name not in made:
                made.add(name)
                yield from _derived(plan, name)
        yield f"{DATA} <- subset({DATA}, {r_condition(text)})"
    later = [name for name in derived_names(plan) if name not in made]
    for name in later:
        if not _of_sample(plan, name):
            yield from _derived(plan, name)
    yield from _complete(plan, made)
    for name in later:
        if _of_sample(plan, name):
            yield from _derived(plan, name)
    yield f"stopifnot(nrow({DATA}) == {len(plan.frame)}) # as many rows as in the analysis by mlm"


def _derived(plan: ScriptPlan, name: str) -> Iterator[str]:
    yield from _label(plan, name)
    yield derived_line(plan, name)


def _complete(plan: ScriptPlan, made: set[str]) -> Iterator[str]:
    """Yield the lines that keep the rows that are complete on the variables of all models."""
    names: dict[str, None] = {}
    waiting = [name for use in plan.uses for name in use.variables]
    while waiting:
        name = waiting.pop(0)
        if _of_sample(plan, name) and name not in made:
            waiting += plan.parts(name)
        else:
            names[name] = None
    yield "# all models are fitted to the rows that are complete on the variables of all of them"
    yield joined("complete <- complete.cases(", [f"{DATA}[{vector(map(string, names))}]"])
    yield f"{DATA} <- droplevels({DATA}[complete, ])"


def contrasts(plan: ScriptPlan) -> Iterator[str]:
    """Yield the lines that code the levels of factors, where R has another default."""
    for found in plan.columns.values():
        default = "poly" if found.kind == "ordered" else "treatment"
        if found.name in plan.needed and found.levels and found.contrast not in (None, default):
            yield f"contrasts({column(found.name)}) <- {_coding(found)}"


def _coding(found: ColumnProfile) -> str:
    levels, detail = found.levels or (), found.contrast_detail
    of_levels = f"levels({column(found.name)})"
    if found.contrast == "sum" and detail is not None and detail.omitted in levels[:-1]:
        rows = [level for level in levels if level != detail.omitted]
        weights = [
            -1.0 if level == detail.omitted else float(level == row) for row in rows for level in levels
        ]
        return f"matrix({vector(map(number, weights))}, nrow = {len(levels)})"
    if found.contrast == "matrix" and detail is not None:
        weights = [detail.rows[level][i] for i in range(len(detail.columns)) for level in levels]
        names = f"list({of_levels}, {vector(map(string, detail.columns))})"
        return f"matrix({vector(map(number, weights))}, nrow = {len(levels)}, dimnames = {names})"
    package = "MASS::" if found.contrast == "sdif" else ""
    return f"{package}contr.{found.contrast}({of_levels})"
