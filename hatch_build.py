"""Compile the engine's inner loop where a C compiler is at hand; without one, numpy does its work."""

from __future__ import annotations

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("mlm_steps/engine/structures/_compiled.c")
ABI = "cp311-abi3"
FLAGS = ("-O3", "-ffp-contract=off", "-DPy_LIMITED_API=0x030B0000")
"""No contraction: the same digits from every compiler."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled module to a wheel, which is then one for this platform."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Compile, or say why not."""
        if self.target_name != "wheel" or os.environ.get("MLM_KERNEL") == "pure":
            return
        source = Path(self.root) / SOURCE
        built = source.with_suffix(".abi3.so")
        problem = compile_module(source, built)
        if problem:
            built.unlink(missing_ok=True)  # what an earlier source gave
            self.app.display_warning(f"built without the compiled inner loop: {problem}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"{ABI}-{platform}"
        build_data["artifacts"].append(built.relative_to(self.root).as_posix())


def compile_module(source: Path, built: Path) -> str:
    """Compile a module against Python's stable interface; return what stood in the way, or nothing."""
    include, whole = sysconfig.get_path("include"), built.with_suffix(f".{os.getpid()}")
    problem = "there is no C compiler"
    for linker in dict.fromkeys([sysconfig.get_config_var("LDSHARED"), "cc -shared"]):
        command = [*shlex.split(linker or ""), "-fPIC", *FLAGS, f"-I{include}", str(source), "-o", str(whole)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - no shell
        except FileNotFoundError:
            continue
        except subprocess.CalledProcessError as error:
            problem = error.stderr.strip().splitlines()[0] if error.stderr.strip() else str(error)
            continue
        whole.replace(built)  # programs that have the old one loaded keep it
        return ""
    return problem
