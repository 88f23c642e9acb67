"""Commands with arguments as nobody should write them: an answer each, no traceback, no stray file."""

from __future__ import annotations

import contextlib
import io
import os

import pytest

from mlm_steps.cli import run_command

from .answers import ROWS
from .inputs.words import PAYLOADS
from .watch import limited

SPEC = """\
version: 1
data: {file: a.csv}
ladder: [{name: "null", formula: "y ~ 1 + (1 | g)"}, {name: l1, formula: "y ~ x + (1 | g)"}]
"""
WORDS = [
    *(
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "1e400",
        "nan",
        "9" * 400,
        "x" * 300,
        "a,b,,",
        ",",
        "é",
        "\u202e",
        "\x1b[31m",
    ),
    *(
        "..",
        "/",
        "/dev/zero",
        "/dev/full",
        "/proc/self/mem",
        "a.csv",
        "p.yaml",
        "pipe",
        "nodir/x.csv",
        "[",
        "{}",
    ),
    *PAYLOADS[:14],
]
COMMANDS = {
    "init data": ("init", "{}", "--outcome", "y", "--group", "g", "--out", "new.yaml"),
    "init outcome": ("init", "a.csv", "--outcome", "{}", "--group", "g", "--out", "new.yaml"),
    "init group": ("init", "a.csv", "--outcome", "y", "--group", "{}", "--out", "new.yaml"),
    "init level 1": (
        "init",
        "a.csv",
        "--outcome",
        "y",
        "--group",
        "g",
        "--level-1",
        "{}",
        "--out",
        "new.yaml",
    ),
    "init na": ("init", "a.csv", "--outcome", "y", "--group", "g", "--na", "{}", "--out", "new.yaml"),
    "init delimiter": (
        "init",
        "a.csv",
        "--outcome",
        "y",
        "--group",
        "g",
        "--delimiter",
        "{}",
        "--out",
        "new.yaml",
    ),
    "init sheet": ("init", "a.csv", "--outcome", "y", "--group", "g", "--sheet", "{}", "--out", "new.yaml"),
    "predict new": ("predict", "p.yaml", "--model", "l1", "--new", "{}"),
    "predict model": ("predict", "p.yaml", "--model", "{}", "--new", "a.csv"),
    "plan": ("plan", "{}"),
    "plan power": ("plan", "power", "--groups", "{}", "--rows", "20"),
    "prepare": ("prepare", "p.yaml", "--save", "{}"),
    "power": ("power", "{}", "--closed"),
    "validate": ("validate", "{}"),
    "dry run": ("run", "{}", "--dry-run"),
    "cores": ("run", "p.yaml", "--dry-run", "--cores", "{}"),
    "out": ("run", "p.yaml", "--dry-run", "--out", "{}"),
    "fit": ("fit", "p.yaml", "--model", "{}", "--out", "results"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("\n".join(ROWS) + "\n")
    (tmp_path / "p.yaml").write_text(SPEC)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_argument_is_answered(folder, command):
    for word in WORDS:
        if word == "":
            continue
        words = [part.replace("{}", word) for part in COMMANDS[command]]
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), limited():
            try:
                code = run_command(words)
            except SystemExit as end:  # argparse refuses it
                code = end.code
        text = said.getvalue()
        assert code in (0, 2), (words, code, text)
        assert "Traceback" not in text, (words, text)
        assert code == 0 or text.strip(), words
        assert text.replace("\n", "").isprintable(), (words, text)
        stray = {path.name for path in folder.iterdir()} - {"a.csv", "p.yaml", "pipe"}
        assert code == 0 or not stray - {"results"}, (words, stray)
        for name in stray - {"results"}:
            (folder / name).unlink()
