"""Checks of a fit in a notebook."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps import fit
from mlm_steps.errors import UsageError


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(30), 6)
    eta = 0.5 + rng.normal(0.0, 0.5, 30)[g]
    noisy = rng.poisson(np.exp(eta + rng.normal(0.0, 0.8, g.size)))
    return pd.DataFrame({"g": [f"g{i}" for i in g], "y": noisy})


def test_checks_are_a_table_and_a_sentence_each(frame):
    checks = fit("y ~ 1 + (1 | g)", frame, family="poisson").checks()
    by_name = checks.table.set_index("check")
    assert by_name.loc["dispersion", "flag"] == "concern"
    assert by_name.loc["dispersion", "statistic"] > 1.3
    lines = repr(checks).splitlines()
    assert len(lines) == len(checks.table)
    assert lines[0].startswith("concern: The outcomes vary")


def test_the_seed_is_that_of_the_simulations(frame):
    model = fit("y ~ 1 + (1 | g)", frame, family="poisson")
    assert model.checks(seed=3).record == model.checks(seed=3).record
    assert model.checks(seed=3).record != model.checks(seed=4).record


def test_linear_models_and_seeds_that_are_none_are_refused(frame):
    with pytest.raises(UsageError, match="generalized models only"):
        fit("y ~ 1 + (1 | g)", frame).checks()
    with pytest.raises(UsageError, match="seed"):
        fit("y ~ 1 + (1 | g)", frame, family="poisson").checks(seed=-1)


def test_advice_of_a_count_names_both_distributions(frame):
    advice = fit("y ~ 1 + (1 | g)", frame, family="poisson").advice()
    assert [row.remedy for row in advice.table.itertuples()] == ["olre", "negative_binomial"]
    assert "fits clearly better" in repr(advice)
