"""The main job: what it writes, what it makes again, what interrupts it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from mlm_steps.engine.structures.compiled import form

from .conftest import contents, mlm, plain_snakemake, times

OUT = "results/small"
PATIENCE = 60.0
"""Seconds that the processes of a killed run may take to end on a machine that is busy."""


def edit(folder, old, new):
    spec = folder / "pipeline.yaml"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new))


def made(folder):
    """Return when each step was last made."""
    steps = json.loads((folder / OUT / "provenance.json").read_text())["steps"]
    return {name: entry["started"] for name, entry in steps.items()}


def remade(folder, before):
    return {name for name, started in made(folder).items() if before.get(name) != started}


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "mlm_steps", "run"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def after_lines(process, count):
    """Wait until a run has said that so many steps are done."""
    while count:
        line = process.stderr.readline()
        assert line, "the run ended before"
        count -= line.startswith("[")


def kill(process):
    """End a run as kill -9 does."""
    process.kill()
    process.communicate()


def test_a_run_writes_what_the_contract_names(finished_once):
    wanted = ["report.html", "report.md", "provenance.json", "data/profile.json", "logs/data.log"]
    wanted += ["tables/fixed.csv", "tables/random.csv", "tables/fit.csv", "tables/comparison.csv"]
    wanted += ["tables/variance_explained.csv", "tables/icc.csv", "tables/ranef.csv"]
    wanted += [f"fits/{rung}.json" for rung in ("null", "l1", "slope", "l2")]
    wanted += [f"figures/{name}.svg" for name in ("ladder", "caterpillar", "raw_data")]
    assert [name for name in wanted if not (finished_once / OUT / name).is_file()] == []


def test_the_provenance_names_the_seed_and_the_form_of_the_kernel(finished_once):
    found = json.loads((finished_once / OUT / "provenance.json").read_text())["run"]
    assert found["seed"] == 1
    assert found["kernel"] == form()


def test_every_step_leaves_a_log_of_what_it_found(finished_once):
    said = (finished_once / OUT / "logs" / "fit" / "slope.log").read_text()
    assert "y ~ x + (x | g)" in said
    assert "REML: " in said
    logs = list((finished_once / OUT / "logs").rglob("*.log"))
    assert len(logs) == len(made(finished_once))
    assert [log for log in logs if not log.read_text().strip()] == []


def test_a_finished_run_does_nothing_again(finished):
    before = times(finished / OUT)
    again = mlm("run", cwd=finished)
    assert again.returncode == 0
    assert "report: results/small/report.html" in again.stdout
    first, *advice = again.stderr.splitlines()
    assert first == f"nothing to do: all {len(made(finished))} steps are current"
    assert all("blends" in line or "slope" in line for line in advice), advice
    assert times(finished / OUT) == before


def test_the_same_inputs_give_the_same_bytes(finished):
    first = contents(finished / OUT)
    assert mlm("run", "--force", cwd=finished).returncode == 0
    assert contents(finished / OUT) == first


RUNGS = ("null", "l1", "slope", "l2")
LADDER = {"effort", "allfit", "deletions", "effects", "remedies", "assumptions", "influence", "cost"}
LATER = {"figures", "tables", "report"}


@pytest.mark.parametrize(
    ("old", "new", "steps"),
    [
        pytest.param(
            "y ~ x + w + (x | g)",
            "y ~ x * w + (x | g)",
            {"fit/l2", "compare/slope--l2", "variance/l2", "profile/l2", *LADDER, *LATER},
            id="a rung of the same variables",
        ),
        pytest.param(
            "y ~ x + w + (x | g)",
            "y ~ x + x2 + (x | g)",
            {"data", "fit/l2", "compare/slope--l2", "variance/l2", "profile/l2", *LADDER, *LATER},
            id="a rung with a new variable that costs no row",
        ),
        pytest.param("label: Size", "label: Members", LATER - {"tables"}, id="a label"),
        pytest.param("name: small", "name: small\ntitle: A title", LATER - {"tables"}, id="the title"),
        pytest.param("name: small", "name: small\nestimation: {df: kenward-roger}",
                     {*(f"fit/{rung}" for rung in RUNGS), "effects", "influence", "cost", *LATER},
                     id="the degrees of freedom"),
        pytest.param("name: small", "name: small\nestimation: {anova: II}",
                     {*(f"fit/{rung}" for rung in RUNGS), "effects", *LATER}, id="the F tests"),
        pytest.param("name: ols, formula: \"y ~ x\"", "name: ols, formula: \"y ~ x + w\"",
                     {"data", "prelude/ols", "assumptions", "cost", *LATER}, id="a model of the prelude"),
    ],
)  # fmt: skip
def test_an_edit_makes_anew_what_depends_on_it_and_nothing_else(finished, old, new, steps):
    before = made(finished)
    edit(finished, old, new)
    assert mlm("run", cwd=finished).returncode == 0
    assert remade(finished, before) == steps


NO_SEARCH = """\
import sys
if sys.argv[1:2] == ["run"]:
    import mlm_steps.engine.fit.mixed as estimates
    search = estimates.fit_lmm
    def fit_lmm(design, **options):
        frame = sys._getframe()
        while frame is not None:  # other steps may fit other models, such as one with split slopes
            if frame.f_code.co_filename.endswith(("steps/fit.py", "steps/prelude.py", "steps/compare.py")):
                raise RuntimeError("an optimum is searched for")
            frame = frame.f_back
        return search(design, **options)
    estimates.fit_lmm = fit_lmm
"""


@pytest.mark.parametrize("estimation", ["df: kenward-roger", "anova: II", "confidence: 0.9"])
def test_other_tests_of_the_same_estimates_search_for_no_optimum_and_give_the_bytes_of_a_fresh_run(
    finished, tmp_path_factory, estimation
):
    edit(finished, "name: small", f"name: small\nestimation: {{{estimation}, allfit: never}}")
    fresh = tmp_path_factory.mktemp("fresh")
    for name in ("pipeline.yaml", "small.csv"):
        shutil.copy(finished / name, fresh)
    (finished / "sitecustomize.py").write_text(NO_SEARCH)
    done = mlm("run", cwd=finished, PYTHONPATH=str(finished))
    if "confidence" not in estimation:  # on which the advice on a singular rung depends, which fits others
        assert done.returncode == 0, done.stderr
    assert "fit/slope: its tests have changed (estimation: df, anova or confidence)" in done.stderr
    assert mlm("run", cwd=fresh).returncode == 0
    assert contents(finished / OUT) == contents(fresh / OUT)


def test_a_changed_value_in_a_column_that_no_model_uses_refits_nothing(finished):
    before = made(finished)
    lines = (finished / "small.csv").read_text().splitlines()
    cells = lines[3].split(",")
    cells[2] = "9.5"
    lines[3] = ",".join(cells)
    (finished / "small.csv").write_text("\n".join(lines) + "\n")
    assert mlm("run", cwd=finished).returncode == 0
    assert not [name for name in remade(finished, before) if name.startswith(("fit/", "prelude/"))]


def test_results_that_were_restored_without_snakemakes_notes_are_checked(finished):
    shutil.rmtree(finished / ".snakemake")
    files = [path for path in (finished / OUT).rglob("*") if path.is_file()]
    shuffled = random.Random(1)
    for path in files:
        moment = 1_600_000_000 + shuffled.randrange(10_000_000)
        os.utime(path, (moment, moment))
    before = made(finished)
    assert mlm("run", cwd=finished).returncode == 0
    assert remade(finished, before) == set()
    shutil.rmtree(finished / ".snakemake", ignore_errors=True)
    edit(finished, "y ~ x + w + (x | g)", "y ~ x * w + (x | g)")
    assert mlm("run", cwd=finished).returncode == 0
    assert remade(finished, before) == {
        "fit/l2",
        "compare/slope--l2",
        "variance/l2",
        "profile/l2",
        *LADDER,
        *LATER,
    }


def test_a_file_that_was_changed_by_hand_is_made_anew(finished):
    path = finished / OUT / "fits" / "slope.json"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"sigma", b"sigmb"))
    assert mlm("run", cwd=finished).returncode == 0
    assert path.read_bytes() == good


def test_a_rung_that_left_the_spec_leaves_no_file(finished):
    edit(finished, '  - {name: l2, formula: "y ~ x + w + (x | g)"}\n', "")
    edit(finished, "name: small", "name: small\nreport: {formats: [html]}")
    assert mlm("run", cwd=finished).returncode == 0
    left = [name for name in contents(finished / OUT) if "l2" in name or name == "report.md"]
    assert left == []


def test_a_dry_run_says_what_would_run_and_writes_nothing(small):
    said = mlm("run", "--dry-run", cwd=small)
    assert said.returncode == 0
    assert "fit/slope" in said.stdout
    assert not (small / "results").exists()


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_after_a_kill_the_next_run_goes_on_by_itself(small, finished_once, steps):
    process = start(small)
    after_lines(process, steps)
    kill(process)
    before = made(small)
    again = mlm("run", cwd=small)
    assert again.returncode == 0, again.stderr
    finished_before = {name for name, started in made(small).items() if before.get(name) == started}
    assert len(finished_before) >= steps
    assert contents(finished_once / OUT) == contents(small / OUT)


def test_an_interrupt_ends_with_130_and_keeps_what_was_finished(small):
    process = start(small)
    after_lines(process, 3)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    before = made(small)
    assert mlm("run", cwd=small).returncode == 0
    assert not set(before) & remade(small, before)


def test_nothing_of_a_killed_run_goes_on_working(small):
    process = start(small)
    after_lines(process, 2)
    kill(process)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and _alive(process.pid):
        time.sleep(0.1)
    assert not _alive(process.pid)


def _alive(session):
    """Return whether any process of a session, or of the pool that names it, is left."""
    listed = subprocess.run(["ps", "-eo", "pid,sess,args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if line.split()[1:2] == [str(session)]]


def test_two_runs_do_not_work_in_one_folder_at_a_time(small):
    process = start(small)
    after_lines(process, 1)
    os.kill(process.pid, signal.SIGSTOP)  # it might end before the second has begun
    second = mlm("run", "--force", cwd=small)
    os.kill(process.pid, signal.SIGCONT)
    process.communicate(timeout=120)
    assert second.returncode == 2
    assert f"another run is using this output folder (process {process.pid} on " in second.stderr
    assert process.returncode == 0


SABOTAGE = """\
import os, sys
if sys.argv[1:2] == ["run"] or "fit" in sys.argv:
    import mlm_steps.engine.fit.mixed as estimates
    original = estimates.fit_lmm
    def fit_lmm(design, **options):
        if design.formula == "y ~ x + (x | g)":
            %s
        return original(design, **options)
    estimates.fit_lmm = fit_lmm
"""


@pytest.mark.parametrize(
    ("end", "reason"),
    [("os.kill(os.getpid(), 9)", "killed"), ("raise RuntimeError('no luck')", "no luck")],
)
def test_a_rung_that_fails_does_not_hide_the_others(small, end, reason):
    (small / "sitecustomize.py").write_text(SABOTAGE % end)
    done = mlm("run", cwd=small, PYTHONPATH=str(small))
    assert done.returncode == 3
    assert "fit/slope" in done.stderr
    report = (small / OUT / "report.md").read_text()
    assert reason in report
    table = (small / OUT / "tables" / "fit.csv").read_text()
    assert [line.split(",")[0] for line in table.splitlines()] == ["model", "null", "l1", "l2"]
    (small / "sitecustomize.py").unlink()
    mended = mlm("run", cwd=small)
    assert mended.returncode == 0, mended.stderr
    assert (small / OUT / "fits" / "slope.modes.parquet").is_file()


def test_plain_snakemake_refuses_what_is_at_fault_before_it_writes(small):
    edit(small, "y ~ x + w + (x | g)", "y ~ xx + w + (x | g)")
    done = plain_snakemake(small)
    assert done.returncode == 2
    assert "there is no column 'xx'" in done.stderr
    assert not (small / "plain").exists()


def test_records_of_snakemake_without_our_profile_do_no_harm(small, finished_once):
    done = plain_snakemake(small, "--workflow-profile", "none", out="results/small")
    assert done.returncode == 0, done.stderr
    assert [*(small / ".snakemake" / "metadata").iterdir()]
    out = small / "results" / "small"
    (out / "figures" / "figures.json").write_text("{}")
    (out / "tables" / "fit.csv").write_text("changed")
    done = mlm("run", cwd=small)
    assert done.returncode == 0, done.stderr
    assert contents(out) == contents(finished_once / "results" / "small")
    assert mlm("run", cwd=small).stderr.startswith("nothing to do")
    again = plain_snakemake(small, out="results/small")
    assert "Nothing to be done" in again.stderr


def test_plain_snakemake_runs_the_same_workflow(small, finished_once):
    first = plain_snakemake(small)
    assert first.returncode == 0, first.stderr
    again = plain_snakemake(small)
    assert "Nothing to be done" in again.stderr
    assert contents(small / "plain") == contents(finished_once / OUT)


def test_a_spec_in_another_folder_and_an_output_folder_elsewhere_work(small, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("else where")
    done = mlm("run", small / "pipeline.yaml", "--out", "my results", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "my results" / "report.html").is_file()
