"""Planned studies: alone and beside a ladder, resumed, extended, and refused."""

import csv
import json
import re
import subprocess
import sys
import time
from html import unescape
from urllib.parse import unquote

import pytest

import mlm_steps
from mlm_steps.spec import load_spec

from .conftest import contents, mlm, small_data

ALONE = """\
version: 1
name: plan
report: {formats: [md, html]}
power:
  design:
    groups: {school: 30}
    rows: 10
    predictors:
      ses: {level: 1, icc: .2}
      public: {level: 2, binary: .5}
    derive: {ses_w: {center: ses, within: school}}
  model: "math ~ ses_w * public + (ses_w | school)"
  truth: {icc: .15, r2: {within: .06, between: .03, product: .01, slope: .03}}
  effects: ["ses_w:public", public]
  source: {icc: "Hedges & Hedberg 2007"}
  grid: {groups: [20, 30]}
  simulate: {replicates: 60, chunks: 3}
"""
OUT = "results/plan"


def write(folder, text=ALONE):
    (folder / "pipeline.yaml").write_text(text)
    return folder


def rows(folder, name="power", out=OUT):
    with (folder / out / "tables" / f"{name}.csv").open() as stream:
        return [*csv.DictReader(stream)]


def started(folder):
    steps = json.loads((folder / OUT / "provenance.json").read_text())["steps"]
    return {name: entry["started"] for name, entry in steps.items() if name.startswith("power_studies/")}


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("plan"))
    return folder, mlm("power", "pipeline.yaml", "--cores", "1", cwd=folder)


def test_planned_studies_alone_run_without_any_data(planned):
    folder, done = planned
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("power by the closed form") < done.stdout.index("60 simulated studies")
    assert {path.name for path in (folder / OUT / "tables").iterdir()} == {
        "power.csv",
        "power_curve.csv",
        "power_design.csv",
    }
    found = rows(folder)
    assert [row["effect"] for row in found[:4]] == ["ses_w:public", "public", "all of them", "any of them"]
    for row in found:
        if row["closed"]:
            assert abs(float(row["closed"]) - float(row["conditional"])) < 0.08
            assert float(row["ceiling"]) > float(row["closed"])


def test_the_report_has_the_power_its_assumptions_and_the_items_of_a_plan(planned):
    text = (planned[0] / OUT / "report.md").read_text()
    headings = [line.strip("# ") for line in text.splitlines() if line.startswith("##")]
    assert headings[:2] == ["Plan", "Power and sample size"]
    assert not {"Data", "Models"} & {*headings}
    assert "## Power and sample size" in text
    assert "Hedges" in text
    assert "figures/power_curve.svg" in text
    assert (
        "| B9 | Rationale of the sample size, or power | [Power and sample size](#power-and-sample-size) |"
        in text
    )
    assert "Power was computed for two-sided tests at α = .05" in text


def test_the_same_bytes_on_two_cores_and_nothing_to_do_afterwards(planned, tmp_path):
    folder = write(tmp_path)
    assert mlm("run", "pipeline.yaml", "--cores", "2", cwd=folder).returncode == 0
    assert contents(folder / OUT) == contents(planned[0] / OUT)
    again = mlm("run", "pipeline.yaml", cwd=folder)
    assert "nothing to do" in again.stderr
    assert "60 simulated studies" in again.stdout


def test_more_studies_keep_the_finished_ones_and_effects_and_alpha_keep_all(tmp_path):
    folder = write(
        tmp_path, ALONE.replace("replicates: 60, chunks: 3", "replicates: 600").replace("[20, 30]", "[20]")
    )
    assert mlm("power", "pipeline.yaml", cwd=folder).returncode == 0
    before = started(folder)
    assert sorted(before) == ["power_studies/groups-20/0-500", "power_studies/groups-20/500-600"]
    write(folder, (folder / "pipeline.yaml").read_text().replace("600}", "1000}"))
    assert mlm("power", "pipeline.yaml", cwd=folder).returncode == 0
    after = started(folder)
    assert sorted(after) == ["power_studies/groups-20/0-500", "power_studies/groups-20/500-1000"]
    assert after["power_studies/groups-20/0-500"] == before["power_studies/groups-20/0-500"]
    write(folder, (folder / "pipeline.yaml").read_text() + "  alpha: .01\n  target: .9\n")
    done = mlm("power", "pipeline.yaml", cwd=folder)
    assert done.returncode == 0
    assert started(folder) == after
    assert {row["alpha"] for row in rows(folder)} == {"0.01"}


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(planned, tmp_path):
    folder = write(tmp_path)
    command = [sys.executable, "-m", "mlm_steps", "power", "pipeline.yaml", "--cores", "1"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not [*folder.glob(f"{OUT}/power/*/*.parquet")] and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    done = mlm("power", "pipeline.yaml", "--cores", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert contents(folder / OUT) == contents(planned[0] / OUT)


def test_closed_forms_alone_write_no_file(tmp_path):
    folder = write(tmp_path)
    done = mlm("power", "pipeline.yaml", "--closed", cwd=folder)
    assert done.returncode == 0
    assert "power by the closed form" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["pipeline.yaml"]


def test_studies_are_not_simulated_if_the_spec_says_so(tmp_path):
    folder = write(tmp_path, ALONE.replace("{replicates: 60, chunks: 3}", "none"))
    assert mlm("power", "pipeline.yaml", cwd=folder).returncode == 0
    assert {row["B"] for row in rows(folder)} == {"0"}
    assert "power=not_requested" in rows(folder)[0]["null_codes"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("public]", "pubic]", "pipeline.yaml:14:29: power.effects[1]: the model has no effect 'pubic'"),
        ("within: .06,", "within: .96,", "power.truth: no variance is left for the residual"),
        (
            "[20, 30]",
            "[2, 30]",
            "power.design.groups: 2 levels of school cannot tell 2 coefficients apart",
        ),
        ("ses_w * public +", "ses_w * publc +", "power.model: there is no column publc"),
    ],
)
def test_a_fault_is_told_with_its_place_and_nothing_is_written(tmp_path, old, new, fault):
    folder = write(tmp_path, ALONE.replace(old, new))
    for words in (["power", "pipeline.yaml"], ["power", "pipeline.yaml", "--closed"], ["run"], ["validate"]):
        done = mlm(*words, cwd=folder)
        assert done.returncode == 2
        assert fault in done.stderr
        assert "Traceback" not in done.stderr
        assert not (folder / "results").exists()


def test_the_required_groups_come_from_five_designs_and_are_confirmed(tmp_path):
    text = ALONE.replace("  grid: {groups: [20, 30]}\n", "  solve: groups\n").replace("60, chunks: 3", "100")
    folder = write(tmp_path, text)
    done = mlm("power", "pipeline.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len(started(folder)) == 6
    row = rows(folder)[0]
    assert row["required_method"] == "simulated"
    low, groups, high = (float(row[f"required_{name}"]) for name in ("low", "value", "high"))
    assert low <= groups <= high
    assert low % 2 == groups % 2 == high % 2 == 0
    assert abs(float(row["required_power"]) - 0.8) < 0.06
    assert {each["method"] for each in rows(folder, "power_curve")} >= {"line", "closed", "conditional"}


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("  grid: {groups: [20, 30]}\n", "  solve: rows\n", "rows per group are needed"),
        ("  grid: {groups: [20, 30]}\n", "  solve: cost\n  cost: {group: 100, row: 10}\n", "groups of"),
    ],
)
def test_rows_and_costs_by_the_closed_form_are_confirmed_by_fresh_studies(tmp_path, old, new, answer):
    text = ALONE.replace(old, new).replace("school: 30", "school: 90").replace("60, chunks: 3", "100")
    done = mlm("power", "pipeline.yaml", cwd=write(tmp_path, text))
    assert done.returncode == 0, done.stderr
    assert answer in done.stdout
    assert "in fresh simulated studies (number by the closed form)" in done.stdout
    for row in rows(tmp_path)[:2]:
        error = float(row["required_power_se"])
        assert 0.0 < error < 0.02
        assert float(row["required_power"]) > 0.8 - 4.0 * error


def test_jobs_of_a_given_number_are_kept_when_more_studies_are_wanted(tmp_path):
    text = ALONE.replace("replicates: 60, chunks: 3", "replicates: 1000, chunks: 2")
    folder = write(tmp_path, text.replace("[20, 30]", "[20]").replace("rows: 10", "rows: 4"))
    assert mlm("power", "pipeline.yaml", cwd=folder).returncode == 0
    before = started(folder)
    write(folder, (folder / "pipeline.yaml").read_text().replace("1000", "2000"))
    assert mlm("power", "pipeline.yaml", cwd=folder).returncode == 0
    after = started(folder)
    assert len(before) == 2
    assert len(after) == 4
    assert {name: after[name] for name in before} == before
    (tmp_path / "fresh").mkdir()
    fresh = write(tmp_path / "fresh", (folder / "pipeline.yaml").read_text())
    assert mlm("power", "pipeline.yaml", "--cores", "2", cwd=fresh).returncode == 0
    assert contents(folder / OUT) == contents(fresh / OUT)


FRAIL = """\
version: 1
name: frail
report: {formats: [md]}
power:
  design:
    groups: {school: 4}
    rows: 3
    missing: 0.6
    predictors: {ses: {level: 1}, arm: {level: 2, binary: .5}}
  model: "math ~ ses * arm + (1 | school)"
  truth: {icc: .15, r2: {within: .06}}
  simulate: {replicates: 50}
"""


def test_several_specs_have_folders_of_their_own_and_many_failed_fits_exit_with_1(tmp_path):
    (tmp_path / "frail.yaml").write_text(FRAIL)
    (tmp_path / "sound.yaml").write_text(
        ALONE.replace("[20, 30]", "[20]").replace("name: plan", "name: sound")
    )
    done = mlm("power", "frail.yaml", "sound.yaml", "--out", "both", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.index("frail.yaml:") < done.stdout.index("sound.yaml:")
    assert "of 50 fits failed; they count as no rejection" in done.stdout
    assert int(rows(tmp_path, out="both/frail")[0]["failed"]) > 2
    assert rows(tmp_path, out="both/sound")[0]["failed"] == "0"
    assert mlm("power", "sound.yaml", "--out", "alone", cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "alone") == contents(tmp_path / "both" / "sound")


@pytest.mark.parametrize(
    ("attrition", "fault"),
    [
        ("{share: {0: .1}, arm: treated, time: time}", "has shares for 0; 'treated' has 0, 1"),
        ("{share: {0: .1, 1: .3}, time: time}", "shares per arm need arm"),
        ("{share: .1, arm: treated, time: time}", "has one share for all arms"),
        ("{share: {0: .1, 1: .3}, arm: time, time: time}", "'time' does not divide the groups into arms"),
        ("{share: {0: .1, 1: .3}, arm: treat, time: time}", "there is no predictor 'treat'"),
    ],
)
def test_faults_of_attrition_per_arm_are_told_with_their_place(tmp_path, attrition, fault):
    text = ALONE.replace("ses: {level: 1, icc: .2}", "time: {values: [0, 1, 2]}")
    text = text.replace("public: {level: 2, binary: .5}", "treated: {level: 2, binary: .5}")
    text = text.replace(
        "    derive: {ses_w: {center: ses, within: school}}\n", f"    attrition: {attrition}\n"
    )
    text = text.replace("ses_w * public + (ses_w", "time * treated + (time").replace("ses_w:public", "time")
    done = mlm("power", "pipeline.yaml", "--closed", cwd=write(tmp_path, text.replace("public]", "treated]")))
    assert done.returncode == 2
    assert fault in done.stderr
    assert "pipeline.yaml:11:" in done.stderr


BESIDE = """\
version: 1
name: plan
data: {file: small.csv, columns: {g: {type: group}}}
ladder:
  - {name: slope, formula: "y ~ x + (1 | g)"}
report: {formats: [md]}
power:
  design: {groups: {g: 20}, rows: 10, predictors: {x: {level: 1}}}
  model: "y ~ x + (1 | g)"
  truth: {from: {rung: slope}}
  simulate: {replicates: 40}
"""


def test_planned_studies_beside_a_ladder_take_the_estimates_of_a_rung(tmp_path):
    (tmp_path / "small.csv").write_text(small_data())
    folder = write(tmp_path, BESIDE)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "observed power" in done.stdout
    fixed = {row["column"]: row["estimate"] for row in rows(folder, "fixed")}
    assert rows(folder)[0]["estimate"] == fixed["x"]
    assert "Observed power" in (folder / OUT / "report.md").read_text()
    write(folder, BESIDE.replace("rung: slope}", "rung: slop}"))
    assert "no rung 'slop' in the ladder (did you mean 'slope'?)" in mlm("run", cwd=folder).stderr


def test_a_spec_without_planned_studies_has_no_power(tmp_path):
    (tmp_path / "small.csv").write_text(small_data())
    folder = write(tmp_path, BESIDE[: BESIDE.index("power:")])
    done = mlm("power", cwd=folder)
    assert done.returncode == 2
    assert "plans no study" in done.stderr


def test_likelihood_ratios_against_smaller_models_are_in_table_terminal_and_report(tmp_path):
    formulas = ["math ~ ses_w * public + (1 | school)", "math ~ ses_w + public + (ses_w | school)"]
    smaller = f"  smaller: {json.dumps(formulas)}\n"
    folder = write(tmp_path, ALONE.replace("  grid:", f"{smaller}  grid:"))
    done = mlm("power", "pipeline.yaml", "--cores", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "likelihood ratio against math ~ ses_w * public + (1 | school)" in done.stdout
    tested = [row for row in rows(folder) if row["df_method"].startswith("likelihood ratio")]
    assert [(row["J"], row["df_method"].split(", ")[1]) for row in tested] == [
        ("20", "REML"),
        ("20", "ML"),
        ("30", "REML"),
        ("30", "ML"),
    ]
    assert all(float(row["power"]) == int(row["rejections"]) / 60 for row in tested)
    assert "Likelihood ratio against" in (folder / OUT / "report.md").read_text()


def test_smaller_models_that_cannot_be_compared_are_faults_at_their_places(tmp_path):
    smaller = '  smaller: ["math ~ sess + (ses_w | school)", "math ~ ses_w"]\n'
    done = mlm("power", "pipeline.yaml", cwd=write(tmp_path, ALONE.replace("  grid:", f"{smaller}  grid:")))
    assert done.returncode == 2
    assert "power.smaller[0]: there is no column sess (did you mean ses?)" in done.stderr
    assert "power.smaller[1]: the formula has no random-effects term" in done.stderr


def test_kenward_and_rogers_tests_stand_beside_where_the_degrees_of_freedom_are_few(tmp_path):
    folder = write(tmp_path, ALONE.replace("[20, 30]", "[10, 60]"))
    done = mlm("power", "pipeline.yaml", "--cores", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    few = [row for row in rows(folder) if row["kenward_roger"]]
    assert {(row["J"], row["effect"]) for row in few} == {("10", "ses_w:public"), ("10", "public")}
    assert all(float(row["df"]) < 15 for row in few)
    spec = load_spec(folder / "pipeline.yaml").spec.power
    found = mlm_steps.power(
        spec.model,
        spec.design.model_dump(by_alias=True, exclude_defaults=True, mode="json"),
        spec.truth.model_dump(by_alias=True, exclude_defaults=True, mode="json", exclude={"source"}),
        spec.effects,
        grid={"groups": [10]},
        replicates=60,
    ).table
    for row in few:
        own = found.set_index("effect").loc[row["effect"]]
        for name in ("kenward_roger", "kenward_roger_size_at_0"):
            assert float(row[name]) == pytest.approx(own[name], rel=1e-10)
    assert "Kenward and Roger's test has power" in done.stdout
    assert "Kenward and Roger's test has power" in (folder / OUT / "report.md").read_text()


BREAK = """\
import sys
if sys.argv[1:2] == ["power"] or "power_closed" in sys.argv:
    import mlm_steps.steps.parts.planned_closed as closed
    def closed_record(*_):
        raise RuntimeError("no ink")
    closed.closed_record = closed_record
"""


def test_closed_answers_that_fail_are_told_without_a_traceback_and_made_in_the_next_run(tmp_path):
    folder = write(tmp_path)
    (folder / "sitecustomize.py").write_text(BREAK)
    done = mlm("power", "pipeline.yaml", cwd=folder, PYTHONPATH=str(folder))
    assert done.returncode == 3
    assert "Traceback" not in done.stdout + done.stderr
    assert (
        "power_closed: failed: RuntimeError: no ink (see results/plan/logs/power_closed.log)" in done.stderr
    )
    assert "power by the closed form" not in done.stdout
    (folder / "sitecustomize.py").unlink()
    mended = mlm("power", "pipeline.yaml", cwd=folder)
    assert mended.returncode == 0, mended.stderr
    assert "power by the closed form" in mended.stdout


def test_required_groups_are_told_once_per_assumption_in_terminal_and_report(tmp_path):
    text = ALONE.replace("[20, 30]", "[20, 30], icc: [.1, .2]").replace("60, chunks: 3", "40")
    folder = write(tmp_path, text + "  solve: groups\n")
    done = mlm("power", "pipeline.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if "groups are needed" in line]
    assert [line.split(":")[0] for line in told] == ["icc=0.1", "icc=0.1", "icc=0.2", "icc=0.2"] * 2
    report = (folder / OUT / "report.md").read_text()
    assert report.count("icc=0.1: For power .80, ses_w:public needs") == 1
    assert "groups=20, icc=0.1: For power" not in report


SHOWN = re.compile(r'data-src="(power[^"]*)"[^>]*>((?:[^<]|<span[^>]*>)*)')
KEYS = {"power": ("scenario", "effect"), "power_design": ("parameter",)}


def test_every_number_of_the_section_stands_in_its_table(planned):
    html = (planned[0] / OUT / "report.html").read_text()
    shown = [
        ([unquote(part) for part in unescape(name).split(":")], text) for name, text in SHOWN.findall(html)
    ]
    assert {name for (name, *_), _ in shown} == {*KEYS}
    assert len(shown) > 40
    for (name, *keys, column), text in shown:
        found = [r for r in rows(planned[0], name) if [r[key] for key in KEYS[name]] == keys]
        assert found, keys
        number = re.sub("<[^>]*>", "", text).replace("\u2212", "-").replace(",", "").removesuffix("\u202f%")
        decimals = len(number.partition(".")[2])
        value = float(found[0][column])
        if column == "singular":  # told as a share of the studies
            value *= 100 / int(found[0]["B"])
        assert float(number) == pytest.approx(value, abs=0.51 * 10**-decimals), keys
