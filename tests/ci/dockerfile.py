"""A dry interpreter of a Dockerfile: every stage is a folder, and absolute paths lead into it."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from .commands import copy, shell

OWN = ("/opt", "/src", "/analysis")
"""The folders of the image that the Dockerfile may use; a path elsewhere is the machine's own."""
WITHIN = re.compile(rf"(?<![\w/.])({'|'.join(OWN)})(?=[/:\s]|$)")


@dataclass
class Stage:
    """A stage of the build."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def mapped(self, text: str) -> str:
        """Return a text in which paths of the image lead into the folder of the stage."""
        return WITHIN.sub(lambda found: f"{self.root}{found[1]}", text)

    @property
    def folder(self) -> Path:
        """The current folder."""
        return self.root / self.workdir.lstrip("/")


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, without comments and with continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def build(text: str, context: Path, place: Path, environment: dict[str, str], timeout: float = 300) -> Stage:
    """Build every stage and return the last; an instruction that fails or is unknown is an error."""
    stages: dict[str, Stage] = {}
    stage = Stage(place)
    for word, rest in instructions(text):
        if word == "FROM":
            name = rest.partition(" AS ")[2] or str(len(stages))
            stage = stages[name] = Stage(place / f"stage-{name}")
            stage.root.mkdir(parents=True)
        elif word == "WORKDIR":
            stage.workdir = rest
            stage.folder.mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            _copy(rest, stage, stages, context)
        elif word == "ENV":
            name, value = rest.split("=", 1)
            stage.environment[name] = stage.mapped(value)
        elif word == "RUN":
            done = shell(stage.mapped(rest), stage.folder, environment, timeout)
            assert done.returncode == 0, f"{rest}\n{done.stdout}\n{done.stderr}"
        elif word in ("ENTRYPOINT", "CMD"):
            listed = [part.strip('"') for part in rest.strip("[]").split(", ")]
            setattr(stage, "entrypoint" if word == "ENTRYPOINT" else "command", listed)
        else:
            raise AssertionError(f"the interpreter does not know {word}")
    return stage


def _copy(rest: str, stage: Stage, stages: dict[str, Stage], context: Path) -> None:
    words = shlex.split(rest)
    source = context
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].root
    *names, target = words
    goal = stage.root / target.lstrip("/") if target.startswith("/") else stage.folder / target
    for name in names:
        found = source / name.lstrip("/")
        copy(found, goal if found.is_dir() or not target.endswith("/") else goal / found.name)
