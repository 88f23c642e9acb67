"""The key ``data`` of a first spec, with comments for a beginner."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mlm_steps.data.levels import number_label
from mlm_steps.data.survey.look import Survey
from mlm_steps.data.survey.outcome import FirstOutcome
from mlm_steps.data.survey.parts import MOST_FACTOR_LEVELS
from mlm_steps.data.survey.predictors import Candidate
from mlm_steps.spec.paths import Refused, data_file
from mlm_steps.spec.preset import column
from mlm_steps.spec.reshape import WideToLong
from mlm_steps.steps.parts.first_ladder import FirstLadder
from mlm_steps.steps.parts.yaml_text import comment, quoted, safe

__all__ = ["data_block"]

_MOST_LISTED = 40
"""Largest number of unused columns that the comments of a new spec list, so that the spec stays readable."""


def data_block(data: Path, spec_path: Path, ladder: FirstLadder) -> Iterator[str]:
    """Yield the lines of the key ``data``."""
    found = ladder.found
    yield from comment(_rows(found))
    for remark in found.remarks:
        yield from comment(remark)
    yield from _offers(ladder)
    yield "data:"
    file = Path(os.path.relpath(data.resolve(), spec_path.parent.resolve())).as_posix()
    yield f"  file: {quoted(file)} # relative to this file"
    try:
        data_file(file, spec_path, allow_outside=False)
    except Refused:
        yield "  # The file lies outside this folder: move it here, or run with --allow-outside."
    if not ladder.upper and not found.reshape:
        group = quoted(ladder.term[0])
        yield "  # Traits of the groups in a second file, with one row per group, are added by"
        yield f"  # join: [{{file: FILE, on: {safe(group)}}}]"
    yield from _manner(ladder)
    yield "  # What is not named here is used as it is found. Labels and units are for the report, such as"
    yield "  # {label: Mathematics achievement, unit: points}."
    yield "  columns:"
    yield from _columns(ladder)
    if found.skipped:
        yield "  # Not used:"
        yield from (f"  #   {safe(name)} {safe(reason)}" for name, reason in found.skipped[:_MOST_LISTED])
    if len(found.skipped) > _MOST_LISTED:
        yield f"  #   and {len(found.skipped) - _MOST_LISTED} more"
    yield from _derive(ladder)


def _rows(found: Survey) -> str:
    """Return a sentence on the number of rows and groups, and of rows without outcome or group."""
    groups = [
        f"{len(factor.labels)} levels of {safe(' within '.join(factor.columns))}"
        for chain in found.units.chains
        for factor in chain
    ]
    levels = f"in {' and '.join([', '.join(groups[:-1]), groups[-1]] if groups[1:] else groups)}"
    if found.rows == found.rows_file:
        return f"The data: {found.rows} rows {levels}."
    lacking = " and ".join(f"{rows} lack {safe(name)}" for name, rows in found.without.items())
    return f"The data: {found.rows_file} rows, of which {lacking}; {found.rows} are left, {levels}."


def _offers(ladder: FirstLadder) -> Iterator[str]:
    """Yield comments that offer a random intercept of crossed units, or of the days of a diary."""
    terms = ladder.found.units.terms
    for name in ladder.found.units.crossed:
        options = _options((*terms, (name,)))
        yield from comment(
            f"{name} seems to identify units that are crossed with {terms[0][-1]}. To give them a random "
            f"intercept as well, write this spec anew with: {options}"
        )
    for name in ladder.found.shared_times:
        options = _options(((*terms[0], name), *terms[1:]))
        yield from comment(
            f"Each {terms[0][-1]} has several rows per {name}. To give each {name} of a {terms[0][-1]} a "
            f"random intercept as well, write this spec anew with: {options}"
        )


def _options(terms: Iterable[Sequence[str]]) -> str:
    """Return the options that name some grouping factors, as a shell reads them."""
    return " ".join(f"--group {shlex.quote('/'.join(term))}" for term in terms)


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
    if data.thousands:
        remark = "between groups of three digits; check that it is no decimal mark"
        yield f"  thousands: {quoted(data.thousands)} # {remark}"
    if data.na != type(data).model_fields["na"].default:
        yield f"  na: [{', '.join(map(quoted, data.na))}] # words that stand for a missing value"
    if ladder.found.reshape is not None:
        yield from _reshape(ladder.found.reshape)
    yield from _occasions(ladder)
    conflicts = [c for c in ladder.upper if c.conflicts]
    if conflicts:
        names = ", ".join(safe(c.name) for c in conflicts)
        yield f"  level_conflict: warn # {names}: constant in most groups, not in all"


def _occasions(ladder: FirstLadder) -> Iterator[str]:
    """Yield the key that counts absent occasions, if the units are measured at the same times."""
    times, unit = ladder.found.occasions, ladder.term[-1]
    if times and unit not in ladder.found.units.reused:
        names = ", ".join(map(quoted, times))
        names = f"[{names}]" if times[1:] else names
        yield f"  occasions: {{within: {quoted(unit)}, time: {names}}} # absent ones are counted"


def _reshape(wide: WideToLong) -> Iterator[str]:
    """Yield the key that makes a wide table long."""
    yield "  reshape:"
    yield "    wide_to_long:"
    if len(wide.columns) == 1:
        ((name, pattern),) = wide.columns.items()
        yield f"      columns: {quoted(pattern)}"
        yield f"      values: {quoted(name)}"
    else:
        patterns = ", ".join(f"{quoted(name)}: {quoted(pattern)}" for name, pattern in wide.columns.items())
        yield f"      columns: {{{patterns}}}"
    yield f"      time: {quoted(wide.time_name)}"
    if wide.times:
        yield f"      times: [{', '.join(map(quoted, wide.times))}]"
    if wide.id:
        yield f"      id: {quoted(wide.id)} # identifies the rows of the wide table"


def _columns(ladder: FirstLadder) -> Iterator[str]:
    found = ladder.found
    for name in dict.fromkeys(name for term in found.units.terms for name in term):
        yield f"    {quoted(name)}: {{type: group, label: {_label(found, name)}}}"
    yield from _outcome(found)
    if found.time is not None:
        yield f"    {quoted(found.time.name)}: {{label: {_label(found, found.time.name)}, level: 1}}"
    yield from (_column(found, candidate) for candidate in (*ladder.lower, *ladder.upper))


def _outcome(found: Survey) -> Iterator[str]:
    """Yield the lines of the outcome, with what a beginner should know about its family."""
    outcome = found.outcome
    kind = "type: number, " if outcome.coded else ""
    if outcome.levels:
        kind = f"type: category, levels: [{', '.join(map(quoted, outcome.levels))}], "
    yield from comment(" ".join(_about(outcome)), margin="    ")
    for name in (outcome.name, *outcome.others):
        traits = kind if name == outcome.name else ""
        yield f"    {quoted(name)}: {{{traits}label: {_label(found, name)}}}"


def _about(outcome: FirstOutcome) -> Iterator[str]:
    """Yield sentences on the family of an outcome; none for a quantity."""
    y = outcome.name
    if outcome.kind == "category":
        other, event = outcome.levels
        yield f"{y} has two values, for which the usual model is a logistic mixed model (family: binomial)."
        yield f"The last level is the event, so the coefficients are log odds of {event} against {other}:"
        yield "exchange the levels if the other is meant."
    elif outcome.kind == "zero-one":
        yield f"{y} is 0 or 1, for which the usual model is a logistic mixed model (family: binomial). The"
        yield "coefficients are log odds of 1."
    elif outcome.failures:
        yield f"{y} and {outcome.failures} count the two outcomes of the same trials, so the models are"
        yield f"logistic mixed models of the share of {y} (family: binomial)."
    elif outcome.trials:
        what = "counts events" if outcome.kind == "events" else "is a share of events"
        yield f"{y} {what}, and {outcome.trials} holds the numbers of trials, so the models are logistic"
        yield "mixed models (family: binomial)."
    elif outcome.kind == "share":
        yield f"{y} lies between 0 and 1. If it is a share of events, a linear model is rough: with a column"
        yield "of the numbers of trials, write family: binomial and trials: COLUMN under estimation."
    elif outcome.kind == "counts":
        yield from _about_counts(outcome)


def _about_counts(outcome: FirstOutcome) -> Iterator[str]:
    yield f"{outcome.name} looks like counts, for which the usual model is a Poisson mixed model (family:"
    yield "poisson)."
    if outcome.exposure:
        yield f"The logarithm of {outcome.exposure} is an offset (exposure), so the models describe rates."
    if outcome.overdispersed:
        yield f"Its variance is {outcome.dispersion:.1f} times its mean. If differences of the groups and"
        yield "the predictors do not explain it, family: negative_binomial suits better."
    else:
        yield "If they scatter more than poisson allows, choose family: negative_binomial."


def _column(found: Survey, candidate: Candidate) -> str:
    """Return the line of a predictor."""
    traits, remark = [], ""
    if candidate.levels is not None:
        kind = "ordered" if candidate.kind == "ordered" else "category"
        traits = [f"type: {kind}", f"levels: [{', '.join(map(quoted, candidate.levels))}]"]
        remark = "" if kind == "ordered" else " # the first level is the reference"
    elif 2 < candidate.values <= MOST_FACTOR_LEVELS:
        remark = f" # {candidate.values} whole numbers: add type: category if they are codes"
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
