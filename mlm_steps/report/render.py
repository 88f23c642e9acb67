"""Render the report from its records, in each format."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup

from mlm_steps.report.compiled import CompiledTemplates
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sections import ALONE, SECTIONS
from mlm_steps.report.share import share
from mlm_steps.report.text.glossary import definition
from mlm_steps.report.text.text import (
    Code,
    Emphasis,
    Link,
    Number,
    Part,
    Symbol,
    Word,
    html_text,
    markdown_escape,
    markdown_text,
    plain_text,
)
from mlm_steps.report.titles import GROUPS

__all__ = ["compile_templates", "keep_bytecode", "render_report"]

MOST_ACROSS = 6
"""Most cards that stand in one row of a printed page."""
_PIECES = (Number, Word, Code, Emphasis, Symbol, Link, Part, tuple)
_BLANK_LINES = re.compile(r"\n{3,}")
_TRAILING_SPACE = re.compile(r"[ \t]+\n")


def keep_bytecode(compiler: str) -> None:
    """Let the templates be compiled from the bytecode that is kept, if they are not yet compiled.

    ``compiler`` identifies the code that compiles, see ``CompiledTemplates``.
    """
    for environment, form in ((_html_environment(), "html"), (_markdown_environment(), "md")):
        environment.bytecode_cache = environment.bytecode_cache or CompiledTemplates(form, compiler)


def compile_templates() -> Iterator[None]:
    """Compile every template, one per iteration, before a process is forked; keep the bytecode."""
    for environment, form in ((_html_environment(), "html"), (_markdown_environment(), "md")):
        for name in environment.list_templates(extensions=[form]):
            if name.startswith(f"{form}/"):
                environment.get_template(name)
                yield
        if isinstance(environment.bytecode_cache, CompiledTemplates):
            environment.bytecode_cache.save()


def render_report(given: ReportInput) -> dict[str, str]:
    """Return the report in each requested format, by suffix.

    Parameters
    ----------
    given : ReportInput

    Returns
    -------
    dict of str to str
        The same input gives the same bytes.
    """
    groups = _groups(given)
    writers = {"html": _html, "md": _markdown}
    return {form: writers[form](given, groups) for form in given.formats}


def _groups(given: ReportInput) -> list[dict[str, Any]]:
    """Return the groups of the report in reading order, each with the sections that have something to say."""
    groups = ALONE if given.run.alone else {name: section.group for name, section in SECTIONS.items()}
    members: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    for name, group in groups.items():
        context = SECTIONS[name].context(given)
        if context is not None:
            members[group].append({"name": name, "title": SECTIONS[name].title, **context})
    return [
        {"name": group, "title": GROUPS[group], "sections": sections}
        for group, sections in members.items()
        if sections
    ]


def _html(given: ReportInput, groups: list[dict[str, Any]]) -> str:
    return _render(_html_environment(), "html/report.html", given, groups)


def _markdown(given: ReportInput, groups: list[dict[str, Any]]) -> str:
    text = _render(_markdown_environment(), "md/report.md", given, groups)
    return _BLANK_LINES.sub("\n\n", _TRAILING_SPACE.sub("\n", text)).strip() + "\n"


def _render(environment: Environment, template: str, given: ReportInput, groups: list[dict[str, Any]]) -> str:
    counters = {"table": 0, "figure": 0}
    tips: dict[str, str] = {}

    def number(kind: str) -> int:
        counters[kind] += 1
        return counters[kind]

    def tip(text: str) -> str:
        return tips.setdefault(text, f"tip-{len(tips) + 1}")

    return environment.get_template(template).render(
        title=Word(given.run.title), name=given.run.name, groups=groups, number=number, tip=tip, tips=tips
    )


@cache
def _html_environment() -> Environment:
    environment = _environment(_finalize_html)
    environment.filters["definition"] = definition
    environment.globals["across"] = _across
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals["script"] = Markup(script)  # noqa: S704 (files of this package)
    environment.globals["script_hash"] = f"sha256-{digest}"
    return environment


def _across(count: int) -> int:
    """Return how many cards stand in a row, so that the rows of a printed page are about equally long."""
    rows = -(-count // MOST_ACROSS)
    return -(-count // max(rows, 1)) or 1


def _script() -> str:
    """Return the files of the script in the order of their names, in one scope of their own."""
    parts = sorted((share("reports") / "html" / "js").glob("*.js"))
    return "".join(
        ('"use strict";(() => {\n', *(part.read_text(encoding="utf-8") for part in parts), "})();")
    )


@cache
def _markdown_environment() -> Environment:
    anchors = {name: _github_anchor(section.title) for name, section in SECTIONS.items()}
    environment = _environment(partial(_finalize_markdown, anchors=anchors))
    environment.filters["cell"] = partial(_finalize_markdown, anchors=anchors, in_table=True)
    return environment


def _environment(finalize: Callable[[Any], Any]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(share("reports"), encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["plain"] = plain_text
    return environment


def _finalize_html(value: Any) -> Any:
    return html_text(value) if isinstance(value, _PIECES) else value


def _finalize_markdown(value: Any, anchors: dict[str, str], *, in_table: bool = False) -> Any:
    """Return a value of a template as Markdown; all text that is not marked as safe is escaped."""
    if isinstance(value, Undefined | Markup | int):
        return value
    if isinstance(value, _PIECES):
        pieces = value if isinstance(value, tuple) else (value,)
        text = markdown_text(tuple(_anchored(piece, anchors) for piece in pieces), in_table=in_table)
        return Markup(text)  # noqa: S704 (escaped for Markdown)
    return Markup(markdown_escape(str(value)))  # noqa: S704 (escaped for Markdown)


def _anchored(piece: Any, anchors: dict[str, str]) -> Any:
    """Return a link with the anchor that Markdown gives to the section's heading."""
    return Link(piece.text, anchors.get(piece.section, piece.section)) if isinstance(piece, Link) else piece


def _github_anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")
