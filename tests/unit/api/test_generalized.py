"""The API for models with a family. Numbers of R: glmer 1.1-31 (cbpp), glmmTMB 1.1.5 (probit)."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps import compare, fit
from mlm_steps.errors import DesignError, FitError, UsageError


def data(n_groups=20, size=8, seed=3):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(n_groups), size)
    x, b = rng.normal(size=g.size), rng.normal(scale=0.8, size=n_groups)[g]
    n = rng.integers(2, 7, g.size).astype(float)
    mu = 1 / (1 + np.exp(-(0.4 * x + b)))
    k = rng.binomial(n.astype(int), mu).astype(float)
    t = rng.uniform(0.5, 2.0, g.size)
    return pd.DataFrame(
        {
            "g": [f"g{i:02d}" for i in g],
            "x": x,
            "n": n,
            "k": k,
            "share": k / n,
            "yes": np.where(rng.random(g.size) < mu, "yes", "no"),
            "count": rng.poisson(t * np.exp(0.5 + 0.3 * x + 0.4 * b)).astype(float),
            "t": t,
            "size": rng.gamma(2.0, np.exp(0.3 * x + 0.3 * b)),
        }
    )


DATA = data()


@pytest.fixture(name="counts", scope="module")
def counts_():
    return fit("count ~ x + (1 | g)", DATA, family="poisson", exposure="t")


def test_three_forms_of_one_binomial_outcome_give_the_same_fit():
    forms = [
        fit("k ~ x + (1 | g)", DATA, family="binomial", trials="n"),
        fit("share ~ x + (1 | g)", DATA, family="binomial", trials="n"),
        fit("cbind(k, n - k) ~ x + (1 | g)", DATA, family="binomial"),
    ]
    assert len({form.deviance for form in forms}) == 1
    assert all((form.beta == forms[0].beta).all() for form in forms)


def test_a_category_counts_its_last_level():
    as_text = fit("yes ~ x + (1 | g)", DATA, family="binomial")
    as_number = fit("y ~ x + (1 | g)", DATA.assign(y=(DATA.yes == "yes") * 1.0), family="binomial")
    turned = pd.Categorical(DATA.yes, categories=["yes", "no"])
    other = fit("yes ~ x + (1 | g)", DATA.assign(yes=turned), family="binomial")
    assert as_text.deviance == as_number.deviance
    assert other.deviance == pytest.approx(as_text.deviance, abs=1e-6)
    np.testing.assert_allclose(other.beta, -as_text.beta, atol=1e-4)
    assert "Event: yes = yes" in repr(as_text)
    assert "Event: yes = no" in repr(other)


def test_an_exposure_is_the_offset_of_its_logarithm(counts):
    offset = fit("count ~ x + offset(log(t)) + (1 | g)", DATA, family="poisson")
    assert counts.deviance == offset.deviance
    np.testing.assert_allclose(counts.exponentials()["estimate"], np.exp(counts.beta))
    assert set(counts.exponentials()["kind"]) == {"IRR"}


def test_tests_are_normal_and_of_wald(counts):
    assert np.isinf(counts.df).all()
    anova = counts.anova()
    assert list(anova.columns) == ["num_df", "den_df", "chisq", "F", "p_value"]
    assert anova.loc["x", "chisq"] == pytest.approx(counts.t["x"] ** 2)
    assert anova.loc["x", "p_value"] == pytest.approx(counts.p_value["x"])
    between = fit("count ~ x + (1 | g)", DATA, family="poisson", exposure="t", df="between-within")
    assert between.df["x"] == len(DATA) - 20 - 1
    assert between.df["(Intercept)"] == 19


def test_the_summary_names_family_likelihood_and_dispersion(counts):
    assert "Generalized linear mixed model fit by ML (Laplace approximation); z tests" in repr(counts)
    assert "Residual" not in repr(counts)
    assert "Exposure: t" in repr(counts)
    quadrature = fit("yes ~ x + (1 | g)", DATA, family="binomial", link="probit", agq=7)
    assert "quadrature with 7 points" in repr(quadrature)
    assert (quadrature.agq, quadrature.link) == (7, "probit")
    gamma = fit("size ~ x + (1 | g)", DATA, family="gamma")
    assert f"= {gamma.phi:.4f}"[:6] in repr(gamma)


def test_a_poisson_model_is_compared_with_the_negative_binomial_one_at_the_boundary():
    rng = np.random.default_rng(8)
    frame = DATA.assign(y=rng.negative_binomial(1.5, 0.3, len(DATA)).astype(float))
    poisson = fit("y ~ x + (1 | g)", frame, family="poisson")
    larger = fit("y ~ x + (1 | g)", frame, family="negative_binomial")
    found = compare(poisson, larger)
    assert (found.record.changed, found.df) == ("family", 1)
    assert found.record.added == ("family: negative_binomial",)
    assert found.statistic == pytest.approx(poisson.deviance - larger.deviance)
    assert found.p_boundary == pytest.approx(found.p_value / 2)
    turned = compare(larger, poisson)
    assert turned.statistic == found.statistic
    assert "(negative_binomial) contains y ~ x + (1 | g) (poisson)" in repr(turned)


@pytest.mark.parametrize(
    ("smaller", "larger", "code"),
    [
        ({"agq": 1}, {"agq": 5}, "agq_mismatch"),
        ({"trials": "n"}, {"trials": "more"}, "trials_mismatch"),
        ({"link": "logit"}, {"link": "probit"}, "not_nested"),
        ({"exposure": "n"}, {}, "offset_mismatch"),
    ],
)
def test_fits_that_cannot_be_compared_have_no_test(smaller, larger, code):
    frame = DATA.assign(more=DATA.n + 1)
    arguments = {"family": "binomial", "trials": "n"}
    one = fit("k ~ 1 + (1 | g)", frame, **(arguments | smaller))
    other = fit("k ~ x + (1 | g)", frame, **(arguments | larger))
    record = compare(one, other).record
    assert record.statistic is None
    assert record.refused == code
    assert record.reason


def test_families_of_different_kinds_of_outcomes_are_not_compared():
    frame = DATA.assign(count=DATA["count"] + 1)
    linear = fit("count ~ x + (1 | g)", frame)
    assert compare(linear, fit("count ~ x + (1 | g)", frame, family="poisson")).record.refused == (
        "family_mismatch"
    )


def test_random_effects_are_tested_by_removal(counts):
    found = counts.ranova()
    poisson_regression = found.loc["(1 | g)", "loglik"]
    assert poisson_regression < found.loc["<none>", "loglik"]
    assert found.loc["(1 | g)", "p_boundary"] == pytest.approx(found.loc["(1 | g)", "p_value"] / 2)
    assert found.loc["(1 | g)", "npar"] == 2


def test_the_deviance_without_random_effects_is_that_of_the_generalized_linear_model():
    import statsmodels.api as sm

    exog = sm.add_constant(DATA[["x"]])
    models = {
        "poisson": sm.GLM(DATA["count"], exog, family=sm.families.Poisson(), offset=np.log(DATA.t)).fit().llf,
        "negative_binomial": sm.NegativeBinomial(DATA["count"], exog, offset=np.log(DATA.t)).fit(disp=0).llf,
    }
    for family, expected in models.items():
        found = fit("count ~ x + (1 | g)", DATA, family=family, exposure="t").ranova()
        assert found.loc["(1 | g)", "loglik"] == pytest.approx(expected, abs=1e-5)


def test_a_separated_coefficient_is_infinite_and_the_others_are_those_of_the_limit():
    rng = np.random.default_rng(5)
    f = np.array(list("abc"))[rng.integers(0, 3, len(DATA))]
    frame = DATA.assign(f=f, y=np.where(f == "c", 0.0, (DATA.yes == "yes") * 1.0))
    found = fit("y ~ x + f + (1 | g)", frame, family="binomial")
    assert found.beta["fc"] == -np.inf
    assert np.isnan(found.se["fc"])
    assert np.isfinite(found.se.drop("fc")).all()
    assert found.exponentials().loc["fc", "estimate"] == 0.0
    rest = fit("y ~ x + f + (1 | g)", frame[frame.f != "c"], family="binomial")
    assert found.deviance == pytest.approx(rest.deviance, abs=1e-6)
    assert np.isnan(found.anova().loc["f", "p_value"])
    smaller = fit("y ~ x + (1 | g)", frame, family="binomial")
    assert compare(smaller, found).df == 2
    assert any("all" in n.text and "are 0" in n.text for n in found.notices)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"family": "poison"}, "family: no families are called 'poison'"),
        ({"family": "poisson", "link": "logit"}, "link: poisson has no link logit"),
        ({"family": "poisson", "reml": True}, "reml: REML exists for linear mixed models only"),
        ({"family": "poisson", "df": "satterthwaite"}, "df: satterthwaite exists for linear"),
        ({"family": "poisson", "trials": "n"}, "trials: an outcome of the family poisson has no trials"),
        ({"exposure": "t"}, "exposure: a linear mixed model has no exposure"),
        ({"agq": 5}, "agq: a linear mixed model has no quadrature"),
        ({"family": "poisson", "agq": 102}, "agq: 102 is more than 101"),
        ({"family": "poisson", "agq": "many"}, "agq: this is a str"),
        ({"family": "poisson", "exposure": 3}, "exposure: this is an int, not the name of a column"),
    ],
)
def test_an_argument_that_the_family_does_not_have_is_refused(arguments, what):
    with pytest.raises(UsageError, match=what):
        fit("count ~ x + (1 | g)", DATA, **arguments)


@pytest.mark.parametrize(
    ("formula", "arguments", "error", "what"),
    [
        ("size ~ x + (1 | g)", {"family": "poisson"}, FitError, "a count must be a whole number"),
        ("count ~ x + (1 | g)", {"family": "gamma"}, FitError, "must be above 0"),
        ("k ~ x + (1 | g)", {"family": "binomial"}, FitError, "must be 0 or 1"),
        ("share ~ x + (1 | g)", {"family": "binomial"}, DesignError, "a share of unknown trials"),
        ("count ~ x + (1 | g)", {"family": "poisson", "exposure": "x"}, DesignError, "the exposure x is -"),
        (
            "count ~ x + (1 | g)",
            {"family": "poisson", "exposure": "s"},
            DesignError,
            "no column s for exposure",
        ),
        ("yes ~ (x + t + n + size | g)", {"family": "binomial", "agq": 3}, FitError, "at most 3 random"),
    ],
)
def test_data_that_the_family_cannot_have_are_refused(formula, arguments, error, what):
    with pytest.raises(error, match=what):
        _ = fit(formula, DATA, **arguments).deviance


@pytest.mark.parametrize("name", ["sigma", "hatvalues", "cooks_distance", "heterogeneity"])
def test_what_only_linear_models_have_is_refused_in_words(counts, name):
    with pytest.raises(UsageError, match="linear mixed models only; the family of the fit is poisson"):
        getattr(counts, name)


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f.at(f.theta),
        lambda f: f.criterion_at(f.theta),
    ],
)
def test_methods_for_linear_models_are_refused_in_words(counts, call):
    with pytest.raises(UsageError, match="linear mixed models only"):
        call(counts)
