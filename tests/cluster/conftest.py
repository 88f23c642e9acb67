"""One private cluster for all tests of this folder, which are skipped outside ``make check-cluster``."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.cluster.daemons import listening, private_cluster, reason_to_skip

ROOT = Path(__file__).parents[2]
ASKED = "MLM_CLUSTER"
"""Environment variable that ``make check-cluster`` sets; make check starts no daemons."""


@pytest.fixture(scope="session")
def cluster():
    """A running cluster; its node has the cores of this machine."""
    reason = reason_to_skip() if ASKED in os.environ else f"{ASKED} is not set: make check-cluster"
    if reason:
        pytest.skip(reason)
    before = listening()
    with tempfile.TemporaryDirectory(prefix="mlm-cluster-") as folder:
        with private_cluster(Path(folder), cpus=os.cpu_count() or 1) as running:
            yield running
        assert all(daemon.poll() is not None for daemon in running.daemons.values())
    assert not {address for address in listening() - before if not is_loopback(address)}


def is_loopback(address):
    return address.startswith(("127.", "[::1]"))


@pytest.fixture(scope="session")
def profile(tmp_path_factory):
    """The profile of the package with an impatient look at the queue."""
    folder = tmp_path_factory.mktemp("profile")
    text = (ROOT / "config" / "profiles" / "slurm" / "config.yaml").read_text()
    quick = text.replace("seconds-between-status-checks: 10", "seconds-between-status-checks: 1")
    assert quick != text
    (folder / "config.yaml").write_text(quick)
    return folder


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """A folder with the example of the package."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(ROOT / "pipeline.yaml", folder)
    shutil.copytree(ROOT / "data", folder / "data")
    return folder
