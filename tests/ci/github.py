"""A dry interpreter of GitHub Actions: as much of it as the examples use, and an error for anything else."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .commands import ROOT, clean_environment, copy, shell, stub_folder

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
OURS = "OWNER/mlm-steps@v0.2.0"
"""What the example calls the action of this repository."""


@dataclass
class Outcome:
    """What a push leaves: the conclusion, what the steps printed, the artifacts and the summary."""

    green: bool
    log: str
    artifacts: dict[str, Path]
    summary: str
    steps: list[str]


@dataclass
class Job:
    """The state of one job while its steps run."""

    workspace: Path
    temp: Path
    contexts: dict[str, object]
    environment: dict[str, str]
    failed: bool = False
    log: str = ""
    steps: list[str] = field(default_factory=list)


class Github:
    """A repository on GitHub with its caches.

    Parameters
    ----------
    project : Path
        The folder of the repository.
    place : Path
        A folder for runners, caches and artifacts.
    """

    def __init__(self, project, place):
        self.project, self.place = project, place
        self.caches = {}
        self.artifacts = {}
        self.pushes = 0

    def push(self, workflow):
        """Run the only job of a workflow on a new runner."""
        (job,) = yaml.safe_load(workflow)["jobs"].values()
        self.pushes += 1
        self.artifacts = {}
        home = self.place / f"runner-{self.pushes}"
        state = self._runner(home)
        self._run_all(job["steps"], state, {})
        summary = (home / "summary.md").read_text()
        return Outcome(not state.failed, state.log, self.artifacts, summary, state.steps)

    def _runner(self, home):
        workspace, temp = home / "workspace", home / "temp"
        for folder in (workspace, temp):
            folder.mkdir(parents=True)
        stubs = stub_folder(home / "stubs")
        for name in ("output", "summary.md"):
            (home / name).touch()
        environment = clean_environment(
            stubs, home,
            CI="true", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(workspace), RUNNER_TEMP=str(temp),
            GITHUB_STEP_SUMMARY=str(home / "summary.md"), GITHUB_OUTPUT=str(home / "output"),
        )  # fmt: skip
        github = {
            "ref": "refs/heads/main",
            "ref_name": "main",
            "run_id": str(self.pushes),
            "run_attempt": "1",
        }
        return Job(workspace, temp, {"github": github, "steps": {}}, environment)

    def _run_all(self, steps, state, inputs):
        outer, state.contexts = state.contexts, {**state.contexts, "inputs": inputs, "steps": {}}
        for step in steps:
            unknown = {*step} - {"name", "id", "uses", "with", "run", "shell", "if", "env"}
            assert not unknown, f"the interpreter does not know {unknown}"
            if self._holds(step.get("if"), state):
                state.steps.append(step.get("name") or step.get("uses"))
                self._run(step, state)
        state.contexts = outer

    def _run(self, step, state):
        given = {k: self._filled(str(v), state.contexts) for k, v in step.get("with", {}).items()}
        if "run" in step:
            self._command(step, state)
        elif step["uses"] == OURS:
            action = yaml.safe_load((ROOT / "action.yml").read_text())
            assert {*given} <= {*action["inputs"]}
            defaults = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
            state.environment["GITHUB_ACTION_PATH"] = str(ROOT)
            self._run_all(action["runs"]["steps"], state, {**defaults, **given})
        else:
            uses = {
                "actions/checkout@v4": self._checkout,
                "actions/setup-python@v5": lambda _, __: None,
                "actions/cache/restore@v4": self._restore,
                "actions/cache/save@v4": self._save,
                "actions/upload-artifact@v4": self._upload,
            }
            uses[step["uses"]](given, state)

    def _command(self, step, state):
        assert step.get("shell", "bash") == "bash"
        assert not EXPRESSION.search(step["run"]), "a text from outside would be read as a command"
        extra = {k: self._filled(str(v), state.contexts) for k, v in step.get("env", {}).items()}
        output = Path(state.environment["GITHUB_OUTPUT"])
        output.write_text("")
        done = shell(step["run"], state.workspace, {**state.environment, **extra})
        state.log += done.stdout + done.stderr
        state.failed = state.failed or done.returncode != 0
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        if "id" in step:
            state.contexts["steps"][step["id"]] = {"outputs": outputs}

    def _checkout(self, _, state):
        shutil.copytree(self.project, state.workspace, dirs_exist_ok=True)

    def _restore(self, given, state):
        newest = list(reversed(self.caches))
        wanted = [given["key"], *given.get("restore-keys", "").split()]
        hits = [key for prefix in wanted for key in newest if key.startswith(prefix)]
        if hits:
            copy(self.caches[hits[0]], state.workspace / given["path"])

    def _save(self, given, state):
        assert given["key"] not in self.caches, "a cache of GitHub cannot be changed"
        kept = self.place / f"cache-{len(self.caches)}"
        copy(state.workspace / given["path"], kept)
        self.caches[given["key"]] = kept

    def _upload(self, given, state):
        kept = self.place / f"artifact-{self.pushes}-{given['name']}"
        for pattern in given["path"].split("\n"):
            for found in state.workspace.glob(pattern) if pattern else ():
                copy(found, kept / found.relative_to(state.workspace))
        assert kept.exists() or given.get("if-no-files-found") == "ignore"
        self.artifacts[given["name"]] = kept

    def _filled(self, text, contexts):
        return EXPRESSION.sub(lambda found: self._value(found[1], contexts), text)

    def _value(self, way, contexts):
        if way.startswith("'"):
            return way.strip("'")
        value = contexts
        for part in way.split("."):
            value = value[part]
        return str(value)

    def _holds(self, condition, state):
        """Return whether a step runs; without a function of the status, only if no step has failed."""
        text = (condition or "").removeprefix("${{").removesuffix("}}").strip()
        runs = not state.failed or "cancelled()" in text
        for term in filter(None, text.split("&&")):
            term = term.strip()
            if term == "!cancelled()":
                continue
            left, sign, right = re.fullmatch(r"([\w.-]+) (==|!=) ('[^']*')", term).groups()
            same = self._value(left, state.contexts) == self._value(right, state.contexts)
            runs = runs and same == (sign == "==")
        return runs
