"""`mlm init`: a commented spec for a data file that has none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlm_steps.data.survey.asked import Asked
from mlm_steps.data.survey.look import survey
from mlm_steps.data.survey.reading import Manner
from mlm_steps.records.response import Response
from mlm_steps.spec.types import slugified
from mlm_steps.steps.parts.first_data import data_block
from mlm_steps.steps.parts.first_ladder import FirstLadder
from mlm_steps.steps.parts.yaml_text import comment, quoted, safe

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

_COMPARISONS = """\

# Adjacent rungs are compared; none compares nothing.
compare: ladder

"""
_REPORT = """
report: {formats: [html, md]}
"""


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
        f"title: {quoted(f'{found.outcome.name} in levels of {groups}')}",
        "",
        *data_block(data, spec_path, ladder),
        "",
        *_models_block(ladder),
    ]
    tail = f"{_COMPARISONS}{_estimation(found.outcome.response)}\n{_REPORT}"
    return FirstSpec(_HEAD + "\n".join(lines) + "\n" + tail, found.remarks)


def _estimation(response: Response) -> str:
    """Return the key ``estimation``; models with a family have neither REML nor Satterthwaite's method."""
    keys = {"method": "REML", "df": "satterthwaite"}
    if not response.linear:
        given = {"trials": response.trials, "exposure": response.exposure}
        keys = {"family": response.family}
        keys |= {key: quoted(name) for key, name in given.items() if name} | {"df": "z"}
    return f"estimation: {{{', '.join(f'{key}: {word}' for key, word in keys.items())}, confidence: 0.95}}"


def _models_block(ladder: FirstLadder) -> Iterator[str]:
    """Yield the lines of the keys ``prelude``, which holds linear models alone, and ``ladder``."""
    if ladder.found.outcome.response.linear:
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
        yield from comment(rung.question, margin="  ")
        yield f"  - {{name: {quoted(rung.name)}, formula: {json.dumps(rung.formula, ensure_ascii=False)}}}"


def _preset(ladder: FirstLadder) -> Iterator[str]:
    """Yield the ladder of growth as its preset, with the rungs that it stands for as comments."""
    found = ladder.found
    yield "# The ladder of growth. The preset writes these rungs (formulas as in R's lme4):"
    yield from (f"#   {rung.name}: {safe(rung.formula)}" for rung in ladder.rungs())
    yield "ladder:"
    yield "  preset: growth"
    yield f"  outcome: {quoted(found.outcome.name)}"
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
