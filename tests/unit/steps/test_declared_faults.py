"""Hypotheses and words for units that the designs of the rungs cannot meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlm_steps.errors import MlmError
from mlm_steps.steps.validate import check

SPEC = """\
version: 1
data: {file: a.csv, columns: {f: {type: category}, g: {type: group}}}
ladder:
  - {name: a, formula: "y ~ x + (1 | g)"}
  - {name: b, formula: "y ~ x * f + (1 | h/g)"}
"""


@pytest.fixture
def checked(tmp_path: Path):
    rows = [f"{(7 * i) % 11},{i % 5},{'abc'[i % 3]},{i % 6},{i % 6 % 2}" for i in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["y,x,f,g,h", *rows]) + "\n")

    def faults(text: str) -> list[str]:
        (tmp_path / "s.yaml").write_text(SPEC + text)
        try:
            check(tmp_path / "s.yaml")
        except MlmError as error:
            return [f"{fault.where.partition(': ')[2]}: {fault.what}" for fault in error.faults]
        return []

    return faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("hypotheses: [{name: H, text: t, term: x, direction: positive}]", []),
        ("hypotheses: [{name: H, text: t, term: 'f:x'}]", []),
        ("hypotheses: [{name: H, text: t, term: fb, direction: positive}]", []),
        ("units: {g: groups, h: houses, 'h/g': groups, observations: rows}", []),
        (
            "hypotheses: [{name: H, text: t, term: z}]",
            ["hypotheses[0].term: no rung has a term or coefficient z"],
        ),
        (
            "hypotheses: [{name: H, text: t, term: f, rung: a}]",
            ["hypotheses[0].term: rung 'a' has no term or coefficient f"],
        ),
        (
            "hypotheses: [{name: H, text: t, term: f, direction: positive}]",
            ["hypotheses[0].direction: f has 2 coefficients, which have no common direction"],
        ),
        ("units: {gg: groups}", ["units.gg: no rung has a grouping factor gg"]),
        (
            "hypotheses: [{name: H, text: t, term: z, rung: c}]\nunits: {x: rows}",
            ["hypotheses[0].rung: no rung 'c' in the ladder", "units.x: no rung has a grouping factor x"],
        ),
    ],
)
def test_faults_have_their_places(checked, text, faults):
    assert checked(text + "\n") == faults
