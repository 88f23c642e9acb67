"""Profiles, by name and by path, and the steps in that of SLURM."""

import re
from pathlib import Path

import pytest
import yaml

from mlm_steps.errors import UsageError
from mlm_steps.runner.cluster.profiles import find_profile, read_command_line
from mlm_steps.steps import STEPS

ROOT = Path(__file__).parents[4]
PROFILE = yaml.safe_load((ROOT / "config" / "profiles" / "slurm" / "config.yaml").read_text())
SCATTERED = {"simulate", "resample", "power_studies", "variants"}
RULES = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_every_step_shares_a_job_has_its_own_or_stays_on_the_login_node():
    local = re.findall(r"^    (\w+),$", (ROOT / "workflow" / "Snakefile").read_text(), re.MULTILINE)
    assert {*PROFILE["groups"], *SCATTERED, *local} == {*STEPS}


def test_groups_are_whole():
    """Snakemake submits steps twice if a group is divided into several jobs."""
    assert {*PROFILE["group-components"]} == {*PROFILE["groups"].values()}
    assert min(PROFILE["group-components"].values()) >= 10_000


@pytest.mark.parametrize("step", sorted({*PROFILE["groups"]} | SCATTERED))
def test_every_rule_asks_for_memory_and_time(step):
    rule = RULES.partition(f"\nrule {step}:")[2] or RULES.partition(f"rule {step}:")[2]
    asked = f'mem_mb=WORK.memory("{step}"),\n        runtime=WORK.minutes("{step}"),'
    assert asked in rule.partition("\nrule ")[0]


def test_a_name_is_a_profile_of_the_package_unless_the_user_has_one(here):
    assert find_profile("slurm") == str(ROOT / "config" / "profiles" / "slurm")
    (here / "slurm").mkdir()
    (here / "slurm" / "config.yaml").write_text("jobs: 1\n")
    assert find_profile("slurm") == "slurm"
    assert find_profile("./slurm") == "./slurm"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("slrum", "did you mean 'slurm'?"), ("./slurm", "did you"), ("pbs", "one of mlm's own: slurm")],
)
def test_an_unknown_profile_is_named_with_those_that_exist(here, name, hint):
    with pytest.raises(UsageError, match="there is no such profile") as caught:
        find_profile(name)
    assert str(caught.value).startswith(f"--profile {name}: ")
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            "executor: kubernetes\n",
            "'kubernetes' is not installed in the environment of mlm (install it: pip install",
        ),
        ("executor: [local\n", "Couldn't parse config file"),
        ("nonsense: 1\n", "unrecognized arguments: --nonsense=1"),
    ],
)
def test_a_profile_that_cannot_be_read_is_one_line(here, content, fault):
    (here / "own").mkdir()
    (here / "own" / "config.yaml").write_text(content)
    with pytest.raises(UsageError) as caught:
        read_command_line(["--profile", "own"], "own")
    assert str(caught.value).startswith("--profile own: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)
