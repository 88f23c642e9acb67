"""Whatever a file holds, reading it as a spec gives a spec or faults with places, never a traceback."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlm_steps.spec import inspect_spec

GOOD = """\
version: 1
data: {file: a.csv, columns: {g: {type: group}, x: {levels: [1, 2]}}, derive: {x_w: {center: x, within: g}}}
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - name: l1
    formula: 'y ~ x + (1 | g)'
compare: [{smaller: null, larger: l1}]
estimation: {method: REML, confidence: 0.95}
report: {formats: [html]}
"""
PRESET = """\
version: 1
data: {file: a.csv}
ladder: {preset: heck, outcome: y, group: g, level_1: [x], level_2: [w], cross_level: ["x:w"]}
"""
WORDS = [*"~[]{}:-'\"|#?%é\\1", "null", "[]", "{}", "&a", "*a", "!x", "0.5", "no", "name", "heck", "\\e"]
SNIPPETS = [
    *WORDS,
    *(f"{word} " for word in WORDS),
    "",
    "\n",
    "  ",
    "\t",
    "x: ",
    "<<: ",
    "---\n",
    "\u2028",
    "\x85",
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(SNIPPETS) | st.text(max_size=8)),
    max_size=5,
)
PLACED = re.compile(r"p\.yaml:\d+:\d+(: .+)?", re.DOTALL)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spec")
    (folder / "a.csv").write_text("y,x,g\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield (folder / "p.yaml").relative_to(folder)


@settings(max_examples=150)
@given(text=st.sampled_from([GOOD, PRESET]), edits=EDITS)
def test_any_edit_of_a_spec_gives_a_spec_or_faults_with_places(path, text, edits):
    for position, length, snippet in edits:
        at = round(position * len(text))
        text = text[:at] + snippet + text[at + length :]
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    loaded, faults = inspect_spec(path)
    assert faults or loaded is not None
    assert all(PLACED.fullmatch(fault.where) for fault in faults)
    assert all(str(fault).isprintable() for fault in faults)


@settings(max_examples=100)
@given(content=st.binary(max_size=200))
def test_any_bytes_give_faults_with_places(path, content):
    path.write_bytes(content)
    loaded, faults = inspect_spec(path)
    assert loaded is None
    assert faults
    assert all(PLACED.fullmatch(fault.where) for fault in faults)
