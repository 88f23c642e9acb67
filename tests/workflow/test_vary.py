"""A run with variants, from the spec to the report, and the whole report of one variant."""

import csv
import re
import shutil
import subprocess
import sys

import pytest

from .conftest import SPEC, contents, mlm, prepare, times

VARY = """\
effort: quick
diagnostics: none
vary:
  outcomes: [y, {outcome: "y + x2", name: sum}]
  subsets: [all, {name: high, filter: x > -0.5}, {name: none, filter: x > 99}]
"""


def rows(path):
    with path.open() as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    """Return a folder in which a spec with variants was run; not to be changed."""
    folder = prepare(tmp_path_factory.mktemp("varied"))
    (folder / "pipeline.yaml").write_text(SPEC + VARY)
    done = mlm("run", "--cores", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_variant_has_its_rows_and_the_report_shows_them(varied):
    out = varied / "results/small"
    found = rows(out / "tables/variants.csv")
    assert len(found) == 6 * 4
    assert {row["status"] for row in found if row["subset"] == "none"} == {"failed"}
    report = (out / "report.md").read_text()
    assert "The ladder was fitted in 6 variants: 2 outcomes and 3 subsets" in report
    assert "figures/variants.svg" in report
    assert "no row is left: none of 160 rows meets the condition" in report


def test_the_report_of_a_variant_has_the_numbers_of_the_table(varied):
    done = mlm("run", "--variant", "sum--high", cwd=varied)
    assert done.returncode == 0, done.stderr
    own = varied / "results/small--sum--high/tables"
    fixed = {(row["model"], row["column"]): row for row in rows(own / "fixed.csv")}
    compared = {(row["from"], row["to"]): row for row in rows(own / "comparison.csv")}
    tables = varied / "results/small/tables"
    here = [row for row in rows(tables / "variants.csv") if row["variant"] == "sum--high" and row["estimate"]]
    assert here
    for row in here:
        other = fixed[row["model"], row["column"]]
        for name in ("estimate", "se", "df", "p", "ci_low", "ci_high"):
            assert row[name] == other[name]
    pairs = [row for row in rows(tables / "variant_comparisons.csv") if row["variant"] == "sum--high"]
    assert len(pairs) == 3
    for row in pairs:
        assert row["statistic"] == compared[row["from"], row["to"]]["statistic"]


def test_a_second_run_does_nothing(varied):
    before = times(varied / "results/small")
    assert mlm("run", cwd=varied).stderr.startswith("nothing to do")
    assert times(varied / "results/small") == before


def test_a_changed_variant_is_a_difference_and_fails_a_baseline(varied, tmp_path):
    shutil.copytree(varied, tmp_path, dirs_exist_ok=True)
    expected = SPEC + VARY + "expect: [{baseline: baseline.json}]\n"
    assert mlm("baseline", cwd=tmp_path).returncode == 0
    (tmp_path / "pipeline.yaml").write_text(expected)
    green = mlm("run", "--out", "results/green", cwd=tmp_path)
    assert green.returncode == 0, green.stderr
    (tmp_path / "pipeline.yaml").write_text(expected.replace("x > -0.5", "x > -0.4"))
    why = mlm("run", "--dry-run", "--explain", cwd=tmp_path).stdout.splitlines()
    words = {line.split()[0]: line.split(None, 2)[2] for line in why if line.split()[1:2] == ["runs"]}
    chunks = ", ".join(name for name in words if name.startswith("variants/"))
    assert words["figures"] == f"it follows from {chunks}"
    assert not words.keys() & {"data", "fit/l1"}
    red = mlm("run", cwd=tmp_path)
    assert red.returncode == 1, red.stderr
    line = next(line for line in red.stderr.splitlines() if "variant y--high, l1, n" in line)
    assert " now, " in line
    assert "variant y--all" not in red.stderr
    found = mlm("diff", "results/green", "results/small", "--json", cwd=tmp_path)
    assert found.returncode == 1
    assert "variant y--high, l1, n: " in found.stdout
    assert mlm("diff", "results/small", "results/small", cwd=tmp_path).returncode == 0

    baseline = tmp_path / "baseline.json"
    baseline.write_text(baseline.read_text().replace('"value": 160', '"value": 161', 1))
    why = mlm("run", "--dry-run", "--explain", cwd=tmp_path).stdout
    assert re.search(r"^checks +runs +the content of baseline.json has changed$", why, re.MULTILINE)


def test_a_killed_run_goes_on_to_the_same_bytes(varied, tmp_path):
    folder = shutil.copytree(varied, tmp_path / "copy")
    shutil.rmtree(folder / "results")
    words = [sys.executable, "-P", "-m", "mlm_steps", "run", "--cores", "1"]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place = folder / "results/small/variants"
    while not (list(place.glob("*.part")) or list(place.glob("*.json"))) and process.poll() is None:
        pass
    process.kill()
    process.wait()
    assert mlm("run", "--cores", "3", cwd=folder).returncode == 0
    assert contents(folder / "results/small") == contents(varied / "results/small")


def test_validate_counts_the_variants(varied):
    assert "variants: 6\n" in mlm("validate", cwd=varied).stdout


def test_an_unknown_variant_is_refused(varied):
    done = mlm("run", "--variant", "sum--hig", cwd=varied)
    assert done.returncode == 2
    assert "no variant 'sum--hig' in pipeline.yaml (did you mean 'sum--high'?)" in done.stderr
