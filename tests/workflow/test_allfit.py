"""The check of rungs by every optimiser, as a step of a run and as a command."""

import csv
import json

import pytest

from mlm_steps.engine.search.optimizers import OPTIMIZERS

from .conftest import SPEC, contents, mlm

OUT = "results/small"


def asking(folder, word, **more):
    keys = ", ".join(f"{key}: {value}" for key, value in {"allfit": word, **more}.items())
    (folder / "pipeline.yaml").write_text(f"{SPEC}estimation: {{{keys}}}\n")


def rows(folder):
    with (folder / OUT / "tables" / "allfit.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def steps(folder):
    entries = json.loads((folder / OUT / "provenance.json").read_text())["steps"]
    return {name: entry["started"] for name, entry in entries.items()}


def test_only_rungs_that_give_reason_are_checked(finished):
    assert rows(finished) == []
    assert "## Optimisers" not in (finished / OUT / "report.md").read_text()
    assert "nothing to check" in (finished / OUT / "logs" / "allfit.log").read_text()


def test_all_rungs_are_checked_where_the_spec_says_always_and_none_where_it_says_never(finished):
    before = steps(finished)
    asking(finished, "always")
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    remade = {name for name, started in steps(finished).items() if before[name] != started}
    assert remade == {"effort", "allfit", "figures", "tables", "report"}
    found = rows(finished)
    assert {row["model"] for row in found} == {"null", "l1", "slope", "l2"}
    assert len(found) == 4 * 2 * (1 + len(OPTIMIZERS))
    assert "searches that ended normally" in (finished / OUT / "report.md").read_text()

    first = contents(finished / OUT)
    assert mlm("run", "--force", cwd=finished).returncode == 0
    assert contents(finished / OUT) == first

    asking(finished, "never")
    done = mlm("run", cwd=finished)
    assert done.returncode == 0, done.stderr
    assert "allfit" not in steps(finished)
    assert rows(finished) == []
    assert "## Optimisers" not in (finished / OUT / "report.md").read_text()


def test_a_rung_whose_fit_failed_is_checked(small):
    asking(small, "on_notice", optimizer="nelder-mead", max_evaluations=12)
    done = mlm("run", cwd=small)
    assert done.returncode == 0, done.stderr
    assert {row["model"] for row in rows(small)} == {"null", "l1", "slope", "l2"}
    assert "The fit itself is not at the optimum" in (small / OUT / "report.md").read_text()


def test_the_command_prints_table_and_verdict_of_one_rung_and_writes_nothing(small):
    done = mlm("allfit", "--model", "slope", cwd=small)
    assert done.returncode == 0, done.stderr
    for word in OPTIMIZERS:
        assert f"\n{word} " in done.stdout
    assert "searches that ended normally agree" in done.stdout
    assert not (small / "results").exists()


@pytest.mark.parametrize("name", ["ols", "slop"])
def test_what_is_no_rung_is_refused(small, name):
    done = mlm("allfit", "--model", name, cwd=small)
    assert done.returncode == 2
    assert done.stderr == f"--model: no rung '{name}' in the spec (one of null, l1, slope, l2)\n"
