"""`mlm init`: a commented spec for a data file that has none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlm_steps.data.candidates import Candidate
from mlm_steps.data.survey import Survey, survey
from mlm_steps.spec.paths import Refused, data_file
from mlm_steps.spec.preset import column
from mlm_steps.spec.types import slugified

__all__ = ["init_spec"]

_HEAD = """\
# yaml-language-server: $schema=pipeline.schema.json
#
# Written by mlm init from a first look at the data: read it, correct it, then
#
#   mlm validate        checks this file and the data, writes nothing
#   mlm run             fits the ladder and writes the report
#   mlm schema > pipeline.schema.json       lets editors complete and check the keys
version: 1
"""

_LADDER = {
    "null": "How much do the groups differ? Every group has an intercept of its own.",
    "l1": "Level 1: what explains differences inside the groups?",
    "slope": "Does it matter more in some groups than in others? Every group has a slope of its own.",
    "l2": "Level 2: what explains differences between the groups?",
    "cross": "Does a trait of the groups explain why slopes differ?",
}

_TAIL = """\

# Adjacent rungs are compared; none compares nothing.
compare: ladder

estimation: {method: REML, df: satterthwaite, confidence: 0.95}

report: {formats: [html, md]}
"""


def init_spec(
    data: Path,
    *,
    outcome: str,
    group: str,
    level_1: Sequence[str] | None = None,
    level_2: Sequence[str] | None = None,
    sheet: str | None = None,
    spec_path: Path,
) -> str:
    """Return the text of a spec that runs as it is.

    Parameters
    ----------
    data : Path
        The data file.
    outcome, group : str
        Columns of the outcome and of the grouping factor.
    level_1, level_2 : sequence of str, optional
        Predictors of each level; detected if not given.
    sheet : str, optional
        Sheet of a workbook; the first sheet if not given.
    spec_path : Path
        Path of the new spec; the path of the data is written relative to it.

    Raises
    ------
    DataError
        The file cannot be read.
    UsageError
        A column does not exist, or cannot be used as outcome, group or predictor.
    """
    found = survey(data, outcome, group, level_1, level_2, sheet)
    plan = _Plan(found, outcome, group)
    lines = [
        f"name: {quoted(slugified(data.name.partition('.')[0]) or 'analysis')}",
        f"title: {quoted(f'{outcome} in levels of {group}')}",
        "",
        *_data_block(data, spec_path, plan),
        "",
        *_models_block(plan),
    ]
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def quoted(text: str) -> str:
    """Return text as a YAML scalar, in quotes if YAML could read it as a different value.

    >>> print(quoted("school"), quoted("null"), quoted("a: b"))
    school "null" "a: b"
    """
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text)
    words = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return text if plain and text.lower() not in words else json.dumps(text, ensure_ascii=False)


class _Plan:
    """Names of the derived columns and formulas of the rungs.

    Parameters
    ----------
    found : Survey
    outcome, group : str
    """

    def __init__(self, found: Survey, outcome: str, group: str) -> None:
        self.found, self.outcome, self.group = found, outcome, group
        self.lower = [c for c in found.candidates if c.rank == 1]
        self.upper = [c for c in found.candidates if c.rank == 2]
        numbers = [c for c in self.lower if c.kind == "number"]
        self.leading = next((c for c in numbers if not c.binary), numbers[0] if numbers else None)
        self.names = {outcome, group, *(c.name for c in found.candidates), *(n for n, _ in found.skipped)}
        self.within = {c.name: self._new_name(c.name, "w") for c in self.lower if c.centred}
        roomy = found.groups >= _GROUPS_FOR_MEANS
        leading = self.leading
        self.mean = self._new_name(leading.name, "m") if leading and leading.centred and roomy else None

    def _new_name(self, name: str, suffix: str) -> str:
        """Return a name for a derived column that no column has and no formula needs to quote."""
        stem = re.sub(r"\W+", "_", name).strip("_")
        stem = stem if re.match(r"[^\W\d]", stem) else f"x{stem}"
        new = f"{stem}_{suffix}"
        while new in self.names:
            new += "_"
        self.names.add(new)
        return new

    def rungs(self) -> Iterator[tuple[str, str]]:
        """Yield name and formula of each rung that the columns allow."""
        lower = [self._term(c) for c in self.lower]
        upper = [*([self.mean] if self.mean else []), *(column(c.name) for c in self.upper)]
        yield "null", self._formula([], None)
        if lower:
            yield "l1", self._formula(lower, None)
        slope = self._term(self.leading) if self.leading and self._affords_slopes() else None
        if slope:
            yield "slope", self._formula(lower, slope)
        if upper:
            yield "l2", self._formula([*lower, *upper], slope)
        if self.leading and self.upper:
            product = f"{self._term(self.leading)}:{column(self.upper[0].name)}"
            yield "cross", self._formula([*lower, *upper, product], slope)

    def prelude(self) -> str:
        """Return the single-level model: the raw predictors of level 1."""
        return f"{column(self.outcome)} ~ {' + '.join(column(c.name) for c in self.lower) or '1'}"

    def _affords_slopes(self) -> bool:
        """Return whether there are enough groups and clearly more rows than random effects."""
        return self.found.groups >= _GROUPS_FOR_SLOPES and self.found.rows >= 3 * self.found.groups

    def _term(self, candidate: Candidate) -> str:
        return self.within.get(candidate.name) or column(candidate.name)

    def _formula(self, fixed: Sequence[str], slope: str | None) -> str:
        return (
            f"{column(self.outcome)} ~ {' + '.join(['1', *fixed])} + ({slope or '1'} | {column(self.group)})"
        )


_GROUPS_FOR_MEANS = 10
"""Smallest number of groups for group means in a new spec, since their effects are estimated from groups."""
_GROUPS_FOR_SLOPES = 6
"""Smallest number of groups for a random slope in a new spec, since it adds a variance between groups."""


def _data_block(data: Path, spec_path: Path, plan: _Plan) -> Iterator[str]:
    """Yield the lines of the key ``data``."""
    found = plan.found
    yield from _rows(found, plan.group)
    yield "data:"
    file = Path(os.path.relpath(data.resolve(), spec_path.parent.resolve())).as_posix()
    yield f"  file: {quoted(file)} # relative to this file"
    try:
        data_file(file, spec_path, allow_outside=False)
    except Refused:
        yield "  # The file lies outside this folder: move it here, or run with --allow-outside."
    yield from _manner(plan)
    yield "  # What is not named here is used as it is found. Labels and units are for the report, such as"
    yield "  # {label: Mathematics achievement, unit: points}."
    yield "  columns:"
    yield from _columns(plan)
    if found.skipped:
        yield "  # Not used:"
        yield from (f"  #   {_safe(name)} {reason}" for name, reason in found.skipped[:_MOST_LISTED])
    yield from _derive(plan)


def _rows(found: Survey, group: str) -> Iterator[str]:
    """Yield the number of rows, and the number of rows with outcome and group."""
    levels = f"in {found.groups} levels of {_safe(group)}"
    if found.rows == found.rows_file:
        yield f"# The data: {found.rows} rows {levels}."
        return
    lacking = " and ".join(f"{rows} lack {_safe(name)}" for name, rows in found.without.items())
    yield f"# The data: {found.rows_file} rows, of which {lacking}; {found.rows} are left, {levels}."


def _manner(plan: _Plan) -> Iterator[str]:
    """Yield the settings for reading the file that differ from the defaults."""
    found = plan.found
    if found.data.sheet:
        yield f"  sheet: {quoted(found.data.sheet)}"
    yield from (f"  # {_safe(text)}" for text in found.about_file)
    if found.data.encoding:
        yield f"  encoding: {found.data.encoding} # the file is not UTF-8; this is a guess"
    if found.data.decimal != ".":
        yield f"  decimal: {quoted(found.data.decimal)}"
    if found.data.na != type(found.data).model_fields["na"].default:
        yield f"  na: [{', '.join(map(quoted, found.data.na))}] # words that stand for a missing value"
    conflicts = [c for c in plan.upper if c.conflicts]
    if conflicts:
        names = ", ".join(_safe(c.name) for c in conflicts)
        yield f"  level_conflict: warn # {names}: constant in most groups, not in all"


_MOST_LISTED = 40
"""Largest number of unused columns that the comments of a new spec list, so that the spec stays readable."""


def _columns(plan: _Plan) -> Iterator[str]:
    labels = plan.found.labels
    group, outcome = (quoted(labels.get(name, name)) for name in (plan.group, plan.outcome))
    yield f"    {quoted(plan.group)}: {{type: group, label: {group}}}"
    kind = "type: number, " if plan.found.outcome_is_coded else ""
    yield f"    {quoted(plan.outcome)}: {{{kind}label: {outcome}}}"
    for candidate in (*plan.lower, *plan.upper):
        traits = []
        if candidate.levels is not None:
            kind = "ordered" if candidate.kind == "ordered" else "category"
            traits = [f"type: {kind}", f"levels: [{', '.join(map(quoted, candidate.levels))}]"]
        label = labels.get(candidate.name, candidate.name)
        traits += [f"label: {quoted(label)}", f"level: {candidate.rank}"]
        remark = " # the first level is the reference" if candidate.levels is not None else ""
        yield f"    {quoted(candidate.name)}: {{{', '.join(traits)}}}{remark}"


def _derive(plan: _Plan) -> Iterator[str]:
    if not plan.within:
        return
    yield "  # New columns. A predictor of level 1 differs inside groups and between them; the distance from"
    yield "  # the mean of the row's group (_w) holds the one, that mean (_m) the other."
    yield "  derive:"
    group = quoted(plan.group)
    for name, new in plan.within.items():
        yield f"    {quoted(new)}: {{center: {quoted(name)}, within: {group}}}"
    if plan.mean and plan.leading:
        yield f"    {quoted(plan.mean)}: {{mean: {quoted(plan.leading.name)}, within: {group}}}"


def _models_block(plan: _Plan) -> Iterator[str]:
    """Yield the lines of the keys ``prelude`` and ``ladder``."""
    yield "# A single-level model, shown first: what one would conclude if the groups were ignored."
    yield "prelude:"
    yield f"  - {{name: ols, formula: {json.dumps(plan.prelude(), ensure_ascii=False)}}}"
    yield ""
    yield "# The ladder. Each rung is a formula as in R's lme4 and adds to the rung above it."
    yield "ladder:"
    for name, formula in plan.rungs():
        yield f"  # {_LADDER[name]}"
        yield f"  - {{name: {quoted(name)}, formula: {json.dumps(formula, ensure_ascii=False)}}}"


def _safe(name: str) -> str:
    """Return a column's name in a form that is valid in a comment."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)
