"""Results that were damaged since: what they were made into counts for nothing."""

import hashlib
import json
import os
import shutil

import pytest

from mlm_steps.steps.run.sealed import seal, unseal

from .conftest import contents, mlm

OUT = "results/small"
DAMAGES = {
    "empty": lambda _: b"",
    "truncated": lambda whole: whole[: len(whole) // 2],
    "binary": lambda whole: b"\x00\xff\xfe" + whole[3:],
    "of another schema": lambda _: b'{"schema_version": 9}',
}


def results(folder):
    return [path for path in sorted((folder / OUT).rglob("*")) if path.is_file()]


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_is_damaged_is_made_again_with_the_same_bytes(finished, damage):
    before = contents(finished / OUT)
    for path in results(finished):
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert contents(finished / OUT) == before


def flip(path):
    """Change one bit and keep the time, as a failing disk does."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def link(path):
    """Replace a file by a link to a file of the user, which nobody may change."""
    path.unlink()
    path.symlink_to(next(folder / "mine.txt" for folder in path.parents if (folder / "mine.txt").exists()))


def age(path):
    """Change a digit, and let the time be that of a clock that is ten years fast."""
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    os.utime(path, (2**31, 2**31))


WAYS = (flip, link, age, lambda path: path.unlink(), lambda path: os.utime(path, (0, 0)))


@pytest.mark.parametrize("first", [0, 2])
def test_files_that_are_damaged_in_several_ways_are_made_again(finished, first):
    before = contents(finished / OUT)
    (finished / "mine.txt").write_text("mine")
    files = results(finished)
    for number, path in enumerate(files):
        if path.name != "provenance.json":
            WAYS[(number + first) % len(WAYS)](path)
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert contents(finished / OUT) == before
    assert (finished / "mine.txt").read_text() == "mine"
    assert [path for path in files if path.is_symlink()] == []


def test_times_decide_nothing(finished):
    before = contents(finished / OUT)
    for number, path in enumerate([*results(finished), *(finished / ".snakemake" / "mlm").rglob("*")]):
        moment = (0, 2**31, 10**9)[number % 3]
        os.utime(path, (moment, moment))
    assert mlm("run", cwd=finished).stderr.startswith("nothing to do")
    (finished / OUT / "tables" / "fixed.csv").unlink()
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stderr.splitlines() if line.startswith("[")] == ["tables"]
    assert contents(finished / OUT) == before


def note(path, text=""):
    """Write a note as a run of Snakemake leaves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


NOTES = {
    "its key files": lambda notes: [path.write_bytes(b"x") for path in notes.glob("mlm/*/*")],
    "its key files are links": lambda notes: [link(path) for path in notes.glob("mlm/*/*")],
    "notes on all jobs": lambda notes: [
        note(notes / "incomplete" / path.name) for path in notes.glob("mlm/*/*")
    ],
    "an old lock": lambda notes: note(notes / "locks" / "0.output.lock", f"{OUT}/tables/fixed.csv\n"),
}


def test_a_link_to_nothing_in_place_of_a_second_report_is_replaced(finished):
    before = contents(finished / OUT)
    page = finished / OUT / "report.md"
    page.unlink()
    page.symlink_to("nowhere")
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert not page.is_symlink()
    assert contents(finished / OUT) == before


@pytest.mark.parametrize("damage", NOTES.values(), ids=NOTES)
def test_damaged_notes_of_snakemake_change_nothing(finished, damage):
    before = contents(finished / OUT)
    (finished / "mine.txt").write_text("mine")
    damage(finished / ".snakemake")
    (finished / OUT / "tables" / "fixed.csv").unlink()
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert contents(finished / OUT) == before
    assert (finished / "mine.txt").read_text() == "mine"


def test_a_note_of_snakemake_that_cannot_be_used_is_refused_in_words(finished):
    (finished / OUT / "tables" / "fixed.csv").unlink()
    shutil.rmtree(finished / ".snakemake" / "mlm")
    (finished / ".snakemake" / "mlm").touch()
    done = mlm("run", cwd=finished)
    assert done.returncode == 2, done.stderr
    assert ".snakemake/mlm" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profile_of_another_schema_is_made_again_even_where_the_ledger_knows_it(finished):
    before = contents(finished / OUT)
    profile, ledger = finished / OUT / "data" / "profile.json", finished / OUT / "provenance.json"
    profile.write_bytes(b'{"schema_version": 9}')
    entries = unseal(ledger.read_bytes())
    known = {"size": profile.stat().st_size, "sha256": hashlib.sha256(profile.read_bytes()).hexdigest()}
    entries["steps"]["data"]["outputs"]["data/profile.json"] = known
    ledger.write_bytes(seal(entries))
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert contents(finished / OUT) == before


@pytest.mark.parametrize(
    "words",
    [
        ("tables",),
        ("report",),
        ("effects",),
        ("figures",),
        ("compare", "--smaller", "l1", "--larger", "slope"),
        ("variance", "--model", "slope"),
    ],
    ids=lambda words: words[0],
)
def test_a_step_alone_refuses_a_damaged_record_in_words(finished, words):
    path = finished / OUT / "fits" / "slope.json"
    path.write_bytes(b"{}")
    done = mlm(*words, cwd=finished)
    assert done.returncode == 2, done.stderr
    assert f"{OUT}/fits/slope.json: is not a valid record" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_result_that_was_finished_before_its_process_was_killed_stays(finished):
    head = finished / OUT / "variance" / "l1.json"
    before = head.read_bytes()
    words = ("--step", "variance/l1", "--code", "137", "--log", f"{OUT}/logs/variance/l1.log")
    done = mlm("failed", "pipeline.yaml", "--out", OUT, *words, cwd=finished)
    assert done.returncode == 0, done.stderr
    assert head.read_bytes() == before
    (finished / "pipeline.yaml").write_text(
        (finished / "pipeline.yaml").read_text().replace("y ~ x + (1 | g)", "y ~ w + (1 | g)")
    )
    done = mlm("failed", "pipeline.yaml", "--out", OUT, *words, cwd=finished)
    assert done.returncode == 0, done.stderr
    assert json.loads(head.read_bytes())["absent"] == "failed"
