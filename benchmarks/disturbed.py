"""Analyses in folders of their own that are disturbed and run again; shared by ``kill`` and ``damage``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlm_steps.spec import load_spec

__all__ = ["Analysis", "Run", "contents", "differences", "entries"]

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "MLM_DISTURBED"
"""Environment variable by whose value the processes of one run are recognised."""
PATIENCE = 900.0
"""Seconds after which a run counts as hanging, on a machine that does other work as well."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One spec or several with their data, which are copied for every trial.

    Attributes
    ----------
    specs : tuple of Path
        Several specs are run by one command, each into its own folder in ``out``.
    work : Path
        The folder of the trials and of the temporary files of the runs.
    cores : int
    """

    specs: tuple[Path, ...]
    work: Path
    cores: int

    @property
    def temporary(self) -> Path:
        """The folder of the temporary files of the runs."""
        return self.work / "tmp"

    def copy(self, name: str) -> Path:
        """Return a new folder with the specs and their data."""
        folder = self.work / name
        (folder / "spec").mkdir(parents=True)
        self.temporary.mkdir(exist_ok=True)
        for spec in self.specs:
            loaded = load_spec(spec)
            for file, path in {**loaded.paths, **loaded.varied, **loaded.beside}.items():
                place = folder / "spec" / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
            shutil.copy(spec, folder / "spec" / spec.name)
        return folder

    def start(self, folder: Path, command: Sequence[str] = ("run",)) -> Run:
        """Start a run in a folder."""
        names = [f"spec/{spec.name}" for spec in self.specs]
        return Run(folder, [*command, *names, "--out", "out", "--cores", str(self.cores)], self.temporary)

    def leftovers(self, folder: Path) -> list[str]:
        """Return the temporary files and locks that a run that has ended has left.

        Snakemake's notes on jobs that it has started are none: it removes such a note when the job ends.
        """
        found = [str(path) for path in self.temporary.iterdir()]
        others = (*folder.rglob(".mlm-*"), *(folder / ".snakemake").glob("locks/*"))
        return found + [str(path.relative_to(folder)) for path in others]


class Run:
    """A run that has been started.

    Attributes
    ----------
    process : Popen
        Its main process.
    errors : str
        What it has written to standard error, once it has ended.
    """

    def __init__(self, folder: Path, words: Sequence[str], temporary: Path) -> None:
        self._token = f"{folder}:{time.monotonic_ns()}"
        self._said = folder / "stderr.txt"
        with self._said.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "mlm_steps", *words],
                cwd=folder,
                env={**os.environ, TOKEN: self._token, "TMPDIR": str(temporary)},
                stdout=subprocess.DEVNULL,
                stderr=stream,
                start_new_session=True,
            )

    @property
    def errors(self) -> str:
        """What the run has written to standard error."""
        return self._said.read_text(errors="replace")

    def wait(self) -> int:
        """Wait until the run ends and return its exit code."""
        return self.process.wait(PATIENCE)

    def processes(self) -> dict[int, str]:
        """Return the number of each process of the run that exists, with its command line."""
        return dict(_with_token(f"{TOKEN}={self._token}".encode()))

    def ended(self, seconds: float) -> dict[int, str]:
        """Return the processes that are left after at most so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left


def _with_token(token: bytes) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if token in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if words != [b""]:  # a process that has ended and waits for its parent has no words
                    yield int(folder.name), b" ".join(words).decode(errors="replace")
        except OSError:  # it has ended, or belongs to another user
            continue


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of all files of a run except its provenance, which contains times."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "provenance.json"
    }


def differences(found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> list[str]:
    """Return the names of files whose bytes differ, or that only one of two runs has."""
    return sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))


def entries(out: Path) -> dict[str, dict[str, object]]:
    """Return the entry of each finished step in the provenance of a run, or of several below a folder."""
    return {
        f"{path.parent.relative_to(out)}/{step}": entry
        for path in sorted(out.rglob("provenance.json"))
        for step, entry in _steps(path).items()
    }


def _steps(provenance: Path) -> dict[str, dict[str, object]]:
    try:
        found: dict[str, dict[str, object]] = json.loads(provenance.read_bytes())["steps"]
    except (OSError, ValueError, KeyError):
        return {}
    return found
