"""What a run on this machine loads of Snakemake; a new release may need more of its libraries."""

import os
import subprocess
import sys

NEEDLESS = {
    "sqlalchemy",
    "sqlmodel",
    "numpy",
    "pulp",
    "requests",
    "docutils",
    "snakemake.report",
    "snakemake.persistence.db",
}
READ = """
import sys
from mlm_steps.report.share import share
from mlm_steps.runner.cluster.profiles import read_command_line

profile = sys.argv[1] if len(sys.argv) > 1 else None
folder = share("workflow")
words = ["--snakefile", str(folder / "Snakefile"), "--cores", "1"]
words += ["--workflow-profile", str(folder / "profiles" / "default")]
words += [] if profile is None else ["--profile", profile]
parser, arguments = read_command_line(words, profile)
"""


def modules_after(code, *words, **environment):
    listing = "print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{READ}\n{code}\n{listing}", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return {*done.stdout.split()}


def test_a_run_loads_no_library_whose_functions_it_does_not_use():
    loaded = modules_after("")
    assert {"snakemake.workflow", "smart_open"} <= loaded
    assert loaded & NEEDLESS == set()
    assert not any(name.startswith("snakemake_executor_plugin_") for name in loaded)


def test_what_was_hidden_can_be_imported_afterwards():
    assert {"numpy", "sqlalchemy", "sqlmodel"} <= modules_after("import numpy, sqlalchemy, sqlmodel")


def test_a_profile_may_ask_for_any_library(tmp_path):
    (tmp_path / "config.yaml").write_text("jobs: 1\n")
    assert {"sqlalchemy", "sqlmodel", "pulp", "docutils"} <= modules_after("", str(tmp_path))
    by_name = {"SNAKEMAKE_PROFILE": str(tmp_path)}
    assert {"sqlalchemy", "sqlmodel", "pulp", "docutils"} <= modules_after("", **by_name)


def test_records_of_other_runs_can_be_read_without_the_database():
    code = """
from snakemake.persistence import MetadataRecord

record = MetadataRecord.model_validate({"rule": "fit", "input": ["a"], "params": [1], "later": None})
assert (record["rule"], record.input, record.get("code")) == ("fit", ["a"], None)
assert record.model_dump()["input_checksums"] == {}
"""
    assert "sqlmodel" not in modules_after(code)


def test_scipy_is_loaded_without_what_it_only_copies():
    code = """
import sys
from mlm_steps.runner.lean import load_scipy

list(load_scipy())
assert {"scipy.special", "scipy.linalg"} <= {*sys.modules}
assert not {"numpy.f2py", "numpy.testing", "unittest"} & {*sys.modules}

import numpy as np
import numpy.f2py
from scipy import integrate, optimize, stats
from scipy.special import stdtrit

np.testing.assert_allclose(stats.t.ppf(0.975, 4), stdtrit(4, 0.975))
assert np.testing.__file__ and np.f2py.__file__
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_scipy_is_loaded_beside_what_was_imported_before():
    code = """
import numpy.testing
before = numpy.testing
from mlm_steps.runner.lean import load_scipy
list(load_scipy())
assert numpy.testing is before
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


LATER_RELEASE = """
import sys
from importlib.abc import MetaPathFinder

class Demanding(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "snakemake.scheduling.job_scheduler":  # near the end of the import
            asked.append(name)
            import numpy  # noqa: F401
        return None

asked = []
sys.meta_path.insert(0, Demanding())
"""


def test_a_release_that_needs_more_is_imported_with_all_libraries():
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{LATER_RELEASE}\n{READ}\n{WHOLE}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2"]


WHOLE = """
import sqlmodel
from snakemake import persistence, workflow
from snakemake.persistence.db import DbPersistence
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

assert issubclass(persistence.MetadataRecord, sqlmodel.SQLModel)
assert workflow.DbPersistence is DbPersistence is not None
assert "local" in ExecutorPluginRegistry().plugins
assert arguments.cores == 1 and None not in sys.modules.values()
print(len(asked))
"""


def test_a_fault_of_snakemake_itself_is_raised():
    code = LATER_RELEASE.replace("import numpy  # noqa: F401", "raise ImportError('it is broken')")
    done = subprocess.run([sys.executable, "-P", "-c", f"{code}\n{READ}"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ImportError: it is broken")
