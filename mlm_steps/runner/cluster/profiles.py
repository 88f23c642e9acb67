"""Find a Snakemake profile, and read Snakemake's command line with it."""

from __future__ import annotations

import io
import re
from argparse import ArgumentParser, Namespace
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path

from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.report.share import share
from mlm_steps.runner.lean import with_lean_snakemake

__all__ = ["find_profile", "read_command_line"]

UNKNOWN_EXECUTOR = re.compile(r"argument --executor\S*: invalid choice: '([^']*)'")


def find_profile(name: str) -> str:
    """Return a profile as Snakemake finds it: a path, a name of the user's profiles, or one of this package.

    Raises UsageError if there is none of this name.
    """
    from snakemake.cli import get_profile_dir  # takes long to import

    if get_profile_dir(name) is not None:
        return name
    packaged = share("config") / "profiles"
    if Path(name).name == name and (packaged / name / "config.yaml").is_file():
        return str(packaged / name)
    known = sorted(folder.name for folder in packaged.iterdir() if folder.is_dir())
    alike = did_you_mean(name, known)
    where = "a folder with config.yaml, a folder of this kind in ~/.config/snakemake, or one of mlm's own"
    raise UsageError(
        Fault(f"--profile {name}", "there is no such profile", alike or f"{where}: {', '.join(known)}")
    )


def read_command_line(words: list[str], profile: str | None) -> tuple[ArgumentParser, Namespace]:
    """Read Snakemake's command line and suppress its message on the profile that it found.

    Raises UsageError if the words or the profile are wrong.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return with_lean_snakemake(partial(_parsed, words), profile)
    except SystemExit:
        raise UsageError(_unreadable(profile, said.getvalue())) from None


def _parsed(words: list[str]) -> tuple[ArgumentParser, Namespace]:
    import smart_open  # noqa: F401 - Snakemake imports it later, when nothing is hidden
    from snakemake.cli import parse_args

    return parse_args(words)  # type: ignore[no-any-return]  # Snakemake has no types


def _unreadable(profile: str | None, said: str) -> Fault:
    """Return the fault of a profile that Snakemake cannot read, from what Snakemake has said."""
    where = "--profile" if profile is None else f"--profile {profile}"
    unknown = UNKNOWN_EXECUTOR.search(said)
    if unknown is None:
        reason = " ".join(said.rpartition("error: ")[2].split())
        return Fault(where, reason or "cannot be read")
    name = unknown[1]
    extra = "'mlm-steps[slurm]'" if name == "slurm" else f"snakemake-executor-plugin-{name}"
    what = f"the executor '{name}' is not installed in the environment of mlm"
    return Fault(where, what, f"install it: pip install {extra}")
