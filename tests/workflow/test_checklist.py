"""What the checklist of a report calls filled stands where its link leads."""

import re

import numpy as np
import pytest

from .conftest import mlm

SPEC = """\
version: 1
name: full
title: A full report
data:
  file: full.csv
  columns:
    g: {type: group, label: School}
    s: {type: category, levels: [low, high], label: Sector}
    y: {label: Score, unit: points}
  derive:
    x_w: {center: x, within: g}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x_w + (1 | g)"}
  - {name: slope, formula: "y ~ x_w + (x_w | g)"}
  - {name: cross, formula: "y ~ x_w * w + s + (x_w | g)"}
tests: {bootstrap: never}
sensitivity: [df, centring, exclude_influential]
intervals: {r2: bootstrap}
bootstrap: {replicates: 100}
seed: 7
"""
NUMBER = r'data-src="{}[^"]*"[^>]*>(?:[^<]|<[^>]*>){{0,60}}?\d'
EVIDENCE = {
    "A1": [r"random intercepts", r"random slopes of", r"levels|groups"],
    "A4": [NUMBER.format("descriptives:y::mean"), r"Level 1: ", r"Level 2: "],
    "A5": [r'id="figure-hierarchy"', r"<svg"],
    "B1": [
        *(NUMBER.format(f"profile:factor:g:{name}") for name in ("n_levels", "size_min", "size_max")),
        r"no group has one observation",
    ],
    "B5": [
        *(NUMBER.format(f"descriptives:y::{name}") for name in ("mean", "sd", "minimum", "g:sd_within")),
        NUMBER.format("correlations:"),
    ],
    "B6": [r"treatment contrasts", r"the reference is <bdi>low", r"x centred within g", r"points"],
    "B8": [r"checks of rows, identifiers, groups, levels, labels and values found no problem"],
    "C1": [r"Level 1", r"Level 2", r"Combined", r"Distributions", r"<math", r"\\sim N"],
    "C2": [r"<code>y ~ x_w \* w \+ s \+ \(x_w \| g\)</code>"],
    "C5": [r"Level-1 residuals are independent", r"weights: none", r"offset: none"],
    "C6": [
        r"All rungs use all of them",
        NUMBER.format("profile:rows"),
        ("ladder", r"Common sample: <code>[0-9a-f]{16}</code>"),
    ],
    "D1": [r"numpy", r"sha256", r"platform", r"seed", r"provenance\.json", r"date"],
    "D2": [r"REML criterion", r"optimiser", ("rungs", NUMBER.format("provenance:run:estimation:tolerance"))],
    "D3": [r"The fit converged", r"largest\s+free gradient", NUMBER.format("fit:cross:max_gradient")],
    "D4": [r"Satterthwaite", r"confidence\s+intervals", r"α = \.05", r"not adjusted"],
    "D5": [r"There were no deviations from the spec"],
    "E1": [
        NUMBER.format(f"fixed:cross:x_w:{f}") for f in ("estimate", "se", "ci_low", "df", "statistic", "p")
    ],
    "E2": [NUMBER.format("random:cross:g:0:x_w::variance/ci_low"), NUMBER.format("random:cross:Residual")],
    "E3": [r"ICC, adjusted", NUMBER.format("icc:null::adjusted:value"), r"figure-vpc"],
    "E4": [NUMBER.format(f"fit:cross:{f}") for f in ("d_ml", "d_reml", "AIC", "BIC", "n", "npar", "J")],
    "E5": [
        *(
            NUMBER.format(f"comparison:{pair}:statistic")
            for pair in ("null--l1", "l1--slope", "slope--cross")
        ),
        r"½χ²",
    ],
    "E6": [
        NUMBER.format("variance_explained:cross:r2_marginal"),
        NUMBER.format("variance_explained:cross:r2_conditional:total:ci_low"),
        ("ladder", NUMBER.format("variance_explained:l1:prv_null")),
        NUMBER.format("variance_explained:cross:prv_previous"),
        *(NUMBER.format(f"variance_explained:cross:rs_{f}:total") for f in ("f1", "f2", "v1", "m", "sigma2")),
        NUMBER.format("variance_explained:cross:rs_f1:within:ci_low"),
    ],
    "E7": [r"<i>SD</i>", r"slopes are expected between|no clear variation", r"reliability"],
    "E8": [NUMBER.format("simple_slopes:cross:x_w"), r"Johnson–Neyman", r"CI"],
    "E9": [r"tables/vcov\.csv", r"All tables with all digits are CSV\s+files"],
    "F1": [
        r"predictive checks, linearity, homogeneity|depart|Concern|look",
        *(
            rf"{check}</th>"
            for check in ("Linearity", "Normality of residuals", "Normality of random effects")
        ),
        r"tables/<wbr>diagnostics\.csv|tables/diagnostics\.csv",
        r"figure-assumptions",
    ],
    "F2": [r"Collinearity</th>"],
    "F5": [r"Predictive checks</th>", r"Simulated data, new groups"],
    "F3": [NUMBER.format("influence:cross:"), r"School", r"Cook’s distance", r"figure-influence"],
    "F4": [
        NUMBER.format("sensitivity:cross:as_fitted:x_w:estimate"),
        NUMBER.format("sensitivity:cross:df/kenward-roger:x_w(?:%3A|:)w:p"),
        NUMBER.format("sensitivity:cross:centring/raw:x_w:estimate"),
        NUMBER.format("sensitivity:cross:exclude_influential/first_group:"),
        r"conclusion",
        r"figure-sensitivity",
    ],
    "H": [NUMBER.format("fixed:cross:x_w:estimate"), NUMBER.format("random:l1"), r"Status"],
}
"""By item, what the section that its row links to must hold; a pair names another section."""


def data():
    rng = np.random.default_rng(12)
    lines = ["g,x,w,s,y"]
    for group in range(40):
        intercept, slope, w = rng.normal(0, 1, 3)
        s = "high" if group % 3 else "low"
        for _ in range(10):
            x = rng.normal() + 0.3 * w
            y = 2 + intercept + (1 + 0.6 * slope + 0.5 * w) * x + 0.4 * (s == "high") + rng.normal()
            lines.append(f"g{group},{x:.5f},{w:.5f},{s},{y:.5f}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    (folder / "full.csv").write_text(data())
    (folder / "pipeline.yaml").write_text(SPEC)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    tables = {path.name for path in (folder / "results/full/tables").iterdir()}
    text = (folder / "results/full/report.html").read_text(encoding="utf-8")
    named = set(re.findall(r"tables/(\w+\.csv)", text))
    assert named <= tables
    return text


def section(html, name):
    found = re.search(rf'<section id="{name}".*?</section>', html, flags=re.DOTALL)
    assert found, f"no section {name}"
    return found[0]


def answers(html):
    """Return state and target of each item that applies: filled ones stand in the table, gaps in the list."""
    text = section(html, "checklist")
    rows = re.findall(r'<tr>\s*<th scope="row">(\w+)</th>(.*?)</tr>', text, flags=re.DOTALL)
    found = {item: ("filled", re.search(r'href="#([\w-]+)"', row)[1]) for item, row in rows}
    return found | dict.fromkeys(re.findall(r'<li id="gap-(\w+)">', text), ("gap", ""))


def test_all_that_is_filled_is_where_the_link_leads(html):
    found = answers(html)
    filled = {item: target for item, (state, target) in found.items() if state == "filled"}
    assert set(filled) <= set(EVIDENCE), "an item that may be filled needs its evidence here"
    wanted = [
        (item, *(each if isinstance(each, tuple) else (target, each)))
        for item, target in filled.items()
        for each in EVIDENCE[item]
    ]
    missing = [
        (item, where, pattern)
        for item, where, pattern in wanted
        if not re.search(pattern, section(html, where), flags=re.DOTALL)
    ]
    assert missing == []


def test_this_run_fills_all_that_a_run_can_fill(html):
    found = answers(html)
    assert {item for item in EVIDENCE if found[item][0] != "filled"} == set()


def test_the_counts_are_those_of_the_rows(html):
    states = [state for state, _ in answers(html).values()]
    text = re.sub(r"<[^>]+>", "", section(html, "checklist"))
    assert f"{states.count('filled')} of the {len(states)} items" in text
    assert f"{states.count('gap')} are gaps" in text
