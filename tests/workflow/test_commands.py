"""The other commands, and what the README says of them."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import mlm

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


YES_NO = (ROOT / "docs" / "yes-no-and-counts.md").read_text(encoding="utf-8")


def blocks(language, page=README):
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_validate_prints_the_resolved_ladder_and_writes_nothing(small):
    before = sorted(small.iterdir())
    done = mlm("validate", cwd=small)
    assert done.returncode == 0, done.stderr
    assert "y ~ x + w + (x | g)" in done.stdout
    assert "160 rows" in done.stdout
    assert sorted(small.iterdir()) == before


def test_a_command_that_there_is_not_is_answered_with_those_that_a_person_types(small):
    done = mlm("validat", cwd=small)
    assert done.returncode == 2
    assert "'validate'" in done.stderr
    assert "begin" not in done.stderr
    assert "failed" not in done.stderr


def test_a_preset_is_printed_expanded(small):
    text = (small / "pipeline.yaml").read_text()
    preset = "ladder: {preset: heck, outcome: y, group: g, level_1: [x], random_slopes: [x], level_2: [w]}\n"
    (small / "pipeline.yaml").write_text(text[: text.index("ladder:")] + preset)
    done = mlm("validate", cwd=small)
    assert done.returncode == 0, done.stderr
    assert "y ~ x + w + (x | g)" in done.stdout


def test_schema_is_json_and_the_committed_one(small):
    done = mlm("schema", cwd=small)
    assert done.returncode == 0
    assert json.loads(done.stdout)["type"] == "object"
    assert done.stdout == (ROOT / "config" / "pipeline.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", ["run", "validate", "prepare", "init", "schema", "data", "prelude", "fit", "compare",
                "variance", "diagnostics", "assumptions", "allfit", "deletions",
                "effects", "figures", "tables", "report"],
)  # fmt: skip
def test_every_command_has_help_with_an_example(small, command):
    done = mlm(command, "--help", cwd=small)
    assert done.returncode == 0
    assert f"Example: mlm {command}" in done.stdout


def test_init_writes_a_spec_that_runs_as_it_is(small):
    (small / "pipeline.yaml").unlink()
    done = mlm("init", "small.csv", "--outcome", "y", "--group", "g", cwd=small)
    assert done.returncode == 0, done.stderr
    ran = mlm("run", cwd=small)
    assert ran.returncode == 0, ran.stderr
    assert (small / "results" / "small" / "report.html").is_file() or list(
        small.glob("results/*/report.html")
    )


def test_a_wheel_installed_elsewhere_runs(small, tmp_path_factory):
    wheels, place = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("place")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", wheels, ROOT], check=True, timeout=300)
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(place)
    code = "import sys; from mlm_steps.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "run"],
        cwd=small,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (place / "mlm_steps" / "_share" / "workflow" / "Snakefile").is_file()
    assert (small / "results" / "small" / "report.html").is_file()


def test_the_readmes_commands_work(tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("mlm ")]
    assert len(commands) >= 3
    for command in commands:
        done = mlm(*command.split()[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_the_readmes_first_spec_is_valid(tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "pipeline.yaml").write_text(blocks("yaml")[0])
    done = mlm("validate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("page", "words"), [(README, "Linear mixed model"), (YES_NO, "Generalized linear mixed model")]
)
def test_the_notebook_code_of_a_page_runs(page, words):
    (code,) = blocks("python", page)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


def test_the_spec_of_the_page_on_yes_and_no_is_valid(tmp_path):
    shutil.copy(ROOT / "config" / "examples" / "data" / "contraception.csv", tmp_path)
    (block,) = blocks("yaml", YES_NO)
    data = "version: 1\nname: women\ndata:\n  file: contraception.csv\n  columns: {use: {levels: [N, Y]}}\n"
    data += "  derive: {residence: {recode: urban, map: {N: rural, Y: urban}}}\n"
    (tmp_path / "pipeline.yaml").write_text(data + block)
    done = mlm("validate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "binomial" in done.stdout


def test_the_readme_names_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^make (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE)
    assert targets == ["run", "check"]
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, flags=re.MULTILINE)] == []


def test_a_reader_that_stops_early_sees_no_traceback(small):
    words = [sys.executable, "-P", "-m", "mlm_steps", "schema"]
    with subprocess.Popen(words, cwd=small, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read().decode()
    assert (process.returncode, said) == (141, "")
