"""Compile the engine's inner loops if there is a C compiler; without one, the engine uses numpy."""

from __future__ import annotations

import compileall
import hashlib
import os
import runpy
import shlex
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("mlm_steps/engine/structures")


def _listed() -> tuple[Path, ...]:
    """Return the sources in ``mlm_steps/extension.py``; during a build the package is not installed."""
    given = runpy.run_path(str(Path(__file__).parent / "mlm_steps" / "extension.py"))
    return tuple(FOLDER / name for name in given["SOURCES"])


SOURCES = _listed()
"""The sources that the module is compiled from: the Python binding, the numerics and their headers."""
ABI = "cp311-abi3"
FLAGS = ("-O3", "-ffp-contract=off", "-DPy_LIMITED_API=0x030B0000")
"""Contraction of floating-point operations is off, so that all compilers give the same digits."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Add the compiled module to a wheel, which then carries the tag of this platform.

    For an editable installation, the bytecode of the package is compiled as well: pip compiles only what it
    copies, and where Python may write no bytecode, each run would compile the package.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the module, or warn why it could not be compiled."""
        if version == "editable":
            compileall.compile_dir(Path(self.root) / "mlm_steps", quiet=2)
        if self.target_name != "wheel" or os.environ.get("MLM_KERNEL") == "pure":
            return
        root = Path(self.root)
        built = root / FOLDER / "_compiled.abi3.so"
        problem = compile_module([root / source for source in SOURCES], built)
        if problem:
            built.unlink(missing_ok=True)  # a binary of an earlier source
            self.app.display_warning(f"built without the compiled inner loop: {problem}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"{ABI}-{platform}"
        build_data["artifacts"].append(built.relative_to(self.root).as_posix())


def compile_module(sources: Sequence[Path], built: Path) -> str:
    """Compile the sources against Python's stable interface; return the error message, or an empty string."""
    include, whole = sysconfig.get_path("include"), built.with_suffix(f".{os.getpid()}")
    macro = f'-DSOURCE_HASH="{hash_of(sources)}"'
    units = [str(source) for source in sources if source.suffix == ".c"]
    problem = "there is no C compiler"
    for linker in dict.fromkeys([sysconfig.get_config_var("LDSHARED"), "cc -shared"]):
        command = [
            *shlex.split(linker or ""),
            "-fPIC",
            *FLAGS,
            macro,
            f"-I{include}",
            *units,
            "-o",
            str(whole),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - no shell
        except FileNotFoundError:
            continue
        except subprocess.CalledProcessError as error:
            problem = error.stderr.strip().splitlines()[0] if error.stderr.strip() else str(error)
            continue
        whole.replace(built)  # running programs keep the binary that they loaded
        return ""
    return problem


def hash_of(sources: Sequence[Path]) -> str:
    """Return the hash by which ``compiled.py`` recognises a module that was compiled from these sources."""
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
