"""Runs that are killed with all their processes at certain moments; ``benchmarks/kill.py`` draws moments."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from .conftest import contents, mlm

OUT = "results/small"
KILL = """\
import os, pathlib, signal

name, text, late = os.environ["KILL_AT"].split("|")
original = pathlib.Path.replace

def end():
    run = int(os.environ["MLM_RUN"].rpartition(":")[2])
    for process in (run, os.getppid(), os.getpid()):  # the run, the pool and the step
        os.kill(process, signal.SIGKILL)

def replace(self, target):
    there = str(target).endswith(name) and text in self.read_text()
    if there and not late:
        end()
    original(self, target)
    if there:
        end()

pathlib.Path.replace = replace
"""
MOMENTS = {
    "the first record is written, its step is not entered": ("data/profile.json", "", "late"),
    "the entry of a step is written, but not in place": ("provenance.json", '"fit/slope": {', ""),
    "the entry of the last step is in place": ("provenance.json", '"report": {', "late"),
}
"""The file that is renamed, a text in it, and whether the kill comes before or after."""


def entries(folder):
    path = folder / OUT / "provenance.json"
    return json.loads(path.read_text())["steps"] if path.exists() else {}


def killed(folder, moment, temporary):
    """Run until a moment, at which all processes are killed."""
    (folder / "sitecustomize.py").write_text(KILL)
    added = {"KILL_AT": "|".join(moment), "PYTHONPATH": str(folder), "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mlm_steps", "run"],
        cwd=folder,
        env={**os.environ, **added},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    (folder / "sitecustomize.py").unlink()


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_next_run_goes_on_by_itself_and_nothing_is_left(small, finished_once, tmp_path_factory, moment):
    temporary = tmp_path_factory.mktemp("tmp")
    killed(small, MOMENTS[moment], temporary)
    before = entries(small)
    done = mlm("run", cwd=small, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    assert contents(small / OUT) == contents(finished_once / OUT)
    after = entries(small)
    assert {step: after[step]["started"] for step in before} == {
        step: entry["started"] for step, entry in before.items()
    }
    assert list((small / OUT).rglob(".mlm-*")) == []
    assert done.stderr.startswith("nothing to do") or list(temporary.iterdir()) == []


def test_the_former_report_stays_until_the_new_one_takes_its_place(finished, tmp_path_factory):
    page = finished / OUT / "report.html"
    before = page.read_bytes()
    spec = finished / "pipeline.yaml"
    spec.write_text(spec.read_text().replace("name: small", "name: small\ntitle: Another title"))
    killed(finished, ("report.html", "", ""), tmp_path_factory.mktemp("tmp"))
    assert page.read_bytes() == before
    lines = mlm("status", cwd=finished).stdout.splitlines()
    assert "report" in [line.split()[0] for line in lines if "stale" in line]
    done = mlm("run", "--explain", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert "by hand" not in done.stderr
    assert "missing" not in done.stderr
    assert b"Another title" in page.read_bytes()


def start(folder, *words, temporary):
    with (folder / "said").open("w") as said:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "mlm_steps", *words],
            cwd=folder, env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
        )  # fmt: skip


def wait_until(true):
    end = time.monotonic() + 200
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_interrupts_in_quick_succession_end_a_run_in_order(small, tmp_path_factory):
    temporary = tmp_path_factory.mktemp("tmp")
    process = start(small, "run", temporary=temporary)
    wait_until(lambda: "] " in (small / "said").read_text())
    for _ in range(8):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.005)
    assert process.wait(200) == 130
    said = (small / "said").read_text()
    assert said.splitlines()[-1].startswith("interrupted; what was finished is kept")
    assert "Traceback" not in said
    assert [*temporary.iterdir(), *small.rglob(".mlm-*")] == []


def test_the_run_of_a_killed_server_ends_with_it(small, tmp_path_factory):
    temporary = tmp_path_factory.mktemp("tmp")
    process = start(small, "serve", "--watch", temporary=temporary)
    wait_until(lambda: "] " in (small / "said").read_text())
    process.kill()
    process.wait()
    wait_until(lambda: list(temporary.iterdir()) == [])  # the pool removes it at the end of the run
    before = entries(small)
    time.sleep(0.5)
    assert entries(small) == before
    assert "report" not in before
    assert mlm("status", cwd=small).stdout.partition("\n")[0].count("done") == 1


def test_closed_standard_streams_do_no_harm(finished):
    before = contents(finished / OUT)
    (finished / OUT / "tables" / "fixed.csv").unlink()
    words = f"exec {sys.executable} -P -m mlm_steps run <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", words], cwd=finished, check=False, timeout=300).returncode == 0
    assert contents(finished / OUT) == before
