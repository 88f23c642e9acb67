"""What is written means what its key says, never what YAML 1.1 would guess."""

from pathlib import Path

import pytest

from mlm_steps.spec import ColumnSpec, EstimationSpec, ReportSpec, load_spec
from mlm_steps.spec.canonical import canonical

HEAD = "version: 1\ndata: {file: a.csv}\n"
RUNGS = 'ladder:\n  - {name: null, formula: "y ~ 1 + (1 | g)"}\n  - {name: l1, formula: "y ~ x + (1 | g)"}\n'
GOOD = HEAD + RUNGS


@pytest.fixture
def spec(write):
    return lambda text: load_spec(write(text)).spec


@pytest.mark.parametrize(
    "name", ["null", "no", "on", "1e-3", "012", "1_000", "true", "2024-01-01", ".inf", "0x1F"]
)
def test_a_name_is_its_text(spec, name):
    if name.startswith("."):
        name = name[1:]
    assert spec(HEAD + f"ladder: [{{name: {name}, formula: y}}]").rungs[0].name == name


@pytest.mark.parametrize(
    ("written", "levels"),
    [
        ("[1, 2]", ("1", "2")),
        ("[no, yes]", ("no", "yes")),
        ("[012, 1e-3, 1.0]", ("012", "1e-3", "1.0")),
        ("[null, ~, NA]", ("null", "~", "NA")),
        ("['', \"b\"]", ("", "b")),
    ],
)
def test_levels_are_text_as_written(spec, written, levels):
    text = f"version: 1\ndata: {{file: a.csv, columns: {{c: {{levels: {written}}}}}}}\n" + RUNGS
    assert spec(text).data.columns["c"].levels == levels


def test_column_names_are_text_as_written(spec):
    columns = "{on: {}, no: {type: group}, 1: , null: {label: x}, 1e3: ~, 'a b': null}"
    made = spec(f"version: 1\ndata: {{file: a.csv, columns: {columns}}}\n" + RUNGS).data.columns
    assert list(made) == ["on", "no", "1", "null", "1e3", "a b"]
    assert made["1"] == made["1e3"] == made["a b"] == ColumnSpec()


@pytest.mark.parametrize(
    ("written", "value"), [("0.9", 0.9), (".9", 0.9), ("9e-1", 0.9), ("+0.9", 0.9), ("9.0E-1", 0.9)]
)
def test_numbers_are_those_of_yaml_1_2(spec, written, value):
    assert spec(GOOD + f"estimation: {{confidence: {written}}}").estimation.confidence == value


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_an_empty_block_has_its_defaults(spec, nothing):
    text = GOOD.replace("a.csv", f"a.csv, columns: {nothing}, derive: {nothing}, encoding: {nothing}")
    keys = ("estimation", "report", "prelude", "title")
    made = spec(text + "".join(f"{key}: {nothing}\n" for key in keys))
    assert (made.estimation, made.report, made.prelude, made.title) == (
        EstimationSpec(),
        ReportSpec(),
        (),
        None,
    )
    assert (made.data.columns, made.data.derive, made.data.encoding) == ({}, {}, None)


def test_a_label_in_quotes_may_say_null(spec):
    made = spec(GOOD.replace("a.csv", 'a.csv, columns: {a: {label: "null"}, b: {label: null}}')).data.columns
    assert (made["a"].label, made["b"].label) == ("null", None)


@pytest.mark.parametrize(
    ("written", "markers"),
    [
        ("[NA, ., -99]", ("NA", ".", "-99")),
        ("-99", ("-99",)),
        ("[]", ()),
        ("", ()),
        ('["", null]', ("", "null")),
    ],
)
def test_missing_value_markers_are_a_list_or_one_text(spec, written, markers):
    assert spec(GOOD.replace("a.csv", f"a.csv, na: {written}")).data.na == markers


@pytest.mark.parametrize(
    ("written", "mark"),
    [("tab", "\t"), ("\\t", "\t"), ('"\\t"', "\t"), ('";"', ";"), ('" "', " "), ("'|'", "|")],
)
def test_a_delimiter_is_one_character(spec, written, mark):
    assert spec(GOOD.replace("a.csv", f"a.csv, delimiter: {written}")).data.delimiter == mark


def test_an_alias_stands_for_what_it_names(spec):
    made = spec(GOOD + "title: &t Twice\nprelude: [{name: ols, formula: y ~ x, label: *t}]\n")
    assert made.prelude[0].label == made.title == "Twice"


@pytest.mark.parametrize(
    ("compare", "pairs"),
    [
        ("", [("null", "l1"), ("l1", "l2")]),
        ("compare: ladder", [("null", "l1"), ("l1", "l2")]),
        ("compare: none", []),
        ("compare: []", []),
        ("compare: [{smaller: null, larger: l2}]", [("null", "l2")]),
    ],
)
def test_pairs_are_adjacent_rungs_or_those_listed(spec, compare, pairs):
    text = GOOD + '  - {name: l2, formula: "y ~ x + w + (1 | g)"}\n' + compare
    assert [(pair.smaller, pair.larger) for pair in spec(text).pairs] == pairs


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("hsb.yaml", "hsb"),
        ("Höhe & Breite.yml", "Hohe-Breite"),
        ("..a--b.yaml", "a-b"),
        ("データ.yaml", "analysis"),
    ],
)
def test_a_spec_without_a_name_is_named_as_its_file(folder, file, name):
    Path(file).write_text(GOOD, encoding="utf-8")
    assert load_spec(Path(file)).spec.name == name


@pytest.mark.parametrize(("line", "name"), [("name:", "p"), ("name: null", "null"), ("name: hsb", "hsb")])
def test_a_spec_with_a_name_has_it(spec, line, name):
    assert spec(GOOD + line).name == name


def test_title_falls_back_to_the_name(spec):
    assert spec(GOOD).title_or_name == "p"
    assert spec(GOOD + "title: A study\n").title_or_name == "A study"


def test_declared_levels_come_from_columns(spec):
    text = GOOD.replace("a.csv", "a.csv, columns: {a: {level: 2}, b: {}}")
    assert spec(text).declared_levels == {"a": 2}


def test_equal_parts_have_one_canonical_text_and_unequal_ones_differ(spec):
    columns = (
        "a.csv, columns: {a: {label: é}, b: {}}, derive: {m: {mean: x, within: g}, n: {mean: m, within: g}}"
    )
    first = spec(GOOD.replace("a.csv", columns))
    again = spec(GOOD.replace("a.csv", columns.replace("{a: {label: é}, b: {}}", "{b: , a: {label: 'é'}}")))
    other = spec(
        GOOD.replace(
            "a.csv", columns.replace("m: {mean: x, within: g}, n: {mean: m, within: g}", "n: {mean: x}")
        )
    )
    swapped = first.data.model_copy(update={"derive": dict(reversed(first.data.derive.items()))})
    assert canonical(first.data) == canonical(again.data)
    assert canonical([first.data, {"k": (1, None)}]).endswith(',{"k":[1,null]}]')
    assert len({canonical(data) for data in (first.data, other.data, swapped)}) == 3


def test_a_spec_cannot_be_changed(spec):
    with pytest.raises(ValueError, match="frozen"):
        spec(GOOD).name = "b"
