"""Models without random effects as the smaller models of comparisons."""

import csv
import math

import pytest

from .conftest import mlm, prepare, times

COMPARE = """\
compare:
  - {smaller: ols, larger: l1}
  - {smaller: "y ~ x + w", larger: l2}
  - {smaller: "null", larger: l1}
tests: {replicates: 40}
"""
OUT = "results/small"


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("compared"))
    spec = folder / "pipeline.yaml"
    spec.write_text(spec.read_text() + COMPARE)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def rows(folder, table):
    with (folder / OUT / "tables" / f"{table}.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_the_comparison_stands_in_table_report_and_terminal(compared):
    folder, done = compared
    ols, formula, rungs = rows(folder, "comparison")
    assert (ols["from"], ols["criterion"], ols["df"]) == ("ols", "REML", "1")
    assert ols["mixture"] == "chi2(0)=0.5; chi2(1)=0.5"
    assert float(ols["p_rlrt"]) < 0.01
    assert (formula["from"], formula["p_boundary"], formula["B"]) == ("l2-lm", "", "40")
    assert rungs["criterion"] == "ML"
    report = (folder / OUT / "report.md").read_text()
    assert "(l1 against ols)" in report
    assert "(l2 against y \\~ x + w)" in report
    assert "l2-lm" in done.stdout
    assert "without random effects" in report


def test_a_second_run_does_nothing_and_an_edit_makes_its_comparison_again(compared):
    folder, _ = compared
    again = mlm("run", "--dry-run", cwd=folder)
    assert "runs" not in again.stdout
    spec = folder / "pipeline.yaml"
    whole = spec.read_text()
    spec.write_text(whole.replace('"y ~ x + w", larger', '"y ~ w", larger'))
    before = times(folder / OUT)
    assert mlm("run", cwd=folder).returncode == 0
    after = times(folder / OUT)
    spec.write_text(whole)
    changed = {name for name in after if after[name] != before.get(name)}
    assert "comparisons/l2-lm--l2.json" in changed
    assert not {"comparisons/ols--l1.json", "comparisons/null--l1.json", "fits/l2.json"} & changed


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("{smaller: l1, larger: ols}", "compared as the smaller one"),
        ('{smaller: l1, larger: "y ~ x"}', "compared as the smaller one"),
        ("{smaller: ol, larger: l1}", "did you mean 'ols'?"),
        ('{smaller: "y ~ x + (1 | g)", larger: l1}', "no random-effects term"),
        ('{smaller: "y ~ xx", larger: l1}', "did you mean 'x"),
        ('{smaller: "y ~", larger: l1}', "nothing to the right of ~"),
    ],
)
def test_what_cannot_be_compared_is_a_fault_with_its_place(small, pair, message):
    spec = small / "pipeline.yaml"
    spec.write_text(spec.read_text() + f"compare: [{pair}]\n")
    found = mlm("validate", cwd=small)
    assert found.returncode == 2
    assert "pipeline.yaml:15:" in found.stderr
    assert message in found.stderr


def test_a_model_with_another_fixed_part_is_not_tested(small):
    spec = small / "pipeline.yaml"
    spec.write_text(spec.read_text() + 'compare: [{smaller: "y ~ x2", larger: l1}]\n')
    assert mlm("run", cwd=small).returncode == 0
    (record,) = rows(small, "comparison")
    assert (record["nested"], record["p"]) == ("false", "")
    assert "lacks fixed effects of 'l1-lm': x2" in record["reason"]


def test_bic_by_groups_counts_those_of_the_larger_model(small):
    spec = small / "pipeline.yaml"
    pairs = "compare: [{smaller: ols, larger: l1}, {smaller: 'null', larger: l1}]\n"
    spec.write_text(spec.read_text() + "estimation: {bic_n: groups}\n" + pairs)
    done = mlm("run", cwd=small)
    assert done.returncode == 0, done.stderr
    groups = len({row["level"] for row in rows(small, "ranef") if row["model"] == "l1"})
    for row in rows(small, "comparison"):
        change = (math.log(groups) - 2) * float(row["df"])
        assert float(row["delta_bic"]) - float(row["delta_aic"]) == pytest.approx(change)
