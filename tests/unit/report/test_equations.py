from __future__ import annotations

import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from mlm_steps.report.equations.equations import equations

INTERCEPT = "(Intercept)"


def fit(columns, terms, outcome="y", weights=None, **response):
    coefficients = [
        SimpleNamespace(column=column, term=column, symbol=symbol, level="1", dropped=False)
        for column, symbol in columns.items()
    ]
    shapes = [SimpleNamespace(group=group, names=names) for group, names in terms]
    return SimpleNamespace(
        coefficients=coefficients,
        terms=shapes,
        outcome=outcome,
        weights=weights,
        name_of_r=lambda name: name,
        linear=not response,
        **response,
    )


def profile(levels=(), nesting=()):
    return SimpleNamespace(
        variable_levels=[SimpleNamespace(variable=v, factor=f, level=level) for v, f, level in levels],
        nesting=[SimpleNamespace(inner=i, outer=o, relation="nested") for i, o in nesting],
    )


def lines(blocks):
    return {block.title: [equation.latex for equation in block.equations] for block in blocks}


CASES = {
    "cross-level": (
        fit(
            {INTERCEPT: "γ00", "x": "γ10", "w": "γ01", "x:w": "γ11"},
            [("g", (INTERCEPT, "x"))],
        ),
        profile(),
        {
            "Level 1": [r"\text{y}_{ij} = \beta_{0j} + \beta_{1j}\,\text{x}_{ij} + R_{ij}"],
            "Level 2": [
                r"\beta_{0j} = \gamma_{00} + \gamma_{01}\,\text{w}_{j} + U_{0j}",
                r"\beta_{1j} = \gamma_{10} + \gamma_{11}\,\text{w}_{j} + U_{1j}",
            ],
        },
    ),
    "zero correlation is drawn as 0": (
        fit({INTERCEPT: "γ00", "x": "γ10"}, [("g", (INTERCEPT,)), ("g", ("x",))]),
        profile(),
        {
            "Distributions": [
                (
                    r"\begin{pmatrix} U_{0j} \\ U_{1j} \end{pmatrix} \sim N\left(\begin{pmatrix} 0 \\ 0 "
                    r"\end{pmatrix},\; \begin{pmatrix} \tau_{00} & 0 \\ 0 & \tau_{11} \end{pmatrix}\right)"
                ),
                r"R_{ij} \sim N(0, \sigma^{2})",
            ]
        },
    ),
    "a random slope without a fixed one": (
        fit({INTERCEPT: "γ00"}, [("g", (INTERCEPT, "x"))]),
        profile(),
        {"Level 2": [r"\beta_{0j} = \gamma_{00} + U_{0j}", r"\beta_{1j} = U_{1j}"]},
    ),
    "crossed factors with an index each": (
        fit(
            {INTERCEPT: "γ00", "x": "γ10", "w": "γ01"},
            [("subject", (INTERCEPT, "x")), ("item", (INTERCEPT,))],
        ),
        profile(levels=[("w", "item", "between")]),
        {
            "Level 1": [r"\text{y}_{i(jk)} = \beta_{0(jk)} + \beta_{1(jk)}\,\text{x}_{i(jk)} + R_{i(jk)}"],
            "Level 2": [
                r"\beta_{0(jk)} = \gamma_{00} + \gamma_{01}\,\text{w}_{k} + U_{0j} + V_{0k}",
                r"\beta_{1(jk)} = \gamma_{10} + U_{1j}",
            ],
        },
    ),
    "three nested levels": (
        fit(
            {INTERCEPT: "γ000", "x": "γ100", "w": "γ010", "v": "γ001", "x:v": "γ101"},
            [("class:school", (INTERCEPT,)), ("school", (INTERCEPT, "x"))],
        ),
        profile(nesting=[("class:school", "school")]),
        {
            "Level 2": [
                r"\pi_{0jk} = \beta_{00k} + \beta_{01k}\,\text{w}_{jk} + U_{0jk}",
                r"\pi_{1jk} = \beta_{10k}",
            ],
            "Level 3": [
                r"\beta_{00k} = \gamma_{000} + \gamma_{001}\,\text{v}_{k} + V_{0k}",
                r"\beta_{01k} = \gamma_{010}",
                r"\beta_{10k} = \gamma_{100} + \gamma_{101}\,\text{v}_{k} + V_{1k}",
            ],
        },
    ),
    "weights divide the residual variance": (
        fit({INTERCEPT: "γ00"}, [("g", (INTERCEPT,))], weights="w_t"),
        profile(),
        {
            "Distributions": [
                r"U_{0j} \sim N(0, \tau_{00})",
                r"R_{ij} \sim N(0, \sigma^{2} / \text{w\_t}_{ij})",
            ]
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_equations_read_as_in_a_textbook(case):
    model, data, expected = CASES[case]
    found = lines(equations(model, data))
    assert {title: found[title] for title in expected} == expected


@pytest.mark.parametrize("case", list(CASES))
def test_mathml_is_well_formed_and_leaves_no_latex(case):
    model, data, _ = CASES[case]
    for block in equations(model, data):
        for equation in block.equations:
            for line in equation.mathml:
                root = ElementTree.fromstring(str(line))
                text = "".join(root.itertext())
                assert "\\" not in text
                assert "QLABEL" not in text


@pytest.mark.parametrize("name", ["<b>", "a&b", "\\input{x}", "x_1", "QLABEL7Q", "}", "$x$"])
def test_a_name_is_text_in_latex_and_in_mathml(name):
    model = fit({INTERCEPT: "γ00", name: "γ10"}, [("g", (INTERCEPT,))], outcome=name)
    level_1 = equations(model, profile())[0].equations[0]
    assert name in "".join(ElementTree.fromstring(str(level_1.mathml[0])).itertext())
    assert re.search(r"(?<!\\)[$#%&]", level_1.latex) is None


def test_the_combined_equation_holds_every_term_once():
    model, data, _ = CASES["cross-level"]
    combined = lines(equations(model, data))["Combined"][0]
    assert re.findall(r"\\gamma_\{(\d+)\}", combined) == ["00", "01", "10", "11"]
    assert combined.endswith(r"U_{0j} + U_{1j}\,\text{x}_{ij} + R_{ij}")


@pytest.mark.parametrize(
    ("response", "link", "distribution"),
    [
        ({"family": "binomial", "link": "logit"}, r"\text{logit}(\mu_{ij})", r"\text{Bernoulli}(\mu_{ij})"),
        (
            {"family": "binomial", "link": "cloglog", "trials": "n"},
            r"\log(-\log(1 - \mu_{ij}))",
            r"\text{Binomial}(\text{n}_{ij},\; \mu_{ij})",
        ),
        ({"family": "poisson", "link": "log"}, r"\log(\mu_{ij})", r"\text{Poisson}(\mu_{ij})"),
        ({"family": "gamma", "link": "log"}, r"\log(\mu_{ij})", r"\text{Gamma}(\mu_{ij},\; \nu)"),
    ],
)
def test_a_generalized_model_has_the_link_of_its_mean_and_no_residual(response, link, distribution):
    model = fit(
        {INTERCEPT: "γ00", "x": "γ10"}, [("g", (INTERCEPT,))], event=None, **{"trials": None, **response}
    )
    found = lines(equations(model, profile()))
    assert found["Level 1"] == [rf"{link} = \beta_{{0j}} + \beta_{{1j}}\,\text{{x}}_{{ij}}"]
    assert found["Distributions"][-1] == rf"\text{{y}}_{{ij}} \sim {distribution}"
    assert not any("R_" in line for block in found.values() for line in block)


def test_the_event_of_a_category_is_named():
    model = fit(
        {INTERCEPT: "γ00"}, [("g", (INTERCEPT,))],
        outcome="use", family="binomial", link="probit", event="Y", trials=None,
    )  # fmt: skip
    found = lines(equations(model, profile()))
    assert found["Distributions"][-1] == r"P(\text{use}_{ij} = \text{Y}) = \mu_{ij}"
    assert found["Combined"] == [r"\Phi^{-1}(\mu_{ij}) = \gamma_{00} + U_{0j}"]
