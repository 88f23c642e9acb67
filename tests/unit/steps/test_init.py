"""``mlm init`` writes a spec that runs, whatever the file looks like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from mlm_steps.data import Analysis
from mlm_steps.data.assemble import assemble
from mlm_steps.data.survey.asked import Asked
from mlm_steps.data.survey.reading import Manner
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.errors import DataError, UsageError
from mlm_steps.spec import load_spec
from mlm_steps.steps.init import FirstSpec, init_spec
from mlm_steps.steps.parts.uses import model_uses

Init = Callable[..., tuple[str, Analysis]]


def check_formula(text: str) -> None:
    parse_formula(text)


def written(
    data: Path,
    spec: Path,
    *,
    outcome: str,
    group: str | tuple[str, ...],
    level_1: list[str] | None = None,
    level_2: list[str] | None = None,
    **manner: object,
) -> FirstSpec:
    """Return the first spec of a file."""
    groups = (group,) if isinstance(group, str) else group
    given = [tuple(names) if names is not None else None for names in (level_1, level_2)]
    return init_spec(data, Asked(outcome, groups, *given), Manner(**manner), spec_path=spec)


@pytest.fixture
def init(tmp_path: Path) -> Init:
    """Return a function that writes a file and its spec, and prepares and designs every model of it."""

    def run(
        content: str | bytes | pd.DataFrame, outcome: str, group: str | tuple[str, ...], **options: object
    ) -> tuple[str, Analysis]:
        content = content.to_csv(index=False) if isinstance(content, pd.DataFrame) else content
        (tmp_path / "some.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        spec = tmp_path / "pipeline.yaml"
        spec.write_text(written(tmp_path / "some.csv", spec, outcome=outcome, group=group, **options).text)
        loaded = load_spec(spec, check_formula=check_formula)
        analysis = assemble(loaded, model_uses(loaded.spec))
        for model in loaded.spec.rungs:
            assert build_design(model.formula, analysis.frame).dropped == ()
        return spec.read_text(), analysis

    return run


def schools() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    school = np.repeat(np.arange(1, 25), 15)
    effect = rng.normal(size=25)[school]
    table = pd.DataFrame({"school": school, "pupil": np.arange(360)})
    table["female"] = rng.integers(0, 2, 360)
    table["ses"] = (effect + rng.normal(size=360)).round(3)
    table["ses_mean"] = table.groupby("school")["ses"].transform("mean")
    table["femses"] = table["female"] * table["ses"]
    table["sector"] = np.where(school % 2, "Public", "Catholic")
    table["comment"] = [f"text {i}" for i in range(360)]
    table["constant"] = 1
    table["math"] = (50 + 2 * table["ses"] + effect + rng.normal(size=360)).round(2)
    table["math_again"] = table["math"] * 10
    return table


def formulas(text: str) -> list[str]:
    return [rung["formula"] for rung in yaml.safe_load(text)["ladder"]]


def test_the_classic_ladder_is_built_from_detected_levels(init: Init) -> None:
    text, analysis = init(schools(), "math", "school")
    assert text.startswith("# yaml-language-server: $schema=pipeline.schema.json\n")
    assert formulas(text) == [
        "math ~ 1 + (1 | school)",
        "math ~ 1 + female_w + ses_w + (1 | school)",
        "math ~ 1 + female_w + ses_w + (ses_w | school)",
        "math ~ 1 + female_w + ses_w + ses_m + sector + (ses_w | school)",
        "math ~ 1 + female_w + ses_w + ses_m + sector + ses_w:sector + (ses_w | school)",
    ]
    assert yaml.safe_load(text)["prelude"][0]["formula"] == "math ~ female + ses"
    assert len(analysis.frame) == 360


def test_columns_left_out_are_listed_with_the_reason(init: Init) -> None:
    text, _ = init(schools(), "math", "school")
    for line in (
        "pupil has 360 values in 360 rows: it identifies the rows",
        "ses_mean is the mean of ses in each group",
        "femses is the product of female and ses",
        "comment has 360 values in 360 rows: it identifies the rows",
        "constant has only one value",
        "math_again is a copy of the outcome",
    ):
        assert f"#   {line}" in text


def test_predictors_asked_for_are_taken_as_they_are(init: Init) -> None:
    text, _ = init(schools(), "math", "school", level_1=["female"], level_2=["sector"])
    assert (
        formulas(text)[-1]
        == "math ~ 1 + female_w + female_m + sector + female_w:sector + (female_w | school)"
    )
    none, _ = init(schools(), "math", "school", level_1=[], level_2=[])
    assert formulas(none) == ["math ~ 1 + (1 | school)"]


def test_a_level_2_predictor_that_varies_in_some_groups_only_warns(init: Init) -> None:
    table = schools().drop(columns="sector")
    table["public"] = (table["school"] % 2).astype(int)
    table.loc[3, "public"] = 0
    text, analysis = init(table, "math", "school")
    assert "level_conflict: warn # public" in text
    assert "level_conflict" in [notice.code for notice in analysis.profile.notices]


def test_outcome_and_group_alone_give_a_null_model(init: Init) -> None:
    text, analysis = init("y,g\n" + "".join(f"{i * i % 7},{i % 4}\n" for i in range(20)), "y", "g")
    assert formulas(text) == ["y ~ 1 + (1 | g)"]
    assert len(analysis.frame) == 20


def test_an_ugly_file_gives_a_spec_that_runs(init: Init) -> None:
    rng = np.random.default_rng(2)
    n = 300
    group = rng.integers(1, 25, n)
    table = pd.DataFrame(
        {
            "": range(n),
            "Klasse Nr.": [f"{g:03d}" for g in group],
            "Testwert (%)": rng.normal(size=n).round(2),
            "IQ: verbal": rng.normal(100, 15, n).round(1),
            "1 Geschlecht": rng.choice(["männlich", "weiblich"], n),
            "größe": (group * 3.7).round(1),
            "null": rng.normal(size=n),
            "a`b": 1.5 + group,
            "leer": "",
            "#x": rng.normal(size=n),
        }
    )
    table["unbekannt"] = [f"{v:.1f}".replace(".", ",") if v < 1 else "k.A." for v in rng.normal(size=n)]
    table.loc[rng.choice(n, 20), "IQ: verbal"] = np.nan
    content = table.to_csv(index=False, sep=";", decimal=",").encode("cp1252")
    text, analysis = init(content, "Testwert (%)", "Klasse Nr.")
    assert "encoding: cp1252" in text
    assert 'decimal: ","' in text
    assert 'na: [NA, NaN, "k.A."]' in text
    assert "`Testwert (%)` ~ 1 + (1 | `Klasse Nr.`)" in formulas(text)
    assert analysis.profile.factors[0].n_levels == len(set(group))
    assert len(analysis.frame) > 150


def test_few_groups_get_neither_slopes_nor_level_2_predictors(init: Init) -> None:
    rows = "".join(f"{i % 3},{(i * 7) % 5},{i % 3 % 2},{(i * i) % 11}\n" for i in range(30))
    text, _ = init("g,x,z,y\n" + rows, "y", "g")
    assert formulas(text)[-1] == "y ~ 1 + x + (1 | g)"


@pytest.mark.parametrize(
    ("content", "options", "place", "words"),
    [
        ("g,y\n1,2\n1,3\n", {"outcome": "z", "group": "g"}, "--outcome", "no column 'z'"),
        ("g,y\n1,2\n1,3\n", {"outcome": "y", "group": "G"}, "--group", "did you mean 'g'?"),
        ("g,y\n1,2\n1,3\n", {"outcome": "y", "group": "y"}, "--group", "given twice"),
        (
            "g,y\n1,a\n2,b\n2,c\n",
            {"outcome": "y", "group": "g"},
            "--outcome",
            "'y' is text with 3 values: 'a', 'b', 'c' (a model needs numbers or two values",
        ),
        ("g,y\n1,2\n1,3\n", {"outcome": "y", "group": "g"}, "--group", "only one level"),
        ("g,y\n1,2\n2,3\n", {"outcome": "y", "group": "g"}, "--group", "a different level in each row"),
        (
            "g,y\n1,2\n1,2\n2,3\n2,3\n",
            {"outcome": "y", "group": "g"},
            "--outcome",
            "does not vary within any level",
        ),
        ("g,y\n1,2\n1,2\n2,2\n", {"outcome": "y", "group": "g"}, "--outcome", "only one value"),
        ("g,y\n1,\n,2\n", {"outcome": "y", "group": "g"}, "--outcome", "no row has both"),
        (
            "g,y,k\n1,2,1\n1,3,1\n2,3,1\n",
            {"outcome": "y", "group": "g", "level_1": ["k"]},
            "--level-1",
            "only one value",
        ),
        (
            "g,a`b\n1,2\n1,3\n2,3\n",
            {"outcome": "a`b", "group": "g"},
            "--outcome",
            "no formula can hold the name",
        ),
    ],
)
def test_what_cannot_be_modelled_is_refused_at_its_option(
    tmp_path: Path, content: str, options: dict[str, object], place: str, words: str
) -> None:
    (tmp_path / "d.csv").write_text(content)
    with pytest.raises(UsageError) as caught:
        written(tmp_path / "d.csv", tmp_path / "pipeline.yaml", **options)
    assert caught.value.faults[0].where == place
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"), [("none.csv", "does not exist"), (".", "is a folder"), ("a.doc", "unknown format")]
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        written(tmp_path / name, tmp_path / "pipeline.yaml", outcome="y", group="g")


def test_a_file_elsewhere_is_named_relative_to_the_spec(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "specs").mkdir()
    schools().to_csv(tmp_path / "data" / "my schools.csv", index=False)
    spec = tmp_path / "specs" / "s.yaml"
    text = written(tmp_path / "data" / "my schools.csv", spec, outcome="math", group="school").text
    assert 'file: "../data/my schools.csv"' in text
    assert "name: my-schools" in text.replace('"', "")
    assert "--allow-outside" in text


def test_rows_without_the_outcome_or_the_group_are_counted_apart(init: Init) -> None:
    table = schools()
    table.loc[:34, "math"] = np.nan
    text, _ = init(table, "math", "school")
    assert "# The data: 360 rows, of which 35 lack math; 325 are left, in 22 levels of school." in text
    table["school"] = table["school"].astype("Int64")
    table.loc[[40, 50], "school"] = None
    text, _ = init(table, "math", "school")
    assert "360 rows, of which 35 lack math and 2 lack school; 323 are left, in 22 levels of school." in text
    assert "# The data: 360 rows in 24 levels of school." in init(schools(), "math", "school")[0]


def test_labels_of_the_file_are_written_into_the_spec(tmp_path: Path) -> None:
    file = Path(__file__).parents[1] / "data" / "files" / "labelled.sav"
    text = written(file, tmp_path / "pipeline.yaml", outcome="score", group="schid").text
    columns = yaml.safe_load(text)["data"]["columns"]
    assert {name: entry["label"] for name, entry in columns.items()} == {
        "schid": "School number",
        "score": "Mathematics score",
        "ses": "Socioeconomic status",
        "likert": "I like school",
        "female": "Sex",
        "sec": "Sector",
    }


def test_the_sheet_of_a_workbook_is_the_one_asked_for(tmp_path: Path) -> None:
    data, spec = tmp_path / "data.xlsx", tmp_path / "pipeline.yaml"
    with pd.ExcelWriter(data) as book:
        pd.DataFrame({"variable": ["math"], "meaning": ["points"]}).to_excel(
            book, sheet_name="Codebook", index=False
        )
        schools().to_excel(book, sheet_name="Data", index=False)
    columns = schools().columns
    outcome, group = "math", "school"
    assert {outcome, group} <= set(columns)
    with pytest.raises(UsageError, match="first sheet, 'Codebook', is read; it has one more: 'Data'"):
        written(data, spec, outcome=outcome, group=group)
    with pytest.raises(DataError, match=r"has no sheet 'data'.*did you mean 'Data'"):
        written(data, spec, outcome=outcome, group=group, sheet="data")
    text = written(data, spec, outcome=outcome, group=group, sheet="Data").text
    assert yaml.safe_load(text)["data"]["sheet"] == "Data"
    with pytest.raises(UsageError, match="only a workbook"):
        written(tmp_path / "a.csv", spec, outcome=outcome, group=group, sheet="Data")


def test_separators_of_thousands_are_no_decimal_commas(init: Init) -> None:
    table = schools().assign(math=lambda t: t["math"].round(), ses=lambda t: t["ses"].round())
    table = table[["school", "math", "ses"]].astype(int)
    table["income"] = [f"{value:,}" for value in range(500, 500 + 300 * len(table), 300)]
    text, _ = init(table, "math", "school")
    assert "decimal" not in yaml.safe_load(text)["data"]
    assert yaml.safe_load(text)["data"]["thousands"] == ","
