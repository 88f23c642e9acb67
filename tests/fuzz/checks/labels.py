"""A label is text wherever it stands: in HTML, Markdown, SVG, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, Plane
from mlm_steps.records.run import Labels
from mlm_steps.report.equations.equation import latex_escape
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.render import render_report
from mlm_steps.tables.base import table_of
from tests.report.conftest import small_input
from tests.report.test_html import NOT_IN_XML, Page
from tests.report.test_markdown import shape

from ..watch import limited, watched

LATEX = re.compile(
    r"(?s)(?:[^\\{}$&#_%~^`]|\\text(?:backslash|asciitilde|asciicircum|asciigrave)\{\}|\\[{}$&#_%])*"
)
"""Text in which LaTeX runs nothing: special signs are escaped, and the only commands print a sign."""
WRAPPERS = ("code", "bdi", "p")
"""Elements that come with text, however much of it there is."""


def check(_: Path, text: str) -> None:
    """Print a label in every format; it adds no element, attribute, heading, cell or command."""
    with limited(), watched():
        texts = render_report(_given(text))
        drawn = _figure(text)
        table = table_of("t", ("name", "value"), [({"name": text, "value": -1.5}, {})]).to_csv()
    _check_html(texts["html"])
    _check_markdown(texts["md"])
    _check_figure(drawn)
    assert LATEX.fullmatch(latex_escape(text)), latex_escape(text)
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert rows[1:] == [[text, "-1.5", ""]], rows


def _given(text: str) -> ReportInput:
    names = ("school", "math", "ses", "sector")
    labels = Labels(
        models={"null": text, "slope": text}, columns=dict.fromkeys(names, text), units={"math": text}
    )
    return small_input(labels=labels, title=text)


@cache
def _plain() -> tuple[Page, list[tuple[str, int]]]:
    texts = render_report(_given("Plain"))
    return Page(texts["html"]), shape(texts["md"])


def _elements(page: Page) -> list[str]:
    return [tag for tag, _ in page.elements if tag not in WRAPPERS]


def _check_html(text: str) -> None:
    page, plain = Page(text), _plain()[0]
    assert NOT_IN_XML.findall(text) == []
    assert page.faults == []
    assert _elements(page) == _elements(plain)
    assert _attributes(page) == _attributes(plain)
    links = [*page.attributes("href"), *page.attributes("src")]
    assert not any(link.lower().lstrip().startswith(("javascript:", "http", "file", "//")) for link in links)


def _attributes(page: Page) -> Counter[str]:
    return Counter(name for tag, attrs in page.elements if tag not in WRAPPERS for name in attrs)


def _check_markdown(text: str) -> None:
    assert shape(text) == _plain()[1]
    outside = re.sub(r"```latex.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<\w", outside)
    assert not re.search(r"(?<!\\)\]\((?!#|figures/|tables/vcov)", outside)


def _figure(text: str) -> bytes:
    plane = Plane(text, text, text, width=SMALL, name="x")
    plane.limits([0.0, 1.0], [0.0, 1.0])
    plane.name_rows([text, "b"])
    plane.name_x({0.0: text})
    plane.text(0.5, 0.5, text)
    plane.note(0.5, 0.5, text)
    return document([plane], text)


def _check_figure(drawn: bytes) -> None:
    root = ElementTree.fromstring(drawn)
    allowed = {"svg", "title", "desc", "g", "text", "tspan", "path", "rect", "line", "circle", "defs"}
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= allowed
    assert not any(
        name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib
    )
