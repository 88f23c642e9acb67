"""Paths and modules that documents, comments and docstrings name exist."""

import io
import re
import tokenize
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for folder in (".", "docs", "docs/decisions", "tests/reference")
    for path in (ROOT / folder).glob("*.md")
    if path.name not in {"CHANGELOG.md", "thresholds.md"}
)
MODULES = sorted((ROOT / "mlm_steps").rglob("*.py"))
RULES = sorted((ROOT / "workflow").rglob("*.smk"))
FOLDERS = ("mlm_steps", "workflow", "reports", "tests", "config", "docs", "benchmarks", "data")
WITHIN = ("engine", "report", "steps", "runner", "records", "api", "design", "spec")
PATH = re.compile(rf"(?<![\w/.~-])(?:{'|'.join(FOLDERS + WITHIN)})/[\w./-]*[\w/]")
MODULE = re.compile(r"(?<![\w/.])mlm_steps(?:\.\w+)+")
ENDS = (".py", ".c", ".md", ".smk", ".html", ".yaml", ".csv", ".css", "/")
WRITTEN_BY_RUNS = re.compile(r"data/(?:profile|analysis)|reports?/(?:html|md)$")


def paths(text):
    found = {path for path in PATH.findall(text) if path.endswith(ENDS) and "NAME" not in path}
    return {path for path in found if not WRITTEN_BY_RUNS.match(path)}


def exists(path):
    return any((folder / path).exists() for folder in (ROOT, ROOT / "mlm_steps"))


def is_named(dotted):
    """Whether a dotted name is a module, or something that a module holds."""
    names = dotted.split(".")
    for end in range(len(names), 0, -1):
        try:
            found = import_module(".".join(names[:end]))
        except ModuleNotFoundError:
            continue
        for name in names[end:]:
            found = getattr(found, name, None)
        return found is not None
    return False


def prose(path):
    """Return the comments and strings of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    return "\n".join(token.string for token in tokens if token.type in (tokenize.COMMENT, tokenize.STRING))


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_and_module_that_a_page_names_exists(page):
    text = page.read_text()
    missing = {path for path in paths(text) if not exists(path) and not (page.parent / path).exists()}
    assert missing | {module for module in MODULE.findall(text) if not is_named(module)} == set()


def test_every_path_and_module_that_a_comment_or_docstring_names_exists():
    texts = {name_of(path): prose(path) for path in MODULES} | {
        name_of(path): path.read_text() for path in RULES
    }
    missing = {
        where: {path for path in paths(text) if path.startswith(FOLDERS[:3]) and not exists(path)}
        | {module for module in MODULE.findall(text) if not is_named(module)}
        for where, text in texts.items()
    }
    assert {where: names for where, names in missing.items() if names} == {}
