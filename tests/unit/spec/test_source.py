import pytest

from mlm_steps.spec import inspect_spec, load_spec

SPEC = """\
version: 1
data:
  file: a.csv
  columns: {'test score': {label: x}}
ladder:
  - {name: a, formula: abcdef}
  - {name: b, formula: 'ab''cdef'}
  - {name: c, formula: "ab\\u00e9\\"cdef"}
  - name: d
    formula: |
      abc
      def
  - name: e
    formula: >-
      abc
      def
  - name: f
    formula: abc
       def
  - name: g
    formula: "abc \\
       def
       ghi"
  - name: h
    formula: |-

      abc
       def
"""


@pytest.fixture(params=["\n", "\r\n"], ids=["unix", "windows"])
def loaded(write, request):
    return load_spec(write(SPEC.replace("\n", request.param)))


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ((), "p.yaml:1:1"),
        (("version",), "p.yaml:1:10: version"),
        (("data",), "p.yaml:2:1: data"),
        (("data", "file"), "p.yaml:3:9: data.file"),
        (("data", "level_conflict"), "p.yaml:2:1: data.level_conflict"),
        (("data", "columns", "test score", "label"), "p.yaml:4:35: data.columns['test score'].label"),
        (("data", "columns", "none", "label"), "p.yaml:4:3: data.columns.none.label"),
        (("ladder", 0), "p.yaml:6:5: ladder[0]"),
        (("ladder", 1, "formula"), "p.yaml:7:24: ladder[1].formula"),
        (("ladder", 99, "formula"), "p.yaml:5:1: ladder[99].formula"),
        (("ladder", "formula"), "p.yaml:5:1: ladder"),
        (("estimation", "df"), "p.yaml:1:1: estimation.df"),
    ],
)
def test_a_place_has_file_line_column_and_key(loaded, keys, where):
    assert loaded.source.where(*keys) == where


@pytest.mark.parametrize("rung", range(8))
def test_an_offset_leads_to_that_very_character(loaded, rung):
    lines = SPEC.split("\n")
    formula = loaded.spec.rungs[rung].formula
    for offset, character in enumerate(formula):
        where = loaded.source.where("ladder", rung, "formula", offset=offset)
        line, column = map(int, where.split(": ")[0].split(":")[1:])
        rest = lines[line - 1][column - 1 :]
        if character.isalpha() and character.isascii():
            assert rest.startswith(character)
        elif character.isspace():
            assert not rest.strip() or rest.startswith(" ")
        else:
            assert rest.startswith(("\\", "''"))


def test_an_offset_past_the_end_leads_to_the_end(loaded):
    assert loaded.source.where("ladder", 0, "formula", offset=6) == "p.yaml:6:30: ladder[0].formula"
    assert loaded.source.where("ladder", 0, "formula", offset=60) == "p.yaml:6:30: ladder[0].formula"


def test_a_rung_of_a_preset_is_placed_at_the_preset(write):
    preset = "version: 1\ndata: {file: a.csv}\nladder: {preset: heck, outcome: y, group: g}\n"
    source = load_spec(write(preset)).source
    assert source.where("ladder", 0, "formula", offset=3) == "p.yaml:3:1: ladder"


def test_a_path_in_a_place_is_the_one_that_was_given(write, folder, monkeypatch):
    path = folder.name / write(SPEC)
    monkeypatch.chdir(folder.parent)
    loaded, _ = inspect_spec(path)
    assert loaded.source.where("version") == f"{folder.name}/p.yaml:1:10: version"
