"""Formulas that remedies propose: what they change, and that they leave the rest as it was written."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at
from mlm_steps.remedies import REMEDIES, Case
from mlm_steps.remedies.columns import with_columns


def frame():
    rng = np.random.default_rng(5)
    n = 240
    school = np.repeat(np.arange(12), 20)
    made = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "ses": rng.normal(size=n) + rng.normal(size=12)[school],
            "age": rng.normal(size=n) + rng.normal(size=12)[school] + 10,
            "own": rng.normal(size=n),
            "sector": pd.Categorical(np.where(school % 2 == 0, "a", "b")),
            "school": pd.Categorical([f"s{i:02d}" for i in school]),
            "class": pd.Categorical([f"c{i}" for i in np.repeat(np.arange(48), 5)]),
            "odd name": rng.normal(size=n),
            "odd group": [f"o{i}" for i in school // 2],
        }
    )
    made["own"] -= made.groupby("school", observed=True)["own"].transform("mean")
    return made


def proposed(word, text, theta=None):
    """Return what a remedy proposes for a formula at given parameters; all of zero makes all singular."""
    data, formula = frame(), parse_formula(text)
    design = build_design(formula, data)
    fit = evaluate_at(design, np.zeros(design.n_theta) if theta is None else np.array(theta))
    return list(REMEDIES[word](Case.of(formula, fit, data))), data


CUTS = [
    ("drop_correlation", "y ~ ses + (ses | school)", ["y ~ ses + (ses || school)"]),
    ("drop_correlation", "y ~ ses + (ses || school)", []),
    ("drop_correlation", "y ~ (1 | school)", []),
    (
        "drop_correlation",
        "y ~ (ses | school/class)",
        [
            "y ~ (ses || class:school) + (ses | school)",
            "y ~ (ses | class:school) + (ses || school)",
            "y ~ (ses || class:school) + (ses || school)",
        ],
    ),
    ("drop_slope", "y ~ ses * sector+(ses|school)", ["y ~ ses * sector+(1 | school)"]),
    (
        "drop_slope",
        "y ~ (ses | school) + (age | class)",
        [
            "y ~ (ses | school) + (1 | class)",
            "y ~ (1 | school) + (age | class)",
            "y ~ (1 | school) + (1 | class)",
        ],
    ),
    (
        "drop_slope",
        "y ~ (ses || school) + (age + own || class)",
        ["y ~ (1 | school) + (1 | class)"],
    ),
    ("drop_slope", "y ~ (0 + ses | school) + (age | class)", ["y ~ (0 + ses | school) + (1 | class)"]),
    (
        "drop_correlation",
        "y ~ `odd name` + (`odd name` | `odd group`/class)",
        [
            "y ~ `odd name` + (`odd name` || class:`odd group`) + (`odd name` | `odd group`)",
            "y ~ `odd name` + (`odd name` | class:`odd group`) + (`odd name` || `odd group`)",
            "y ~ `odd name` + (`odd name` || class:`odd group`) + (`odd name` || `odd group`)",
        ],
    ),
    (
        "drop_slope",
        "y ~ (ses + age | school)",
        ["y ~ (age | school)", "y ~ (ses | school)"],
    ),
    ("drop_slope", "y ~ (ses * age | school)", ["y ~ (ses + age | school)"]),
    ("drop_slope", "y ~ (0 + ses + age | school)", ["y ~ (0 + age | school)", "y ~ (0 + ses | school)"]),
    ("drop_slope", "y ~ ses + (1 | school)", []),
    ("drop_term", "y ~ (1 | class) + ses + (1 | school)", [
        "y ~ ses + (1 | school)", "y ~ (1 | class) + ses", "y ~ ses",
    ]),
    ("drop_term", "y ~ (1 | school) + ses", ["y ~ ses"]),
    ("drop_term", "y ~ (1 | school)", ["y ~ 1"]),
    ("drop_zero", "y ~ ses + (ses || school)", [
        "y ~ ses + (0 + ses | school)", "y ~ ses + (1 | school)", "y ~ ses",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("word", "text", "formulas"), CUTS, ids=[f"{w}: {t}" for w, t, _ in CUTS])
def test_what_is_dropped_leaves_the_formula_and_the_rest_stays_as_written(word, text, formulas):
    found, data = proposed(word, text)
    assert [proposal.formula for proposal in found] == formulas
    for proposal in found:
        assert proposal.single_level == ("|" not in proposal.formula)
        build_design(proposal.formula, data, mixed=not proposal.single_level)


def test_only_effects_without_variance_are_dropped_as_such():
    text = "y ~ ses + (ses | school)"
    found, _ = proposed("drop_zero", text, theta=[0.5, 0.1, 0.0])
    assert found == []  # a correlation of 1: both vary
    found, _ = proposed("drop_zero", text, theta=[0.5, 0.0, 0.0])
    assert [proposal.formula for proposal in found] == ["y ~ ses + (1 | school)"]


CENTRED = [
    (
        "y ~ ses * sector + (ses | school)",
        "y ~ ses_within_school * sector + ses_mean_school + (ses_within_school | school)",
    ),
    (
        "y ~ I(ses^2) + ses + (1 | class) + (ses | school)",
        (
            "y ~ I(ses_within_school^2) + ses_within_school + ses_mean_school + (1 | class) + "
            "(ses_within_school | school)"
        ),
    ),
    # a slope without a fixed effect needs no mean, one that does not vary between schools no centring
    ("y ~ age + (ses | school)", "y ~ age + (ses_within_school | school)"),
    ("y ~ own + (own | school)", None),
    ("y ~ sector + (sector | class)", None),
    (
        "ses ~ age + (age | school)",
        "ses ~ age_within_school + age_mean_school + (age_within_school | school)",
    ),
]


@pytest.mark.parametrize(("text", "formula"), CENTRED, ids=[text for text, _ in CENTRED])
def test_covariates_of_slopes_are_centred_within_groups_and_their_means_added(text, formula):
    found, data = proposed("center", text)
    assert [proposal.formula for proposal in found] == ([] if formula is None else [formula])
    for proposal in found:
        made = with_columns(data, proposal.columns)
        for column in proposal.columns:
            means = data.groupby("school", observed=True)[column.source].transform("mean")
            expected = data[column.source] - means if column.kind == "center" else means
            np.testing.assert_allclose(made[column.name], expected, atol=1e-12)
        build_design(proposal.formula, made)


def test_another_factor_keeps_the_covariate_as_it_is():
    found, _ = proposed("center", "y ~ age + (age | school) + (age | class)", theta=[1, 0, 1, 0, 0, 0])
    assert found[0].formula == (
        "y ~ age_within_school + age_mean_school + (age_within_school | school) + (age | class)"
    )


def test_a_name_that_is_taken_is_not_taken_again():
    data = frame().assign(ses_within_school=0.0)
    formula = parse_formula("y ~ ses + (ses | school)")
    fit = evaluate_at(build_design(formula, data), np.zeros(3))
    (proposal,) = REMEDIES["center"](Case.of(formula, fit, data))
    assert [column.name for column in proposal.columns] == ["ses_within_school_", "ses_mean_school"]


def test_zero_points_move_only_where_the_model_depends_on_them():
    assert proposed("center_grand", "y ~ age + (age | school)")[0] == []
    (proposal,) = proposed("center_grand", "y ~ age + (age || school)")[0]
    assert proposal.formula == "y ~ age_centred + (age_centred || school)"
    (proposal,) = proposed("center_grand", "y ~ age + (1 | school) + (0 + age | school)")[0]
    assert proposal.formula == "y ~ age_centred + (1 | school) + (0 + age_centred | school)"


def test_names_with_spaces_keep_their_backticks():
    (proposal,) = proposed("center_grand", "y ~ `odd name` + (`odd name` || school)")[0]
    assert proposal.formula == "y ~ `odd name_centred` + (`odd name_centred` || school)"
