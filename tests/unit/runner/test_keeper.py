"""The pool computes what its steps share once; a step never uses anything that has changed since."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mlm_steps.cli import run_command
from mlm_steps.runner.begin import Keeper
from mlm_steps.steps.parts import at_record
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.run import plan
from mlm_steps.steps.run.session import Session

DATA = Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv"
SPEC = """version: 1
name: sleep
data: {file: sleepstudy.csv, columns: {Subject: {type: group}}}
ladder:
  - {name: a, formula: "Reaction ~ 1 + (1 | Subject)"}
  - {name: b, formula: "Reaction ~ Days + (Days | Subject)"}
"""


class Run:
    """A folder with a spec, whose steps are made one by one."""

    def __init__(self, folder):
        self.spec, self.out = folder / "pipeline.yaml", folder / "out"
        shutil.copy(DATA, folder)
        self.spec.write_text(SPEC)
        self.keep = Keeper(self.spec, self.out, allow_outside=False)

    def make(self, step, *options):
        assert run_command([step, str(self.spec), f"--out={self.out}", *options]) == 0

    def session(self):
        return Session(self.spec, self.out)

    def evaluated(self, model):
        session = self.session()
        return estimates_at_record(session, session.fit_record(model))


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(at_record, "_kept", {})
    monkeypatch.setattr(plan, "_kept", {})
    return Run(tmp_path)


def test_each_part_is_kept_once_it_exists(run):
    assert not run.keep()
    run.make("data")
    assert not run.keep()
    assert at_record._kept == {}
    run.make("fit", "--model=a")
    assert not run.keep()
    assert [path.name for path in at_record._kept] == ["a.json"]
    run.make("fit", "--model=b")
    assert run.keep()
    assert [path.name for path in at_record._kept] == ["a.json", "b.json"]


def test_kept_estimates_are_those_that_a_step_computes(run):
    run.make("data")
    run.make("fit", "--model=b")
    own = run.evaluated("b")
    run.keep()
    kept = run.evaluated("b")
    assert run.evaluated("b").design is kept.design is not own.design
    for method in ("REML", "ML"):
        ours, theirs = own.under(method), kept.under(method)
        for name in ("theta", "beta", "vcov", "fitted", "residuals"):
            assert np.array_equal(getattr(ours, name), getattr(theirs, name))
        assert (ours.criterion, ours.sigma) == (theirs.criterion, theirs.sigma)


def test_estimates_of_one_method_leave_out_the_other(run):
    run.make("data")
    run.make("fit", "--model=a")
    run.keep()
    session = run.session()
    assert set(estimates_at_record(session, session.fit_record("a"), methods=("ML",))._fits) == {"ML"}


@pytest.mark.parametrize("change", ["record", "spec", "sample"])
def test_kept_estimates_are_not_used_after_a_change(run, change):
    run.make("data")
    run.make("fit", "--model=a")
    run.keep()
    kept = run.evaluated("a").design
    if change == "record":
        path = run.out / "fits" / "a.json"
        fields = json.loads(path.read_text())
        fields["reml"]["theta"] = [1.0]
        path.write_text(json.dumps(fields))
    elif change == "spec":
        run.spec.write_text(SPEC.replace("{type: group}", "{type: group, label: Person}"))
    else:
        sample = run.out / "data" / "analysis.parquet"
        sample.write_bytes(sample.read_bytes())
    found = run.evaluated("a")
    assert found.design is not kept
    if change == "record":
        assert found.under("REML").theta == [1.0]


def test_a_rung_that_is_not_current_is_not_kept(run):
    run.make("data")
    run.make("fit", "--model=a")
    run.spec.write_text(SPEC.replace("Reaction ~ 1 +", "Reaction ~ Days +"))
    assert not Keeper(run.spec, run.out, allow_outside=False)()
    assert at_record._kept == {}


def test_estimates_that_need_much_memory_are_not_kept(run, monkeypatch):
    monkeypatch.setattr(at_record, "MOST_ROWS", 200)
    run.make("data")
    for model in "ab":
        run.make("fit", f"--model={model}")
    assert run.keep()
    assert [path.name for path in at_record._kept] == ["a.json"]  # 180 rows


def test_only_rungs_that_a_step_of_the_run_reads_are_evaluated(run):
    run.make("data")
    for model in "ab":
        run.make("fit", f"--model={model}")
    assert Keeper(run.spec, run.out, allow_outside=False, steps=("figures", "tables", "report"))()
    assert at_record._kept == {}
    assert Keeper(run.spec, run.out, allow_outside=False, steps=("compare", "report"))()
    assert [path.name for path in at_record._kept] == ["a.json", "b.json"]


def test_the_kept_keys_are_those_that_a_step_computes(run):
    run.make("data")
    own = run.session().plan.keys
    run.keep()
    assert set(own) - set(plan._kept[run.spec].keys) == {
        *("allfit", "deletions", "remedies", "simulate/a--b/0-1000", "profile/a", "profile/b")
    }
    assert run.session().plan.keys == own


@pytest.mark.parametrize("change", ["spec", "data", "sample", "profile"])
def test_kept_keys_are_not_used_after_a_change(run, change):
    run.make("data")
    run.keep()
    before = run.session().plan.keys
    if change == "spec":
        run.spec.write_text(SPEC.replace("Reaction ~ 1 +", "Reaction ~ Days +"))
        run.make("data")
    elif change == "data":
        path = run.spec.parent / "sleepstudy.csv"
        path.write_text(path.read_text().replace("249.56", "249.57"))
        run.make("data")
    else:  # changed by hand, and so not current
        ending = {"sample": "analysis.parquet", "profile": "profile.json"}[change]
        path = run.out / "data" / ending
        path.write_bytes(path.read_bytes()[:-1] + b" ")
    now = run.session().plan.keys
    plan._kept.clear()
    assert now == run.session().plan.keys != before


def test_a_spec_at_fault_leaves_nothing_to_keep(run):
    run.spec.write_text("version: 1\n")
    assert not run.keep()
