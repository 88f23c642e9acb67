"""`mlm init`: a commented spec for a data file that has none."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlm_steps.data.levels import number_label
from mlm_steps.data.survey.asked import Asked
from mlm_steps.data.survey.look import OutcomeKind, Survey, survey
from mlm_steps.data.survey.predictors import Candidate
from mlm_steps.data.survey.reading import Manner
from mlm_steps.spec.paths import Refused, data_file
from mlm_steps.spec.preset import column
from mlm_steps.spec.types import slugified
from mlm_steps.steps.parts.first_ladder import FirstLadder

__all__ = ["FirstSpec", "init_spec"]

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

_TAIL = """\

# Adjacent rungs are compared; none compares nothing.
compare: ladder

estimation: {method: REML, df: satterthwaite, confidence: 0.95}

report: {formats: [html, md]}
"""

_MOST_LISTED = 40
"""Largest number of unused columns that the comments of a new spec list, so that the spec stays readable."""

_ABOUT_OUTCOME: dict[OutcomeKind, str | None] = {
    "two values": "has two values. A linear model of it is rough; the usual one is a logistic mixed model.",
    "counts": "looks like counts. A linear model of it is rough; a Poisson mixed model is the usual one.",
    "quantity": None,
}
"""What a beginner should know about an outcome of each kind; the place to propose a family of models."""


@dataclass(frozen=True, slots=True)
class FirstSpec:
    """A spec for a file, and what its author should know at once.

    Attributes
    ----------
    text : str
        The spec.
    remarks : tuple of str
        Sentences on the file and its levels; the spec has them as comments.
    """

    text: str
    remarks: tuple[str, ...]


def init_spec(data: Path, asked: Asked, manner: Manner, *, spec_path: Path) -> FirstSpec:
    """Return a spec that runs as it is.

    Parameters
    ----------
    data : Path
        The data file.
    asked : Asked
        The outcome, the grouping factors, and the predictors if they are not to be detected.
    manner : Manner
        How to read the file, as far as the user says it.
    spec_path : Path
        Path of the new spec; the path of the data is written relative to it.

    Raises
    ------
    DataError
        The file cannot be read.
    UsageError
        A column does not exist, or cannot be used as outcome, group or predictor.
    """
    found = survey(data, asked, manner)
    ladder = FirstLadder(found)
    groups = " and ".join("/".join(term) for term in found.units.terms)
    lines = [
        f"name: {quoted(slugified(data.name.partition('.')[0]) or 'analysis')}",
        f"title: {quoted(f'{found.outcome} in levels of {groups}')}",
        "",
        *_data_block(data, spec_path, ladder),
        "",
        *_models_block(ladder),
    ]
    return FirstSpec(_HEAD + "\n".join(lines) + "\n" + _TAIL, found.remarks)


def quoted(text: str) -> str:
    """Return text as a YAML scalar, in quotes if YAML could read it as a different value.

    >>> print(quoted("school"), quoted("null"), quoted("a: b"))
    school "null" "a: b"
    """
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text)
    words = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    return text if plain and text.lower() not in words else json.dumps(text, ensure_ascii=False)


def _data_block(data: Path, spec_path: Path, ladder: FirstLadder) -> Iterator[str]:
    """Yield the lines of the key ``data``."""
    found = ladder.found
    yield from _comment(_rows(found))
    for remark in found.remarks:
        yield from _comment(remark)
    yield from _about_crossed(ladder)
    yield "data:"
    file = Path(os.path.relpath(data.resolve(), spec_path.parent.resolve())).as_posix()
    yield f"  file: {quoted(file)} # relative to this file"
    try:
        data_file(file, spec_path, allow_outside=False)
    except Refused:
        yield "  # The file lies outside this folder: move it here, or run with --allow-outside."
    yield from _manner(ladder)
    yield "  # What is not named here is used as it is found. Labels and units are for the report, such as"
    yield "  # {label: Mathematics achievement, unit: points}."
    yield "  columns:"
    yield from _columns(ladder)
    if found.skipped:
        yield "  # Not used:"
        yield from (f"  #   {_safe(name)} {_safe(reason)}" for name, reason in found.skipped[:_MOST_LISTED])
    if len(found.skipped) > _MOST_LISTED:
        yield f"  #   and {len(found.skipped) - _MOST_LISTED} more"
    yield from _derive(ladder)


def _rows(found: Survey) -> str:
    """Return a sentence on the number of rows and groups, and of rows without outcome or group."""
    groups = [
        f"{len(factor.labels)} levels of {_safe(' within '.join(factor.columns))}"
        for chain in found.units.chains
        for factor in chain
    ]
    levels = f"in {' and '.join([', '.join(groups[:-1]), groups[-1]] if groups[1:] else groups)}"
    if found.rows == found.rows_file:
        return f"The data: {found.rows} rows {levels}."
    lacking = " and ".join(f"{rows} lack {_safe(name)}" for name, rows in found.without.items())
    return f"The data: {found.rows_file} rows, of which {lacking}; {found.rows} are left, {levels}."


def _about_crossed(ladder: FirstLadder) -> Iterator[str]:
    """Yield comments that offer a random intercept of crossed units."""
    terms = ladder.found.units.terms
    for name in ladder.found.units.crossed:
        options = " ".join(f"--group {'/'.join(term)}" for term in (*terms, (name,)))
        yield from _comment(
            f"{name} seems to identify units that are crossed with {terms[0][-1]}. To give them a random "
            f"intercept as well, write this spec anew with: {options}"
        )


def _manner(ladder: FirstLadder) -> Iterator[str]:
    """Yield the settings for reading the file that differ from the defaults."""
    data = ladder.found.data
    if data.sheet:
        yield f"  sheet: {quoted(data.sheet)}"
    if data.object:
        yield f"  object: {quoted(data.object)}"
    if data.skip:
        yield f"  skip: {data.skip} # title rows above the names of the columns"
    if data.encoding:
        yield f"  encoding: {data.encoding} # the file is not UTF-8; this is a guess"
    if data.delimiter:
        yield f"  delimiter: {quoted('tab' if data.delimiter == chr(9) else data.delimiter)}"
    if data.decimal != ".":
        yield f"  decimal: {quoted(data.decimal)}"
    if data.na != type(data).model_fields["na"].default:
        yield f"  na: [{', '.join(map(quoted, data.na))}] # words that stand for a missing value"
    conflicts = [c for c in ladder.upper if c.conflicts]
    if conflicts:
        names = ", ".join(_safe(c.name) for c in conflicts)
        yield f"  level_conflict: warn # {names}: constant in most groups, not in all"


def _columns(ladder: FirstLadder) -> Iterator[str]:
    found = ladder.found
    for name in dict.fromkeys(name for term in found.units.terms for name in term):
        yield f"    {quoted(name)}: {{type: group, label: {_label(found, name)}}}"
    kind = "type: number, " if found.outcome_is_coded else ""
    about = _ABOUT_OUTCOME[found.outcome_kind]
    if about:
        yield f"    # {_safe(found.outcome)} {about}"
    yield f"    {quoted(found.outcome)}: {{{kind}label: {_label(found, found.outcome)}}}"
    if found.time is not None:
        yield f"    {quoted(found.time.name)}: {{label: {_label(found, found.time.name)}, level: 1}}"
    yield from (_column(found, candidate) for candidate in (*ladder.lower, *ladder.upper))


def _column(found: Survey, candidate: Candidate) -> str:
    """Return the line of a predictor."""
    traits, remark = [], ""
    if candidate.levels is not None:
        kind = "ordered" if candidate.kind == "ordered" else "category"
        traits = [f"type: {kind}", f"levels: [{', '.join(map(quoted, candidate.levels))}]"]
        remark = "" if kind == "ordered" else " # the first level is the reference"
    traits += [f"label: {_label(found, candidate.name)}", f"level: {candidate.rank}"]
    return f"    {quoted(candidate.name)}: {{{', '.join(traits)}}}{remark}"


def _label(found: Survey, name: str) -> str:
    return quoted(found.labels.get(name, name))


def _derive(ladder: FirstLadder) -> Iterator[str]:
    time = ladder.found.time
    shifted = time is not None and ladder.time != time.name
    if not ladder.within and not shifted:
        return
    yield "  # New columns."
    yield "  derive:"
    if time is not None and shifted and ladder.time is not None:
        yield "    # Time from its start, so that the intercept is the value at the start."
        expression = f"{column(time.name)} - {number_label(time.start)}"
        yield f"    {quoted(ladder.time)}: {{expr: {json.dumps(expression, ensure_ascii=False)}}}"
    if ladder.within:
        yield "    # A predictor of level 1 differs inside groups and between them: the distance from the"
        yield "    # mean of the row's group (_w) holds the one, that mean (_m) the other."
    group = quoted(ladder.centring_group)
    for name, new in ladder.within.items():
        yield f"    {quoted(new)}: {{center: {quoted(name)}, within: {group}}}"
    if ladder.mean and ladder.mean_of:
        yield f"    {quoted(ladder.mean)}: {{mean: {quoted(ladder.mean_of)}, within: {group}}}"


def _models_block(ladder: FirstLadder) -> Iterator[str]:
    """Yield the lines of the keys ``prelude`` and ``ladder``."""
    yield "# A single-level model, shown first: what one would conclude if the groups were ignored."
    yield "prelude:"
    yield f"  - {{name: ols, formula: {json.dumps(ladder.prelude(), ensure_ascii=False)}}}"
    yield ""
    if ladder.fits_preset:
        yield from _preset(ladder)
        return
    yield "# The ladder. Each rung is a formula as in R's lme4 and adds to the rung above it."
    yield "ladder:"
    for rung in ladder.rungs():
        yield f"  # {rung.question}"
        yield f"  - {{name: {quoted(rung.name)}, formula: {json.dumps(rung.formula, ensure_ascii=False)}}}"


def _preset(ladder: FirstLadder) -> Iterator[str]:
    """Yield the ladder of growth as its preset, with the rungs that it stands for as comments."""
    found = ladder.found
    yield "# The ladder of growth. The preset writes these rungs (formulas as in R's lme4):"
    yield from (f"#   {rung.name}: {_safe(rung.formula)}" for rung in ladder.rungs())
    yield "ladder:"
    yield "  preset: growth"
    yield f"  outcome: {quoted(found.outcome)}"
    yield f"  group: {quoted(ladder.term[0])}"
    yield f"  time: {quoted(ladder.time or '')} # its slope varies between the units"
    lower = [ladder.within.get(c.name, c.name) for c in ladder.lower]
    upper = [*([ladder.mean] if ladder.mean else []), *(c.name for c in ladder.upper)]
    products = [ladder.moderated] if ladder.moderated else []
    yield from _listed("level_1", lower, "predictors that change over time")
    yield from _listed("level_2", upper, "predictors of the units")
    yield from _listed("cross_level", products, "does a trait explain why units change differently?")


def _listed(key: str, names: Sequence[str], remark: str) -> Iterator[str]:
    if names:
        yield f"  {key}: [{', '.join(map(quoted, names))}] # {remark}"


def _comment(text: str) -> list[str]:
    """Return text as lines of comment."""
    return textwrap.wrap(
        _safe(text), 110, initial_indent="# ", subsequent_indent="# ", break_long_words=False
    )


def _safe(name: str) -> str:
    """Return text in a form that is valid in a comment."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)
