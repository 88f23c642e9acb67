from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mlm_steps.records.run import Labels
from mlm_steps.report.equations.equations import Equation
from mlm_steps.report.render import render_report
from mlm_steps.report.sections import ALONE, SECTIONS
from mlm_steps.report.titles import GROUPS, TITLES

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "mspace"}


class Page(HTMLParser):
    """Collects what the tests ask about, and that every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.elements if name in attrs]


@pytest.fixture
def html(make_given) -> str:
    return render_report(make_given())["html"]


@pytest.fixture
def page(html) -> Page:
    return Page(html)


def test_every_element_is_closed_in_order(page):
    assert page.faults == []
    assert page.open == []


def test_ids_are_unique_and_internal_links_resolve(page):
    ids = Counter(page.attributes("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    targets = {link[1:] for link in page.attributes("href") if link.startswith("#")}
    assert targets <= set(ids)


def test_links_lead_to_the_page_or_a_table_beside_it_and_nothing_is_loaded_or_run(page):
    outside = [link for link in page.attributes("href") if not link.startswith("#")]
    assert outside == ["tables/vcov.csv"]
    assert not page.attributes("src")
    assert {tag for tag, _ in page.elements} & {"iframe", "object", "img", "link"} == set()
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)


def test_only_the_script_of_the_page_runs_and_the_page_is_whole_without_it(html, page):
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs)
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.search(
        r"fetch\(|XMLHttpRequest|WebSocket|import\(|eval\(|innerHTML|https?://(?!www\.w3\.org/2000/svg)",
        script,
    )


def test_a_term_leads_to_its_explanation_without_the_script(page):
    targets = set(page.attributes("popovertarget"))
    explained = {attrs["id"] for _, attrs in page.elements if "popover" in attrs}
    assert targets
    assert targets == explained


def test_tables_tell_which_rows_and_columns_a_reader_may_hide(html):
    ladder = html[html.index('id="ladder"') :]
    assert '<tr class="detail" data-col="ci" data-term="ses:sectorCatholic">' in ladder
    assert '<span data-col="se"> (' in ladder
    assert 'data-col="p"' in ladder
    found = re.search(r'data-src="fixed:slope:ses:estimate" data-value="([^"]+)">([^<]*)<', ladder)
    assert float(found[1]) == pytest.approx(2.8)


def test_titles_and_sections_stand_in_the_same_order():
    assert list(TITLES) == list(SECTIONS)


def test_the_sections_of_a_group_follow_each_other_in_the_order_of_the_groups():
    order = list(dict.fromkeys(section.group for section in SECTIONS.values()))
    assert order == [group for group in GROUPS if group in order]
    assert [section.group for section in SECTIONS.values()] == sorted(
        (section.group for section in SECTIONS.values()), key=list(GROUPS).index
    )
    assert set(ALONE) <= set(SECTIONS)
    assert set(ALONE.values()) <= set(GROUPS)


@pytest.mark.parametrize("name", [name for name in SECTIONS if name != "power"])
def test_every_section_is_there_under_its_name(page, name):
    assert name in page.attributes("id")
    assert SECTIONS[name].title in page.text


def test_every_number_of_the_ladder_names_its_row(html):
    ladder = html[html.index('id="ladder"') : html.index('id="headline"')]
    sources = set(re.findall(r'data-src="([^"]+)"', ladder))
    assert {
        "fixed:slope:ses:estimate",
        "fixed:slope:ses%3AsectorCatholic:p",
        "random:slope:school:0:ses::variance",
        "random:slope:Residual::::variance",
        "fit:null:d_ml",
        "comparison:null--slope:statistic",
        "icc:null::adjusted:value",
        "variance_explained:slope:prv_null:sigma2:null",
    } <= sources
    cells = re.findall(r"<td[^>]*>(.*?)</td>", ladder, flags=re.DOTALL)
    assert not [
        cell for cell in cells if re.search(r"\d\.\d", re.sub("<[^>]+>", "", cell)) and "data-src" not in cell
    ]


def test_table_heads_have_a_scope_and_tables_a_caption(html):
    for table in re.findall(r"<table>(.*?)</table>", html, flags=re.DOTALL):
        assert "<caption>" in table
        assert re.findall(r"<th(?![^>]*scope)(?:\s[^>]*)?>", table) == []


def test_the_page_has_a_language_a_skip_link_and_headings_in_order(page):
    assert page.elements[0] == ("html", {"lang": "en"})
    first_link = next(attrs for tag, attrs in page.elements if tag == "a")
    assert first_link == {"class": "skip", "href": "#content"}
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1


def test_equations_are_mathml_and_their_latex_stands_beside(html, page):
    assert sum(tag == "math" for tag, _ in page.elements) >= 8
    assert r"\beta_{0j} = \gamma_{00} + \gamma_{01}\,\text{sector[Catholic]}_{j} + U_{0j}" in html


def test_the_boundary_is_marked_and_explained(page):
    assert "1.00‡" in page.text
    assert (
        "The estimated correlation of the intercept and the slope of status over school groups" in page.text
    )


def test_gaps_have_placeholders_that_name_their_item(page):
    assert {"gap-A2", "gap-B4", "gap-G3"} <= set(page.attributes("id"))
    assert "[B4] Missing data" in page.text


def test_the_same_input_gives_the_same_bytes(make_given):
    assert render_report(make_given()) == render_report(make_given())


HOSTILE = [
    "<script>alert(1)</script>",
    "</title><b>",
    '"><img src=x onerror=alert(1)>',
    "a|b`c`",
    "](javascript:alert(1))",
    "two\nlines\x00\x07",
    "\x01\x1b\x85\ufffe\uffff",
    "\u202eevil\u2066",
    "{{ 7 * 7 }}{% raw %}",
    "</svg><script>",
    "QLABEL0Q",
    "\\input{x} $x$ & % # _ ^ ~",
    "שלום",
]


NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def test_a_column_in_an_equation_has_no_character_that_xml_forbids():
    (line,) = Equation((r"\text{QLABEL0Q}",), ("m\x00\x1b\ufffe<b>",)).mathml
    assert "<mtext>m \N{REPLACEMENT CHARACTER}&lt;b&gt;</mtext>" in line


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_is_text_wherever_it_stands(make_given, text):
    names = ("school", "math", "ses", "sector")
    labels = Labels(
        models={"null": text, "slope": text},
        columns=dict.fromkeys(names, text),
        units={"math": text},
    )
    plain, hostile = make_given(), make_given(labels=labels, title=text)
    texts = [render_report(given)["html"] for given in (plain, hostile)]
    pages = [Page(text) for text in texts]
    assert NOT_IN_XML.findall(texts[1]) == []
    assert pages[1].faults == []
    assert [tag for tag, _ in pages[1].elements if tag not in ("code", "bdi", "p")] == [
        tag for tag, _ in pages[0].elements if tag not in ("code", "bdi", "p")
    ]
    assert not any(name.startswith("on") for _, attrs in pages[1].elements for name in attrs)
    assert "49" not in re.findall(r"\{\{.*?\}\}", pages[1].text)


def test_a_run_without_any_fit_still_reports_the_data_and_what_failed(make_given):
    given = make_given()
    nothing = dict.fromkeys(("fits", "comparisons", "variance", "figures"), ())
    run = replace(given.run, **nothing, modes={}, failed={"null": "no rows <b>", "slope": "x"})
    texts = render_report(make_given(run=run))
    page = Page(texts["html"])
    assert page.faults == []
    assert "The rung Null model could not be fitted: no rows <b>" in page.text
    assert "The rung could not be fitted: no rows <b>." in page.text
    assert "no rows \\<b\\>" in texts["md"]
    assert "ladder" not in page.attributes("id")


def test_a_refused_comparison_gives_its_reason(make_given):
    given = make_given()
    refused = given.run.comparisons[0].model_copy(
        update={"statistic": None, "df": None, "p_naive": None, "p_boundary": None, "mixture": None,
                "refused": "not_nested", "reason": "the larger model lacks x.", "prv": ()}
    )  # fmt: skip
    page = Page(render_report(make_given(run=replace(given.run, comparisons=(refused,))))["html"])
    assert "Random slope was not tested against Null model: the larger model lacks x." in page.text
    assert "not tested" in page.text


def test_a_dropped_column_and_normal_tests_are_named(make_given):
    given = make_given()
    null, slope = given.run.fits
    by_z = [c.model_copy(update={"df": None, "df_method": "z"}) for c in slope.coefficients]
    gone = dict.fromkeys(("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high", "level"))
    by_z.append(
        by_z[1].model_copy(update={**gone, "column": "twice", "term": "twice", "symbol": "", "dropped": True})
    )
    run = replace(given.run, fits=(null, slope.model_copy(update={"coefficients": tuple(by_z)})))
    page = Page(render_report(make_given(run=run))["html"])
    assert page.faults == []
    assert "dropped (collinear)" in page.text
    assert "z = 18.10, p < .001 (normal approximation)" in page.text.replace("\u00a0", " ")


def test_a_word_of_any_length_breaks_and_no_column_is_wider_than_the_page():
    """Measured in a browser at 1440, 768 and 390 px with labels of 200 characters; these rules hold it."""
    sheets = sorted((Path(__file__).parents[2] / "reports" / "html" / "css").glob("*.css"))
    css = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    found = re.findall(r"^([^{}@\s][^{}@\n]*?) ?\{([^{}]*)\}", css, re.MULTILINE)  # not those inside @media
    rules = dict(reversed(found))
    assert "overflow-wrap: anywhere" in rules["body"]
    assert "grid-template-columns: minmax(0, 1fr)" in rules[".levels"]
    assert "min-width: 0" in rules[".beside > *"]
    assert "min-width: 0" in rules[".levels li > div"]
    assert "overflow-x: auto" in rules[".scroll"]
