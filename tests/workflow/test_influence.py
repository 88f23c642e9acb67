"""A run on data with one outlying group: its table, its section, the checklist; a run without checks."""

import csv
import html
import re
import shutil

import numpy as np
import pandas as pd
import pytest

import mlm_steps

from .conftest import mlm, prepare, times

ASKED = "diagnostics: all\n"
OUTLYING = "g3"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return a folder in which the small analysis has been run with an outlying group; not to be changed."""
    folder = prepare(tmp_path_factory.mktemp("influence"))
    frame = pd.read_csv(folder / "small.csv")
    frame["g"] = "g" + frame["g"].astype(str)
    spread = frame["y"].std()
    frame.loc[frame["g"] == OUTLYING, "y"] += 4 * spread + 2 * spread * frame["x"]
    frame.to_csv(folder / "small.csv", index=False)
    spec = folder / "pipeline.yaml"
    spec.write_text(spec.read_text() + ASKED)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def table_of(folder):
    path = folder / "results" / "small" / "tables" / "influence.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_outlying_group_moves_the_estimates_and_carries_the_variances(ran):
    rows = [row for row in table_of(ran) if row["unit"] == "group" and row["cook"]]
    assert {row["model"] for row in rows} == {"null", "l1", "slope", "l2"}
    slope, last = (
        {row["level"]: float(row["cook"]) for row in rows if row["model"] == model}
        for model in ("slope", "l2")
    )
    assert max(slope, key=slope.get) == OUTLYING
    assert last[OUTLYING] > 4 / len(last)
    for name in ("var_(Intercept)|g", "var_x|g"):
        of_name = [row for row in table_of(ran) if (row["model"], row["effect"]) == ("l2", name)]
        changes = {row["level"]: float(row["rvc"]) for row in of_name}
        assert min(changes, key=changes.get) == OUTLYING
        assert changes[OUTLYING] < -0.7


def test_the_report_names_it(ran):
    report = (ran / "results" / "small" / "report.md").read_text(encoding="utf-8")
    section = report[report.index("## Influential groups") :]
    section = section[: section.index("\n## ", 4)]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| {OUTLYING} |")]
    assert re.search("−[789][0-9]", row)  # the variance that changes most without the group
    (line,) = [line for line in report.splitlines() if line.startswith("| F3 |")]
    assert "[Influential groups]" in line


def test_every_number_of_the_section_is_a_cell_of_the_table(ran):
    page = (ran / "results" / "small" / "report.html").read_text(encoding="utf-8")
    section = page[page.index('id="influence"') :]
    section = section[: section.index("</section>")]
    cells = {(row["model"], row["level"], row["effect"]): row for row in table_of(ran)}
    found = re.findall(r'data-src="influence:([^"]+)"', section)
    assert len(found) > 10
    for place in found:
        *keys, field = html.unescape(place).split(":")
        assert cells[tuple(keys)][field] != ""


def test_the_table_is_that_of_the_api(ran):
    frame = pd.read_csv(ran / "small.csv")
    mine = mlm_steps.fit("y ~ x + w + (x | g)", frame).influence().table
    rows = [row for row in table_of(ran) if row["model"] == "l2" and row["effect"] == "x"]
    assert [row["level"] for row in rows] == [*mine.index]
    np.testing.assert_allclose([float(row["cook"]) for row in rows], mine["cook"], rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(
        [float(row["dfbetas"]) for row in rows], mine["dfbetas[x]"], rtol=1e-4, atol=1e-7
    )


def test_a_second_run_does_nothing_and_none_leaves_nothing(ran, tmp_path):
    folder = shutil.copytree(ran, tmp_path / "copy")
    before = times(folder / "results")
    assert mlm("run", cwd=folder).returncode == 0
    assert times(folder / "results") == before
    spec = folder / "pipeline.yaml"
    spec.write_text(spec.read_text().replace(ASKED, "diagnostics: none\n"))
    assert mlm("run", cwd=folder).returncode == 0
    assert table_of(folder) == []
    report = (folder / "results" / "small" / "report.md").read_text(encoding="utf-8")
    assert "## Influential groups" not in report
    assert "- [ ] **[F3] Influential groups and rows.**" in report


def test_the_step_can_be_typed(ran, tmp_path):
    folder = shutil.copytree(ran, tmp_path / "copy")
    (folder / "results" / "small" / "influence" / "ladder.json").unlink()
    done = mlm("influence", "pipeline.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"{OUTLYING}: Cook's distance" in done.stderr
