"""Tell continuous integration how a run ended: a Markdown summary, and annotations of GitHub.

Annotations are at the places of failed expectations and of faults of the input.

A run without work has neither, unless the caller asks for them; this module therefore loads no library.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["annotation", "announce"]

MOST_SHOWN = 10
"""Largest number of failures of one expectation in an annotation or a cell, so that it fits on a screen."""
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|~&$!@#]")
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<what>.+)")
"""A message about a place in a file."""
INPUT_AT_FAULT = 2
"""The exit code if the spec, its data or the arguments have faults."""
_TITLES = {2: "Invalid input", 3: "A step failed"}
_ENDINGS = {
    0: "The run has finished.",
    1: "The run has finished, and its results are not as the spec expects.",
    2: "The run has not started, because its input has faults.",
    3: "A step of the run has failed.",
}


def announce(code: int, said: Sequence[str], checks: str, spec: Path, summary: Path | None) -> None:
    """Write the summary that is asked for, and print the annotations on GitHub.

    Parameters
    ----------
    code : int
        The exit code of the run.
    said : sequence of str
        What the run has printed: on standard output, and on standard error.
    checks : str
        The record of the expectations; empty if there is none.
    spec : Path
    summary : Path or None
        The file that ``--summary`` names; the text is added to it.
    """
    step = os.environ.get("GITHUB_STEP_SUMMARY")
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    if summary is None and not step and not on_github:
        return
    record: Mapping[str, Any] = json.loads(Path(checks).read_bytes()) if checks else {}
    expectations = record.get("expectations", [])
    text = _summary(code, said, expectations, str(record.get("name", spec.stem)))
    for path in (summary, Path(step) if step else None):
        if path is not None:
            _append(path, text)
    if on_github:
        faults = _faults(code, said[-1] if said else "", spec) if code > 1 else ()
        for line in (*_annotations(expectations, spec), *faults):
            print(line, file=sys.stderr, flush=True)


def _append(path: Path, text: str) -> None:
    """Add text to a file, to which the runs of several specs write."""
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        print(f"{path}: the summary cannot be written: {error.strerror or error}", file=sys.stderr)


def _failures(expectation: Mapping[str, Any]) -> list[str]:
    found = [str(each["message"]) for each in expectation["findings"] if not each["holds"]]
    rest = len(found) - MOST_SHOWN
    return [*found[:MOST_SHOWN], *([f"and {rest} more"] if rest > 0 else [])]


def _summary(code: int, said: Sequence[str], expectations: Sequence[Mapping[str, Any]], name: str) -> str:
    lines = [f"## {_escaped(name)}", "", _ENDINGS.get(code, f"The run has ended with exit code {code}."), ""]
    if expectations:
        lines += ["| | expectation | found |", "| --- | --- | --- |"]
        lines += [_row(each) for each in expectations]
        lines.append("")
    for text in said:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        lines += [f"{fence}text", text.rstrip("\n"), fence, ""] if text.strip() else []
    return "\n".join(lines) + "\n"


def _row(expectation: Mapping[str, Any]) -> str:
    failures = _failures(expectation)
    word = "ok" if not failures else "**failed**" if expectation["severity"] == "error" else "warning"
    shown = failures or [*dict.fromkeys(str(each["shown"]) for each in expectation["findings"])][:MOST_SHOWN]
    return f"| {word} | {_escaped(expectation['title'])} | {'<br>'.join(map(_escaped, shown))} |"


def _escaped(text: str) -> str:
    """Return text of the user on one line, without characters that Markdown reads as markup."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def _annotations(expectations: Sequence[Mapping[str, Any]], spec: Path) -> Iterator[str]:
    for each in expectations:
        failures = _failures(each)
        if failures:
            level = "error" if each["severity"] == "error" else "warning"
            place = {"file": _in_workspace(spec), "line": str(each["line"]), "col": str(each["column"])}
            yield annotation(level, "\n".join(failures), {**place, "title": f"Expectation: {each['title']}"})


def _faults(code: int, said: str, spec: Path) -> Iterator[str]:
    """Yield an annotation per fault with a place in a file, and one for all that is said without a place."""
    rest: list[str] = []
    shown = 0
    for line in said.splitlines():
        found = _PLACE.match(line)
        if found and shown < MOST_SHOWN and Path(found["file"]).is_file():
            shown += 1
            column = {"col": found["column"]} if found["column"] else {}
            place = {"file": _in_workspace(Path(found["file"])), "line": found["line"], **column}
            yield annotation("error", found["what"], {**place, "title": _TITLES.get(code, "The run failed")})
        elif not found:
            rest.append(line)
    if rest and (not shown or code != INPUT_AT_FAULT):
        more = [f"and {len(rest) - MOST_SHOWN} more lines"] if len(rest) > MOST_SHOWN else []
        place = {"file": _in_workspace(spec), "title": _TITLES.get(code, "The run failed")}
        yield annotation("error", "\n".join([*rest[:MOST_SHOWN], *more]), place)


def _in_workspace(spec: Path) -> str:
    """Return the path of a file as GitHub knows it: from the root of the checked-out repository."""
    root, path = os.environ.get("GITHUB_WORKSPACE"), spec.resolve()
    if root and path.is_relative_to(Path(root).resolve()):
        return path.relative_to(Path(root).resolve()).as_posix()
    return spec.as_posix()


def annotation(level: str, message: str, properties: Mapping[str, str]) -> str:
    r"""Return a workflow command of GitHub; its escapes are those of ``@actions/core``.

    >>> annotation("error", "50 % of\nit", {"file": "a,b.yaml", "line": "3"})
    '::error file=a%2Cb.yaml,line=3::50 %25 of%0Ait'
    """
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
