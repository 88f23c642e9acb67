"""The small report, word by word, in both formats.

After a change that is meant, ``make golden`` writes the files anew; read their diff.
"""

from __future__ import annotations

import os
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mlm_steps.report.render import render_report

GOLDEN = Path(__file__).parent / "golden"
VOID = {"meta", "br", "path"}
INLINE = {"a", "b", "bdi", "button", "code", "i", "span", "sub"}
"""Elements that stay within the line of their text."""


class Outline(HTMLParser):
    """A page with one block element or one run of text per line, indented by depth; MathML as its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.text = ""
        self.depth = 0
        self.inside = ""
        self.feed(page)
        self.close()
        self.end_line()

    def end_line(self) -> None:
        words = " ".join(self.text.split())
        self.text = ""
        if words:
            self.lines.append("  " * self.depth + words)

    def handle_starttag(self, tag, attrs):
        if self.inside:
            return
        values = ((name, (value or "").replace('"', "&quot;")) for name, value in attrs)
        shown = "".join(f' {name}="{value}"' for name, value in values)
        if tag in INLINE:
            self.text += f"<{tag}{shown}>"
            return
        self.end_line()
        self.lines.append("  " * self.depth + f"<{tag}{shown}>")
        self.depth += tag not in VOID
        self.inside = tag if tag in ("math", "script", "style") else ""

    def handle_endtag(self, tag):
        if self.inside and tag != self.inside:
            return
        if tag in INLINE:
            self.text += f"</{tag}>"
            return
        self.end_line()
        self.inside = ""
        self.depth -= tag not in VOID

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.text += escape(data, quote=False)


def outline(page: str) -> str:
    lines = "\n".join(Outline(page).lines) + "\n"
    return re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-of-the-script", lines)


@pytest.mark.parametrize(("form", "normalise"), [("md", str), ("html", outline)])
def test_the_small_report_reads_as_it_was_proofread(make_given, form, normalise):
    path = GOLDEN / f"small.{form}"
    text = normalise(render_report(make_given())[form])
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
