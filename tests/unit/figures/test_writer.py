"""The writer of SVG: what keeps text whole, marks told apart and panels on their own."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlm_steps.figures.svg import colours
from mlm_steps.figures.svg.lettering import fit, width_of, wrap
from mlm_steps.figures.svg.page import document
from mlm_steps.figures.svg.plane import SMALL, Key, Plane
from mlm_steps.figures.svg.scale import range_of, ticks
from mlm_steps.report.drawing import inline

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Socioeconomic status of the family within its school × Sector of the school [Catholic]"
STYLES = Path(__file__).parents[3] / "reports" / "html" / "css" / "figures.css"


def drawn(*planes):
    return ElementTree.fromstring(document(planes, "A figure"))


def plane(**options):
    made = Plane(options.pop("title", "Title"), "x", "y", width=SMALL, **options)
    made.limits([0.0, 1.0], [0.0, 1.0])
    return made


@pytest.mark.parametrize("text", [LONG, "漢字" * 40, "x" * 200, "a b " * 60])
def test_lines_stay_within_their_width_and_lose_no_character(text):
    lines = wrap(text, 200.0, most=99)
    assert all(width_of(line) <= 200.0 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_name_that_is_cut_ends_in_an_ellipsis_and_fits():
    short = fit(LONG, 80.0)
    assert short.endswith("…")
    assert width_of(short) <= 80.0


def test_a_long_title_is_written_whole_in_several_lines():
    root = drawn(plane(title=LONG))
    lines = [each.text for each in root.iter(f"{SVG}text") if each.get("font-weight") == "600"]
    assert len(lines) > 1
    assert " ".join(lines) == LONG


def test_nothing_of_a_plot_is_beyond_its_panel():
    made = plane(title=LONG, flag="look")
    made.key = [Key(LONG, colours.BLUE, dash=""), Key("b", colours.GREEN, mark="o")]
    made.marks([(0.0, 0.0), (1.0, 1.0)])
    root = drawn(made)
    left, top, width, height = map(float, root.find(f"{SVG}svg").get("viewBox").split())
    for each in root.iter(f"{SVG}text"):
        if each.get("x") is not None:
            assert left <= float(each.get("x")) <= left + width
            assert top <= float(each.get("y")) <= top + height


def test_marks_of_groups_bear_their_names_and_those_of_coefficients_their_terms():
    made = plane()
    made.marks([(0.2, 0.2), (0.8, 0.8)], groups=["a & b", "<c>"])
    made.line([(0.0, 0.0), (1.0, 1.0)], term="x:w")
    root = drawn(made)
    assert [each.get("data-group") for each in root.iter() if each.get("data-group")] == ["a & b", "<c>"]
    assert [each.get("data-term") for each in root.iter() if each.get("data-term")] == ["x:w"]
    titles = [each.text for each in root.iter(f"{SVG}title")]
    assert titles == ["A figure", "a & b", "<c>"]


def test_panels_in_a_page_are_elements_of_their_own():
    text = document([plane(), plane(), plane(), plane()], "Four").decode()
    panels = re.findall("<svg", str(inline(text)))
    assert len(panels) == 4
    ElementTree.fromstring(f"<div>{inline(text)}</div>")


def test_panels_of_a_file_stand_in_rows_that_do_not_overlap():
    root = drawn(plane(), plane(title=LONG), plane(), plane())
    boxes = [
        tuple(float(p.get(k)) for k in ("x", "y", "width", "height"))
        for p in root.iter(f"{SVG}svg")
        if p.get("x")
    ]
    for i, (x, y, w, h) in enumerate(boxes):
        for left, top, wide, high in boxes[:i]:
            assert x >= left + wide or left >= x + w or y >= top + high or top >= y + h
    width, height = map(float, root.get("viewBox").split()[2:])
    assert all(x + w <= width + 0.1 and y + h <= height + 0.1 for x, y, w, h in boxes)


def test_every_colour_has_a_rule_in_the_style_sheet():
    rules = STYLES.read_text()
    names = [each for each in colours.__all__ if str(getattr(colours, each)).startswith("#")]
    assert len(names) == 14
    for name in names:
        value = getattr(colours, name)
        assert f'.plot [fill="{value}"]' in rules
        assert f'.plot [stroke="{value}"]' in rules
        assert rules.count(f"--fig-{name.lower()}:") == 2


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3.7, 2.9), (1e-9, 3e-9), (46633.9, 47115.8), (-1e8, 2e9)]
)
def test_ticks_are_inside_and_few(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 9
    assert all(low <= value <= high + 1e-9 * abs(high) for value in found)


@pytest.mark.parametrize("values", [[], [float("nan")], [2.0], [0.0, 0.0], [1e9], [float("inf"), 1.0]])
def test_a_range_is_never_empty(values):
    low, high = range_of(values)
    assert low < high
