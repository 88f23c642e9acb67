"""A dry interpreter of a GitLab job: as much of it as the example uses, and an error for anything else."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from .commands import clean_environment, copy, shell

KNOWN = {"image", "timeout", "interruptible", "script", "cache", "artifacts"}


@dataclass
class Outcome:
    """What a pipeline leaves."""

    green: bool
    log: str
    artifacts: Path
    junit: Path | None


class Gitlab:
    """A repository on GitLab with its caches; its image has the mlm under test."""

    def __init__(self, project, place):
        self.project, self.place = project, place
        self.pushes = 0
        self.image = place / "image"
        self.image.mkdir(parents=True)
        (self.image / "mlm").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m mlm_steps "$@"\n')
        (self.image / "mlm").chmod(0o755)

    def push(self, text):
        """Run the only job of a pipeline in a new container."""
        ((name, job),) = yaml.safe_load(text).items()
        assert {*job} <= KNOWN, f"the interpreter does not know { ({*job} - KNOWN) } of {name}"
        self.pushes += 1
        folder = self.place / f"builds-{self.pushes}"
        shutil.copytree(self.project, folder)
        cache, artifacts = job["cache"], job["artifacts"]
        kept = self.place / "caches" / cache["key"]
        if kept.exists():
            copy(kept, folder)
        done = shell("\n".join(job["script"]), folder, clean_environment(self.image, self.place))
        green = done.returncode == 0
        if green or cache["when"] == "always":
            for path in cache["paths"]:
                shutil.rmtree(kept / path, ignore_errors=True)
                copy(folder / path, kept / path)
        left = self.place / f"artifacts-{self.pushes}"
        left.mkdir()
        assert not [path for path in artifacts["paths"] if "*" in path], "expose_as allows no patterns"
        for path in artifacts["paths"] if green or artifacts["when"] == "always" else ():
            if (folder / path).exists():
                copy(folder / path, left / path)
        junit = folder / artifacts["reports"]["junit"]
        return Outcome(green, done.stdout + done.stderr, left, junit if junit.exists() else None)
