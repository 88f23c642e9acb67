"""The simulated data of the examples are what their scripts write."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples"


@pytest.mark.parametrize("name", sorted(script.stem for script in (EXAMPLES / "simulate").glob("*.py")))
def test_a_simulation_script_writes_the_committed_bytes(name, tmp_path):
    script, target = EXAMPLES / "simulate" / f"{name}.py", tmp_path / f"{name}.csv"
    subprocess.run([sys.executable, script, target], check=True)
    assert target.read_bytes() == (EXAMPLES / "data" / f"{name}.csv").read_bytes()
