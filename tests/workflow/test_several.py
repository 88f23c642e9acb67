"""Several specs in one command: one pool, one summary page, and no spec that stops the others."""

import json
import signal
import subprocess
import sys
import time

import pytest

from .conftest import SPEC, contents, mlm, prepare, times

QUICK = "effort: quick\ndiagnostics: none\nprelude: []\ncompare: none\n"
"""What makes the run of a spec short."""


def quick(name, **changes):
    """Return a short analysis of the small data; ``changes`` replace words of the spec."""
    text = SPEC[: SPEC.index("prelude:")] + SPEC[SPEC.index("ladder:") :]
    text = text.replace("name: small", f"name: {name}") + QUICK
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def put(folder):
    """Put three specs into a folder: a valid one, one whose data lack a column, and one without a ladder."""
    prepare(folder)
    (folder / "a.yaml").write_text(quick("a"))
    (folder / "b.yaml").write_text(quick("b", **{"x + w": "x + v"}))
    (folder / "c.yaml").write_text("version: 1\nname: c\n")
    return folder


@pytest.fixture(scope="module")
def three_once(tmp_path_factory):
    """Return a folder in which three specs were run, and the finished command; not to be changed."""
    folder = put(tmp_path_factory.mktemp("three"))
    return folder, mlm("run", "a.yaml", "b.yaml", "c.yaml", "--cores", "2", cwd=folder)


def test_a_fault_in_one_spec_does_not_stop_the_others(three_once):
    folder, done = three_once
    assert (folder / "results/a/report.html").exists()
    assert not (folder / "results/b").exists()
    assert "b.yaml:12:34: ladder[3].formula: there is no column 'v'" in done.stderr
    assert "c.yaml:" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_exit_code_is_the_largest(three_once):
    assert three_once[1].returncode == 2


def test_the_page_has_a_verdict_for_each_rung_and_links_to_the_reports(three_once):
    content = json.loads((three_once[0] / "results/summary.json").read_text())
    a, b, c = content["specs"]
    assert [rung["verdict"] for rung in a["rungs"]] == ["converged"] * 4
    assert {rung["verdict"] for rung in b["rungs"]} == {"not_run"}
    assert (a["code"], b["code"], c["code"], content["code"]) == (0, 2, 2, 2)
    assert a["reports"] == {"html": "a/report.html", "md": "a/report.md"}
    page = (three_once[0] / "results/summary.html").read_text()
    assert '<a href="a/report.html">' in page
    assert "there is no column &#39;v&#39;" in page
    assert (
        "| [a](a/report.md) | a.yaml | done | converged |"
        in (three_once[0] / "results/summary.md").read_text()
    )


def test_a_run_among_others_writes_the_bytes_of_a_run_alone(three_once, tmp_path):
    alone = put(tmp_path)
    assert mlm("run", "a.yaml", cwd=alone).returncode == 0
    assert contents(alone / "results/a") == contents(three_once[0] / "results/a")


def test_a_run_of_unchanged_specs_does_nothing(tmp_path):
    prepare(tmp_path)
    for name in "ad":
        (tmp_path / f"{name}.yaml").write_text(quick(name))
    first = mlm("run", "a.yaml", "d.yaml", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    second = mlm("run", "a.yaml", "d.yaml", cwd=tmp_path)
    before = times(tmp_path / "results")
    words = [sys.executable, "-P", "-X", "importtime", "-m", "mlm_steps", "run", "a.yaml", "d.yaml"]
    third = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert times(tmp_path / "results") == before
    assert "nothing to do: all 2 specs are current" in second.stderr
    assert first.stdout == second.stdout == third.stdout
    assert "numpy" not in third.stderr
    assert "pydantic" not in third.stderr
    (tmp_path / "results/summary.md").write_text("changed by hand")
    mlm("run", "a.yaml", "d.yaml", cwd=tmp_path)
    assert (tmp_path / "results/summary.md").read_text().startswith("# Summary of 2 analyses")


def test_two_specs_with_one_output_folder_are_refused_before_anything_is_written(small):
    (small / "other.yaml").write_text(SPEC)
    done = mlm("run", "pipeline.yaml", "other.yaml", cwd=small)
    assert done.returncode == 2
    assert "results/small: is the output folder of pipeline.yaml and of other.yaml" in done.stderr
    assert not (small / "results").exists()


def test_a_spec_that_is_listed_twice_is_refused(small):
    done = mlm("run", "pipeline.yaml", "./pipeline.yaml", cwd=small)
    assert done.returncode == 2
    assert "pipeline.yaml: is listed 2 times (name each spec once)" in done.stderr
    assert not (small / "results").exists()


def test_faults_of_each_spec_are_in_the_summary_of_github_and_annotated_once(tmp_path):
    put(tmp_path)
    (tmp_path / "a.yaml").write_text(quick("a") + "expect: [{model: l1, icc: {min: 0.99}}]\n")
    told = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "step.md", "GITHUB_WORKSPACE": str(tmp_path)}
    done = mlm("run", "a.yaml", "b.yaml", "c.yaml", "--cores", "2", cwd=tmp_path, **told)
    assert done.returncode == 2
    text = (tmp_path / "step.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("##")] == ["## a", "## b", "## c"]
    assert "b.yaml:12:34: ladder[3].formula: there is no column 'v'" in text
    lines = [line for line in done.stderr.splitlines() if line.startswith("::error")]
    assert [*dict.fromkeys(line.partition(",title")[0] for line in lines)] == [
        f"::error file=a.yaml,line={len(quick('a').splitlines()) + 1},col=10",
        "::error file=b.yaml,line=12,col=34",
        "::error file=c.yaml,line=1,col=1",
    ]
    assert "::error" not in (tmp_path / "results/summary.json").read_text()


def test_an_output_folder_holds_the_results_of_all_specs(small):
    (small / "a.yaml").write_text(quick("a"))
    done = mlm("run", "a.yaml", "none.yaml", "--out", "there", cwd=small)
    assert done.returncode == 2
    assert (small / "there/a/report.md").exists()
    assert (small / "there/summary.html").exists()
    assert not (small / "results").exists()


def test_a_dry_run_of_several_specs_writes_nothing(small):
    (small / "a.yaml").write_text(quick("a"))
    done = mlm("run", "a.yaml", "none.yaml", "--dry-run", cwd=small)
    assert done.returncode == 2
    assert "a.yaml:" in done.stdout
    assert "fit/slope" in done.stdout
    assert "there is no such file" in done.stderr
    assert not (small / "results").exists()


def test_an_interrupted_run_leaves_no_process_and_is_continued(small):
    for name in "ad":
        (small / f"{name}.yaml").write_text(quick(name))
    words = [sys.executable, "-P", "-m", "mlm_steps", "run", "a.yaml", "d.yaml", "--cores", "2"]
    process = subprocess.Popen(words, cwd=small, stderr=subprocess.PIPE, text=True, start_new_session=True)
    ledger = small / "results/a/provenance.json"
    while not ledger.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert mlm("run", "a.yaml", "d.yaml", cwd=small).returncode == 0
