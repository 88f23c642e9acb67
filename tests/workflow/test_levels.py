"""What the report says of levels and of slopes within and between groups is what its tables hold."""

import csv
import html
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

import mlm_steps

from .conftest import mlm

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
version: 1
name: blend
data:
  file: students.csv
  columns:
    school: {type: group, label: School}
    sector: {type: category, levels: [Public, Catholic], level: 2}
ladder:
  - {name: "null", formula: "math ~ 1 + (1 | school)"}
  - {name: ses, label: Level 1, formula: "math ~ ses + (1 | school)"}
  - {name: uncorrelated, label: Uncorrelated, formula: "math ~ ses + (ses || school)"}
  - {name: slope, label: Slope, formula: "math ~ ses + (ses | school)"}
  - {name: cross, label: Cross-level, formula: "math ~ ses * sector + (ses | school)"}
tests: {bootstrap: never}
"""
SECTIONS = ("answer", "data", "context")
TABLES = {
    "descriptives": [("variable", "unit"), ("variable", "unit", "grouping_factor")],
    "categories": [("variable", "unit", "category")],
    "correlations": [("layer", "grouping_factor", "variable_1", "variable_2")],
    "within_between": [("outcome", "variable", "grouping_factor", "slope")],
    "context": [("model", "column", "grouping_factor", "slope")],
    "remedies": [("model", "alternative")],
}
"""The columns by which the report names the rows of each table."""


def students(seed=24):
    """Return students like the workshop's: a raw slope blends 1 and 4, and its random slope is singular."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(60), rng.integers(8, 17, 60))
    mean = rng.normal(0, 0.7, 60)
    x = mean[school] + rng.normal(0, 0.8, len(school))
    m = pd.Series(x).groupby(school).transform("mean").to_numpy()
    u1 = rng.normal(size=60)
    u0 = -0.7 * u1 + 0.7 * rng.normal(size=60)
    noise = rng.normal(0, 2, len(school))
    y = 50 + (1 + 0.45 * u1[school]) * (x - m) + 4 * m + 0.8 * u0[school] + noise
    sector = np.where(np.arange(60) % 3 > 0, "Public", "Catholic")[school]
    return pd.DataFrame({"school": school, "ses": x.round(4), "sector": sector, "math": y.round(3)})


@pytest.fixture(scope="module")
def blend(tmp_path_factory):
    """Return the folder of a finished run on students whose raw predictor blends two slopes."""
    folder = tmp_path_factory.mktemp("blend")
    students().to_csv(folder / "students.csv", index=False)
    (folder / "blend.yaml").write_text(SPEC)
    done = mlm("run", "blend.yaml", "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "out", done


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Return the folder of a finished run of the example in the root."""
    folder = tmp_path_factory.mktemp("example")
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "hsb.csv", folder / "data")
    text = (ROOT / "pipeline.yaml").read_text(encoding="utf-8")
    (folder / "pipeline.yaml").write_text(f"{text}\neffort: quick\n", encoding="utf-8")
    done = mlm("run", "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "out", done


def rows(out, name):
    with (out / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def section(out, name):
    page = (out / "report.html").read_text(encoding="utf-8")
    start = page.index(f'id="{name}"')
    return page[start : page.index("</section>", start)]


def words(part):
    """Return the text of a part of a page, with single spaces."""
    return " ".join(html.unescape(re.sub("<[^>]+>", "", part)).split())


def printed(out):
    """Yield table, keys and text of each number in the sections on levels that comes from their tables."""
    for name in SECTIONS:
        found = re.findall(r'data-src="([^"]+)">((?:[^<]|</?span[^>]*>)*?)</span>', section(out, name))
        for where, text in found:
            table, *keys = [unquote(html.unescape(part)) for part in where.split(":")]
            if table in TABLES:
                yield table, keys, html.unescape(re.sub("<[^>]+>", "", text))


def cell(out, table, keys):
    *keys, field = keys
    for columns in TABLES[table]:
        if len(columns) == len(keys):
            named = zip(columns, keys, strict=True)
            wanted = dict(named)
            found = [row for row in rows(out, table) if all(row[c] == key for c, key in wanted.items())]
            return {row[field] for row in found}
    raise AssertionError(f"{table}: {keys}")


def agrees(text, value):
    """Return whether a printed number is the value, rounded as it is printed."""
    plain = text.replace("−", "-").replace("\u202f", "").strip()
    if plain.startswith("<"):
        return value < float(plain[1:])
    scale = 100.0 if plain.endswith("%") else 1.0
    plain = plain.removesuffix("%")
    decimals = len(plain.partition(".")[2])
    return abs(abs(float(plain)) - abs(scale * value)) <= 0.5000001 * 10.0**-decimals


@pytest.mark.parametrize("run", ["blend", "example"])
def test_every_number_on_levels_is_that_of_its_table(run, request):
    out, _ = request.getfixturevalue(run)
    numbers = list(printed(out))
    assert {table for table, _, _ in numbers} >= set(TABLES) - {"remedies"}
    for table, keys, text in numbers:
        values = cell(out, table, keys)
        assert len(values) == 1, (table, keys, values)
        assert agrees(text, float(values.pop())), (table, keys, text)


def test_the_answer_tells_both_slopes_and_what_centring_does(blend):
    out, done = blend
    text = words(section(out, "answer"))
    assert text.index("blends two slopes") < text.index("The slope of")
    alone = {row["slope"]: row for row in rows(out, "within_between")}
    for kind in ("within", "between", "contextual"):
        assert f"{float(alone[kind]['estimate']):.2f}" in text
    (center,) = (r for r in rows(out, "remedies") if (r["model"], r["remedy"]) == ("slope", "center"))
    assert (center["status"], center["delta_npar"]) == ("converged", "1")
    assert f"the deviance is {-float(center['delta_deviance']):.1f} lower with 1 more parameter" in text
    assert "it is no longer singular, and the correlation of intercept and slope changes from 1.00" in text
    assert "cross: raw ses blends two slopes" in done.stderr


def test_the_statements_are_those_of_models_that_are_written_out(blend):
    out, _ = blend
    frame = students().astype({"school": str})
    frame["m"] = frame.groupby("school")["ses"].transform("mean")
    frame["d"] = frame["ses"] - frame["m"]
    alone = {row["slope"]: float(row["estimate"]) for row in rows(out, "within_between")}
    written = mlm_steps.fit("math ~ d + m + (1 | school)", frame)
    assert alone["within"] == pytest.approx(written.beta["d"], rel=1e-5)
    assert alone["between"] == pytest.approx(written.beta["m"], rel=1e-5)
    raw = mlm_steps.fit("math ~ ses + (ses | school)", frame)
    centred = mlm_steps.fit("math ~ d + m + (d | school)", frame)
    (row,) = (r for r in rows(out, "remedies") if (r["model"], r["remedy"]) == ("slope", "center"))
    assert float(row["delta_aic"]) == pytest.approx(centred.aic - raw.aic, abs=1e-4)
    final = {row["slope"]: row for row in rows(out, "context")}
    frame["catholic"] = frame["sector"] == "Catholic"
    cross = mlm_steps.fit("math ~ d * catholic + m + (d | school)", frame)
    average = cross.beta["d"] + cross.beta["d:catholicTRUE"] * frame["catholic"].mean()
    assert float(final["within"]["estimate"]) == pytest.approx(average, rel=1e-5)
    assert final["within"]["model"] == "cross"


def test_the_zero_point_of_uncorrelated_slopes_is_told(blend):
    out, _ = blend
    text = words(section(out, "context"))
    mean = students()["ses"].mean()
    assert (
        "Uncorrelated sets the correlation of intercepts and slopes of school groups to 0 where ses is 0"
        in text
    )
    assert f"mean {mean:.2f}".replace("-", "−") in text


def test_categories_are_counted_at_the_level_of_the_variable(example):
    out, _ = example
    counts = {row["category"]: (row["unit"], row["n"]) for row in rows(out, "categories")}
    assert counts == {"Public": ("school", "90"), "Catholic": ("school", "70")}


def test_a_centred_predictor_has_its_contextual_effect_and_no_warning(example):
    out, _ = example
    found = {row["slope"]: row for row in rows(out, "context")}
    assert found["contextual"]["column"] == "ses_w"
    assert found["contextual"]["raw"] == "false"
    assert "blends two slopes" not in section(out, "answer")
