"""``mlm crate`` packs a run; the packages rocrate and runcrate read it back."""

import hashlib
import io
import json
import sys
import zipfile

import pytest

from mlm_steps.cli.main import run_command


def out(folder):
    return folder / "results/small"


def test_without_the_package_the_command_is_refused(finished, monkeypatch, capsys, tmp_path):
    for name in ("rocrate", "rocrate.rocrate"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run_command(["crate", str(out(finished)), "--out", str(tmp_path / "a.zip")]) == 2
    said = capsys.readouterr().err
    assert said == "mlm crate: the package rocrate is not installed (pip install 'mlm-steps[rocrate]')\n"
    assert not (tmp_path / "a.zip").exists()


def test_a_changed_run_is_not_packed(finished, capsys, tmp_path):
    (out(finished) / "tables/fixed.csv").write_text("x\n")
    (finished / "small.csv").unlink()
    assert run_command(["crate", str(out(finished)), "--out", str(tmp_path / "a.zip")]) == 2
    said = capsys.readouterr().err
    assert "tables/fixed.csv: was changed after the run" in said
    assert "small.csv: the data file is not where the run found it" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("results/small/a.zip", "is in the folder of the run"),
        ("nowhere/a.zip", "its folder does not exist"),
        ("small.csv", "there is a file of this name"),
        (".", "is a folder with files"),
    ],
)
def test_a_place_that_is_taken_is_refused(finished, monkeypatch, capsys, name, said):
    monkeypatch.chdir(finished)
    assert run_command(["crate", "pipeline.yaml", "--out", name]) == 2
    assert said in capsys.readouterr().err


def packed(finished, target, *words):
    pytest.importorskip("rocrate")
    assert run_command(["crate", str(out(finished)), "--out", str(target), *words]) == 0
    return target


def test_rocrate_reads_every_file_with_its_hash(finished, tmp_path):
    folder = packed(finished, tmp_path / "crate", "--license", "https://creativecommons.org/licenses/by/4.0/")
    from rocrate.rocrate import ROCrate

    crate = ROCrate(folder)
    assert crate.mainEntity.id == "workflow/Snakefile"
    assert crate.license == "https://creativecommons.org/licenses/by/4.0/"
    profiles = {each.id for each in crate.root_dataset["conformsTo"]}
    assert "https://w3id.org/ro/wfrun/workflow/0.5" in profiles
    files = [entity for entity in crate.data_entities if "File" in entity.type or entity.type == "File"]
    for entity in files:
        assert entity["sha256"] == hashlib.sha256((folder / entity.id).read_bytes()).hexdigest()
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found - {"ro-crate-metadata.json"} == {entity.id for entity in files}


def test_the_crate_can_be_verified_where_it_is_unpacked(finished, tmp_path, monkeypatch, capsys):
    packed(finished, tmp_path / "crate")
    monkeypatch.chdir(tmp_path / "crate")
    capsys.readouterr()
    assert run_command(["verify", "inputs/pipeline.yaml", "--out", "results"]) == 0
    assert "inputs: 2 of 2 are there and unchanged" in capsys.readouterr().out


def test_runcrate_reports_the_run(finished, tmp_path):
    archive = packed(finished, tmp_path / "a.zip")
    report = pytest.importorskip("runcrate.report")
    said = io.StringIO()
    report.dump_crate_actions(archive, f=said)
    lines = said.getvalue().splitlines()
    assert lines[:2] == [
        "action: #run",
        "  instrument: workflow/Snakefile (['File', 'SoftwareSourceCode', 'ComputationalWorkflow'])",
    ]
    assert "    inputs/pipeline.yaml <- #input-spec" in lines
    assert "    inputs/small.csv <- #input-data-1" in lines
    assert "    results/report.html <- #output-report-html" in lines


def test_one_run_gives_the_same_bytes(finished, tmp_path):
    one, other = packed(finished, tmp_path / "a.zip"), packed(finished, tmp_path / "b.zip")
    assert one.read_bytes() == other.read_bytes()


def test_data_can_be_left_out(finished, tmp_path):
    archive = packed(finished, tmp_path / "a.zip", "--without-data")
    with zipfile.ZipFile(archive) as content:
        assert "inputs/small.csv" not in content.namelist()
        graph = json.loads(content.read("ro-crate-metadata.json"))["@graph"]
    (described,) = [entity for entity in graph if entity["@id"] == "#data-1"]
    assert described["sha256"] == hashlib.sha256((finished / "small.csv").read_bytes()).hexdigest()
