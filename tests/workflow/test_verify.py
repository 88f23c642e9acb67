"""``mlm verify`` names every file and every fit of a finished run that is not what the run recorded."""

import hashlib
import json
import shutil

import pytest

from mlm_steps.cli.main import run_command
from mlm_steps.steps.run.sealed import seal
from mlm_steps.verify.fits import ABSOLUTE
from mlm_steps.verify.recorded import open_run
from mlm_steps.verify.verify import verify

from .conftest import mlm


def found_in(folder, **options):
    found = verify(open_run(folder), **options)
    return [(each.kind, each.subject) for each in found.of("differs", "unchecked")]


def out(folder):
    return folder / "results/small"


def edit(path, old, new, count=1):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def enter(folder, content):
    """Write provenance.json with a checksum that matches."""
    del content["checksum"]
    (out(folder) / "provenance.json").write_bytes(seal(content))


def restamp(folder, name):
    """Enter the present hash of an output in the ledger, as one would who hides a change."""
    place = out(folder) / "provenance.json"
    content = json.loads(place.read_text())
    for step in content["steps"].values():
        if name in step["outputs"]:
            changed = (out(folder) / name).read_bytes()
            digest = hashlib.sha256(changed).hexdigest()
            step["outputs"][name] |= {"size": len(changed), "sha256": digest}
    enter(folder, content)


def alter(folder, key, factor):
    """Multiply the first parameter of a kind in the record of a rung, and hide this from the ledger."""
    place = out(folder) / "fits/l1.json"
    record = json.loads(place.read_text())
    record["reml"][key][0] *= factor
    place.write_text(json.dumps(record))
    restamp(folder, "fits/l1.json")


def test_a_finished_run_is_verified_to_rounding(finished_once, monkeypatch):
    monkeypatch.chdir(finished_once)
    found = verify(open_run(finished_once / "pipeline.yaml"))
    assert found.agrees
    criteria = [each.details for each in found.findings if each.kind == "criterion"]
    assert len(criteria) == 9  # REML and ML of four rungs, and one single-level model
    assert all(abs(each["recorded"] - each["computed"]) < ABSOLUTE for each in criteria)
    assert found.text().startswith("results/small: verified\n  small\n  run of 20")


DAMAGES = {
    "a table": (lambda run: flip(out(run) / "tables/fixed.csv"), [("output_changed", "tables/fixed.csv")]),
    "a truncated figure": (
        lambda run: (out(run) / "figures/forest.svg").write_text("<svg"),
        [("output_changed", "figures/forest.svg")],
    ),
    "a report that is gone": (
        lambda run: (out(run) / "report.md").unlink(),
        [("output_missing", "report.md")],
    ),
    "a log that is gone": (
        lambda run: (out(run) / "logs/fit/l1.log").unlink(),
        [("output_missing", "logs/fit/l1.log")],
    ),
    "a comment in the spec": (
        lambda run: edit(run / "pipeline.yaml", "version: 1", "version: 1 # one"),
        [("input_changed", "pipeline.yaml")],
    ),
    "no spec": (lambda run: (run / "pipeline.yaml").unlink(), [("input_missing", "pipeline.yaml")]),
    "no data": (lambda run: (run / "small.csv").unlink(), [("input_missing", "small.csv")]),
    "a variance of a record": (
        lambda run: alter(run, "theta", 1.01),
        [("criterion_differs", "l1 (REML)")],
    ),
    "a coefficient of a record": (
        lambda run: alter(run, "beta", 1.01),
        [("estimates_differ", "l1 (REML)")],
    ),
    "a record that is none": (
        lambda run: ((out(run) / "fits/l1.json").write_text("{}"), restamp(run, "fits/l1.json")),
        [("record_invalid", "l1")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_named(finished, damage):
    change, expected = DAMAGES[damage]
    change(finished)
    assert found_in(out(finished)) == expected


def test_a_changed_cell_of_the_data_changes_sample_and_criteria(finished):
    text = (finished / "small.csv").read_text().splitlines()
    cells = text[5].split(",")
    text[5] = ",".join([*cells[:-1], f"{float(cells[-1]) + 0.001:.6f}"])
    (finished / "small.csv").write_text("\n".join(text) + "\n")
    found = found_in(out(finished))
    assert found[:2] == [("input_changed", "small.csv"), ("sample_differs", "analysis sample")]
    assert {kind for kind, _ in found[2:]} == {"criterion_differs"}
    assert len(found) == 2 + 9


def test_a_dropped_row_is_counted(finished):
    text = (finished / "small.csv").read_text().splitlines()
    (finished / "small.csv").write_text("\n".join(text[:-1]) + "\n")
    said = verify(open_run(out(finished))).text()
    assert "spec and data give 159 rows now, the run had 160" in said
    assert "l1: the data give 159 rows, the record has 160" in said


def test_a_folder_that_was_mailed_is_checked_against_its_own_sample(finished, tmp_path):
    mailed = shutil.copytree(out(finished), tmp_path / "far" / "mailed")
    assert found_in(mailed) == [("input_missing", "pipeline.yaml"), ("input_missing", "small.csv")]
    found = verify(open_run(mailed), with_inputs=False)
    assert found.agrees
    assert "computed again from the analysis sample in the folder" in found.text()


def test_equal_runs_have_equal_fingerprints(finished):
    before = verify(open_run(out(finished))).fingerprint
    assert mlm("run", "--force", cwd=finished).returncode == 0
    assert verify(open_run(out(finished))).fingerprint == before


def test_an_edited_record_of_the_run_is_said(finished):
    edit(out(finished) / "provenance.json", '"who": {', '"who":  {')
    assert found_in(out(finished)) == [("ledger_edited", "provenance.json")]


def test_a_file_of_others_is_a_remark(finished):
    (out(finished) / "notes.txt").write_text("read me")
    found = verify(open_run(out(finished)))
    assert found.agrees
    assert [each.subject for each in found.of("remark")] == ["notes.txt"]


def test_a_ledger_cannot_name_files_outside_the_folder(finished):
    place = out(finished) / "provenance.json"
    content = json.loads(place.read_text())
    outputs = content["steps"]["tables"]["outputs"]
    outputs["../../pipeline.yaml"] = outputs.pop("tables/fixed.csv")
    enter(finished, content)
    assert found_in(out(finished)) == [("ledger_damaged", "tables")]


def test_a_run_that_did_not_end_is_said(finished):
    place = out(finished) / "provenance.json"
    content = json.loads(place.read_text())
    del content["run"], content["steps"]["fit/l1"]
    enter(finished, content)
    assert ("unfinished", "provenance.json") in found_in(out(finished))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing", "there is no such file or folder"),
        ("results", "provenance.json is missing (it has runs in small)"),
        ("small.csv", "small.csv"),
    ],
)
def test_what_is_no_run_is_refused(finished, monkeypatch, capsys, path, said):
    monkeypatch.chdir(finished)
    assert run_command(["verify", path]) == 2
    assert said in capsys.readouterr().err


def test_a_damaged_record_of_the_run_is_refused(finished, capsys):
    (out(finished) / "provenance.json").write_bytes(b'{"run": ')
    assert run_command(["verify", str(out(finished))]) == 2
    assert "provenance.json: cannot be read" in capsys.readouterr().err


def test_a_run_of_another_version_is_refused_in_one_sentence(finished, capsys):
    place = out(finished) / "provenance.json"
    content = json.loads(place.read_text())
    del content["checksum"]
    place.write_text(json.dumps({**content, "schema_version": 1}))
    assert run_command(["verify", str(out(finished))]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "another version of mlm made these results (mlm-steps " in line


def test_exit_code_and_json_say_the_same(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    assert run_command(["verify", "pipeline.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agrees"] is True
    flip(out(finished) / "tables/fit.csv")
    assert run_command(["verify", "results/small", "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert [each["subject"] for each in printed["findings"] if each["status"] == "differs"] == [
        "tables/fit.csv"
    ]
