"""What a command loads before it does its work: a user waits for it at every start."""

import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "statsmodels",
    "matplotlib",
    "jinja2",
    "openpyxl",
    "pyreadstat",
    "snakemake",
}
"""Libraries that take over 50 ms to import, or that only a part of a step needs."""
BEYOND_HELP = {"pydantic", "yaml", "importlib.metadata", "email", "asyncio"}
"""Libraries that a plan needs and the help does not."""


def loaded_by(statement):
    """Return the names of the modules that a new interpreter has loaded after a statement."""
    listing = "import sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{statement}\n{listing}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_heavy_library_is_noticed():
    assert "numpy" in loaded_by("import mlm_steps.engine.fit.lmm")


@pytest.mark.parametrize("module", ["mlm_steps.cli", "mlm_steps.runner.run", "mlm_steps.steps.run.session"])
def test_a_run_is_planned_without_heavy_libraries(module):
    assert loaded_by(f"import {module}") & HEAVY == set()


def test_the_help_loads_no_library():
    assert loaded_by("import mlm_steps.cli") & (HEAVY | BEYOND_HELP) == set()


def test_a_plan_is_answered_without_pandas_and_without_a_fit():
    plan = "plan cross-level --groups 60 --rows 20 --icc .15 --slope-variance .05 --effect .2"
    loaded = loaded_by(f"from mlm_steps.cli import run_command\nrun_command({plan.split()})")
    assert "numpy" in loaded
    assert loaded & {"pandas", "pyarrow", "mlm_steps.engine.fit.lmm", "mlm_steps.spec.pipeline"} == set()


def test_a_check_of_a_spec_loads_no_code_that_fits_models():
    loaded = loaded_by("from mlm_steps.cli import run_command\nrun_command(['validate', 'pipeline.yaml'])")
    assert "mlm_steps.engine.result.checks" in loaded
    fitting = {
        "scipy.linalg",
        "mlm_steps.engine.fit.lmm",
        "mlm_steps.engine.bootstrap",
        "mlm_steps.steps.run.plan",
    }
    assert loaded & fitting == set()


def test_the_steps_load_no_module_of_the_api():
    loaded = loaded_by("from mlm_steps.runner import pool\npool.load_all()")
    assert "mlm_steps.steps.allfit" in loaded
    assert not any(name.startswith(("mlm_steps.api", "mlm_steps.power")) for name in loaded)


def test_the_pool_loads_only_the_steps_that_a_run_makes():
    asked = "[*pool._load(pool._modules(['figures', 'report']))]"
    loaded = loaded_by(f"from mlm_steps.runner import pool\n{asked}")
    assert {"mlm_steps.figures.forest", "mlm_steps.steps.report"} <= loaded
    assert not {"mlm_steps.steps.fit", "mlm_steps.steps.assumptions"} & loaded
