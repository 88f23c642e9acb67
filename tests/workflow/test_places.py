"""Folders with odd names, and a home that cannot be written."""

import os
import subprocess
import sys

import pytest

from .conftest import contents, prepare

OUT = "results/small"

OUTS = {
    "braces": b"a{b}c",
    "quotes and a dollar": b'it\'s "q" $HOME',
    "angle brackets and a semicolon": b"a<b>;c|d",
    "white space around": b" a\nb ",
    "bytes that are no characters": b"caf\xe9",
    "a tilde": b"~",
    "an option": b"-dash",
    "125 characters": b"x" * 125,
    "what YAML reads as a number": b"1e3",
}
SPEC = """\
version: 1
name: small
data: {file: small.csv}
estimation: {allfit: never}
ladder:
  - {name: l1, formula: "y ~ x + (1 | g)"}
"""


def run(folder, *words, **environment):
    """Run the analysis of one rung in a folder; return the finished process, its output as bytes."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "mlm_steps", "run", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path)
    (tmp_path / "pipeline.yaml").write_text(SPEC)
    return tmp_path


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return what a run writes where no name is odd."""
    folder = prepare(tmp_path_factory.mktemp("plain"))
    (folder / "pipeline.yaml").write_text(SPEC)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return contents(folder / OUT)


@pytest.mark.parametrize("name", OUTS.values(), ids=OUTS)
def test_an_output_folder_may_have_any_name(folder, plain, name):
    done = run(folder, b"--out=" + name)
    assert done.returncode == 0, done.stderr
    assert contents(folder / os.fsdecode(name)) == plain
    again = run(folder, b"--out=" + name)
    assert again.stderr.startswith(b"nothing to do")


@pytest.mark.parametrize("name", [b"a{b}c", b"caf\xe9", b"x" * 125, b"a 'b' $c"], ids=repr)
def test_the_current_folder_and_that_of_temporary_files_may_have_any_name(folder, plain, name):
    inner = folder / os.fsdecode(name)
    prepare_in = inner / "analysis"
    prepare_in.mkdir(parents=True)
    prepare(prepare_in)
    (prepare_in / "pipeline.yaml").write_text(SPEC)
    done = run(prepare_in, TMPDIR=str(inner))
    assert done.returncode == 0, done.stderr
    assert contents(prepare_in / OUT) == plain


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_a_home_that_cannot_be_written_does_not_matter(folder, plain, variable):
    below_a_file = folder / "small.csv" / "home"
    done = run(folder, **{variable: str(below_a_file)})
    assert done.returncode == 0, done.stderr
    assert contents(folder / OUT) == plain


@pytest.mark.parametrize("name", ["1e3", "1_000"])
def test_the_name_of_a_spec_may_be_a_number(folder, name):
    (folder / "pipeline.yaml").rename(folder / name)
    done = run(folder, name)
    assert done.returncode == 0, done.stderr
    assert (folder / "results/small/report.html").is_file()


def test_a_spec_whose_name_is_no_text_is_refused_before_anything_is_written(folder):
    name = os.fsdecode(b"caf\xe9.yaml")
    (folder / "pipeline.yaml").rename(folder / name)
    done = run(folder, name)
    assert done.returncode == 2
    assert b"the path of the spec has bytes that are no characters" in done.stderr
    assert {path.name for path in folder.iterdir()} == {name, "small.csv"}
