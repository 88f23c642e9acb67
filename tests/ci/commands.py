"""Commands that stand in for those of a fresh machine, and the project that the examples analyse."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
PYTHON = f"""\
#!/usr/bin/env bash
# Makes a virtual environment with an mlm that is the one under test; pip only checks that its files exist.
set -eu
echo "python $*" >> "$STUB_LOG"
case "$*" in
  "-m venv "*)
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    printf '#!/usr/bin/env bash\\nexec "%s" -P -m mlm_steps "$@"\\n' "{sys.executable}" > "$3/bin/mlm"
    chmod +x "$3/bin/mlm" ;;
  "-m pip install "*)
    for word in "$@"; do case "$word" in */*) test -e "$word" ;; esac; done ;;
  *) echo "this python cannot do: $*" >&2; exit 64 ;;
esac
"""
SPEC = """\
version: 1
name: classes
data:
  file: classes.csv
  columns: {g: {type: group}}
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x + (1 | g)"}
expect:
  - {model: l1, term: x, estimate: {between: [0.5, 1.5]}}
  - {data: {rows: 160}}
  - {all: converged}
"""

T = TypeVar("T")


def stub_folder(folder: Path) -> Path:
    """Make a folder with the commands of a fresh machine."""
    folder.mkdir(parents=True)
    for name in ("python", "python3"):
        (folder / name).write_text(PYTHON)
        (folder / name).chmod(0o755)
    return folder


def write_project(folder: Path) -> Path:
    """Write an analysis of 20 groups of 8 rows, in which x has a slope near 1."""
    folder.mkdir(parents=True)
    lines = ["g,x,y"]
    for k in range(160):
        group, x = k // 8, ((k * 37) % 41 - 20) / 10
        noise = ((k * 53) % 29 - 14) / 20
        lines.append(f"{group + 1},{x},{2 + ((group * 7) % 11 - 5) / 4 + x + noise:.4f}")
    (folder / "classes.csv").write_text("\n".join(lines) + "\n")
    (folder / "pipeline.yaml").write_text(SPEC)
    return folder


def change_row(project: Path) -> None:
    """Give one row a value that a slip of the finger would make: 100 times as large."""
    lines = (project / "classes.csv").read_text().splitlines()
    group, x, y = lines[9].split(",")
    lines[9] = f"{group},{x},{float(y) * 100 + 300:.1f}"
    (project / "classes.csv").write_text("\n".join(lines) + "\n")


def push_slip_and_reversal(push: Callable[[str], T], project: Path, file: str) -> list[T]:
    """Push an analysis, then a slip in one row, then its reversal; return the outcomes."""
    good = (project / "classes.csv").read_text()
    outcomes = [push(file)]
    change_row(project)
    outcomes.append(push(file))
    (project / "classes.csv").write_text(good)
    outcomes.append(push(file))
    return outcomes


def shell(
    text: str, folder: Path, environment: dict[str, str], timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run commands as the runners of GitHub do: they end at the first command that fails."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def clean_environment(stubs: Path, home: Path, **more: str) -> dict[str, str]:
    """Return an environment with little besides the stub commands; mlm may import the package under test."""
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "PYTHONPATH", "TMPDIR")}
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    path = f"{stubs}:/usr/bin:/bin"
    return {**kept, **single, "PATH": path, "HOME": str(home), "STUB_LOG": str(home / "stubs.log"), **more}


def copy(source: Path, target: Path) -> None:
    """Copy a file or folder to a place whose parent may not exist."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
