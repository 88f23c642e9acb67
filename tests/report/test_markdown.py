from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from mlm_steps.records.run import Labels
from mlm_steps.report.render import render_report

NUMBER = re.compile(r"−?\d*\.\d+")


class Cells(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside = False
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, _attrs):
        if tag in ("td", "th"):
            self.inside = True
            self.found.append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.found[-1] += data


def test_both_formats_have_the_same_numbers_in_their_tables(make_given):
    texts = render_report(make_given())
    rows = [line for line in texts["md"].splitlines() if line.startswith("|")]
    in_markdown = sorted(NUMBER.findall(" ".join(rows)))
    in_html = sorted(number for cell in Cells(texts["html"]).found for number in NUMBER.findall(cell))
    assert in_markdown == in_html


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "\\| b",
        "`code`",
        "](javascript:alert(1))",
        "<script>alert(1)</script>",
        "# heading\n\n# another",
        "*emphasis* _too_",
        "![x](http://example.org/x.png)",
        "http://example.org",
        "&lt;b&gt;",
        "```",
    ],
)
def test_a_label_opens_no_cell_link_heading_or_markup(make_given, text):
    names = ("school", "math", "ses", "sector")
    labels = Labels(models={"null": text, "slope": text}, columns=dict.fromkeys(names, text), units={})
    plain, hostile = (
        render_report(given)["md"] for given in (make_given(), make_given(labels=labels, title=text))
    )
    assert shape(hostile) == shape(plain)
    outside = re.sub(r"```latex.*?```|`[^`]*`", "", hostile, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<\w", outside)
    assert not re.search(r"(?<!\\)\]\((?!#|figures/|tables/vcov)", outside)


def shape(text: str) -> list[tuple[str, int]]:
    """Return, per line, what kind of line it is and how many cells it has."""
    lines = re.sub(r"```latex.*?```", "", text, flags=re.DOTALL).splitlines()
    kinds = []
    for line in lines:
        if line.startswith("|"):
            kinds.append(("row", len(re.findall(r"(?<!\\)\|", line.replace("\\\\", "")))))
        elif line.startswith("#"):
            kinds.append(("heading", len(line) - len(line.lstrip("#"))))
    return kinds
