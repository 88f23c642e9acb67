"""Results that were damaged since: what they were made into counts for nothing."""

import hashlib
import json

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
