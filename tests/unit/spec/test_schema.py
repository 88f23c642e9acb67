import json
from pathlib import Path
from typing import ClassVar

import jsonschema
import pytest
import yaml

from mlm_steps.errors import SpecError
from mlm_steps.spec import json_schema, load_spec, schema_text
from mlm_steps.spec.readme import readme_text

ROOT = Path(__file__).parents[3]
MADE_BY = "write it anew with: python -m mlm_steps.spec config"

LADDER = """
version: 1
name: hsb
title: School, socioeconomic status and mathematics achievement
data:
  file: a.csv
  columns:
    school: {type: group, label: School}
    sector: {type: category, levels: [Public, Catholic], label: Sector}
    mAch:   {label: Mathematics achievement, unit: points}
    female: {type: category, levels: [0, 1], level: 1, contrast: sum}
    small:  {levels: [no, yes]}
    empty:
  derive:
    ses_w: {center: ses, within: school}
    ses_m: {mean: ses, within: school}
    ses_c: {center: ses}
    ses_z: {standardize: ses}
  na: [NA, -99, null]
  level_conflict: error
ladder:
  - {name: null,    formula: "mAch ~ 1 + (1 | school)"}
  - {name: 1,       formula: "mAch ~ ses_w + (1 | school)", weights: w, label: Level 1}
prelude:
  - {name: ols, formula: "mAch ~ ses"}
compare: ladder
estimation: {method: REML, df: satterthwaite, confidence: 0.95, optimizer: auto}
report: {formats: [html, md]}
"""
PRESET = """
version: 1
data: {file: a.csv, na: NA, columns: , derive: }
ladder: {preset: heck, outcome: mAch, group: school, level_1: [ses_w], random_slopes: [ses_w],
  level_2: [sector], cross_level: ["ses_w:sector"], correlated: false}
compare: [{smaller: null, larger: l1}]
prelude:
estimation:
report:
"""
GROWTH = """
version: 1
data: {file: a.csv}
ladder: {preset: growth, outcome: y, group: person, time: week, level_2: drug}
compare: none
"""


class Yaml12(yaml.SafeLoader):
    """PyYAML's loader with the booleans of YAML 1.2, where ``on`` is text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [each for each in resolvers if first not in "oOyYnN" or "bool" not in each[0]]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def plain(text):
    """Return the values of a YAML text."""
    return yaml.load(text, Loader=Yaml12)


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    return jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize("text", [LADDER, PRESET, GROWTH], ids=["ladder", "heck", "growth"])
def test_schema_and_loader_both_take_a_good_spec(validator, write, text):
    assert list(validator.iter_errors(plain(text))) == []
    load_spec(write(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("title:", "titel:"),
        ("file: a.csv", "fiel: a.csv"),
        ("type: group", "type: grouping"),
        ("level: 1,", "level: 4,"),
        ("confidence: 0.95", "confidence: 95"),
        ("method: REML", "method: reml"),
        ("[html, md]", "[pdf]"),
        ("compare: ladder", "compare: all"),
        ("name: ols", "name: a b"),
        (', formula: "mAch ~ ses"', ""),
    ],
)
def test_schema_and_loader_both_refuse_a_bad_one(validator, write, old, new):
    text = LADDER.replace(old, new)
    assert text != LADDER
    assert list(validator.iter_errors(plain(text)))
    with pytest.raises(SpecError):
        load_spec(write(text))


def test_every_key_of_the_schema_says_what_it_is_for():
    schema = json_schema()
    blocks = {"top": schema, **schema["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, block in blocks.items()
        for key, field in block["properties"].items()
        if not field.get("description") and "$ref" not in field
    ]
    assert silent == []
    assert all(block.get("description") for block in blocks.values())


@pytest.mark.parametrize(
    ("file", "made"),
    [("pipeline.schema.json", schema_text), ("README.md", readme_text)],
    ids=["schema", "readme"],
)
def test_generated_files_are_fresh(file, made):
    assert (ROOT / "config" / file).read_text(encoding="utf-8") == made(), MADE_BY


def test_the_schema_is_plain_json():
    assert json.loads(schema_text()) == json_schema()


@pytest.mark.parametrize(
    "path", [ROOT / "pipeline.yaml", *sorted((ROOT / "config/examples").glob("*.yaml"))], ids=str
)
def test_every_spec_of_the_repository_is_taken(validator, path):
    assert list(validator.iter_errors(plain(path.read_text(encoding="utf-8")))) == []
    load_spec(path)
