"""The keys for the distribution of the outcome and the rules across them."""

import re

import pytest

from mlm_steps.errors import SpecError
from mlm_steps.records.response import LINKS, Response
from mlm_steps.spec import load_spec
from mlm_steps.spec.responses import NEAREST_FAMILY

SPEC = """version: 1
data: {{file: d.csv}}
ladder:
  - {{name: a, formula: "y ~ x + (1 | g)"{rung}}}
estimation: {{confidence: 0.95{estimation}}}
"""


@pytest.fixture(name="load")
def load_(tmp_path):
    (tmp_path / "d.csv").write_text("y,x,g\n1,2,a\n")

    def load(rung="", estimation=""):
        path = tmp_path / "spec.yaml"
        path.write_text(SPEC.format(rung=rung and f", {rung}", estimation=estimation and f", {estimation}"))
        return load_spec(path).spec

    return load


def settings(spec):
    return spec.settings["a"]


def test_without_a_family_a_rung_is_a_linear_model(load):
    found = settings(load(estimation="df: kenward-roger"))
    assert found.response == Response()
    assert (found.agq, found.method, found.df) == (1, "REML", "kenward-roger")


@pytest.mark.parametrize("family", [name for name in LINKS if name != "gaussian"])
def test_a_family_has_its_first_link_maximum_likelihood_and_z_tests(load, family):
    found = settings(load(f"family: {family}"))
    assert (found.response.family, found.response.link) == (family, LINKS[family][0])
    assert (found.agq, found.method, found.df) == (1, "ML", "z")


def test_keys_of_a_rung_have_priority_over_those_of_estimation(load):
    spec = load(
        "link: cloglog, trials: m, agq: 5",
        "family: binomial, link: probit, trials: n, agq: auto, exposure: t, df: residual",
    )
    found = settings(spec)
    assert found.response == Response("binomial", "cloglog", "m", "t")
    assert (found.agq, found.df) == (5, "residual")


def test_a_rung_of_another_family_does_not_take_the_link_of_estimation(load):
    found = settings(load("family: poisson", "family: binomial, link: logit, agq: auto"))
    assert (found.response.link, found.agq) == ("log", "auto")


@pytest.mark.parametrize(
    ("rung", "estimation", "place", "message"),
    [
        (
            "family: binom",
            "",
            "4:51",
            "'binom' is not one of gaussian, binomial, .* (did you mean 'binomial'?)",
        ),
        ("family: zip", "", "4:51", "no family 'zip' (negative_binomial"),
        ("family: Quasipoisson", "", "4:51", "no family 'Quasipoisson' (it has no likelihood"),
        ("family: beta", "", "4:51", "no family 'beta' (binomial with trials"),
        ("family: poisson, link: sqrt", "", "4:66", "no link 'sqrt' (the nearest is log)"),
        ("family: poisson, link: logit", "", "4:66", "poisson has no link logit (it has log)"),
        ("family: gamma, link: identity", "", "4:64", "gamma has no link identity (it has log)"),
        ("link: probit", "", "4:49", "a linear mixed model has no such link (give the family, too"),
        ("trials: n", "", "4:51", "a linear mixed model has no trials (for events among trials write"),
        ("family: poisson, trials: n", "", "4:68", "an outcome of the family poisson has no trials"),
        ("exposure: t", "", "4:53", "a linear mixed model has no exposure (for rates write family: poisson"),
        ("agq: 5", "", "4:48", "a linear mixed model has no quadrature"),
        ("family: poisson, agq: 0", "", "4:65", "0 is not between 1 and 101"),
        ("family: poisson, agq: 102", "", "4:65", "102 is not between 1 and 101"),
        ("family: poisson, agq: many", "", "4:65", "'many' is not a whole number"),
        ("family: poisson, phi: 2", "", "4:60", "unknown key 'phi' (phi is estimated"),
        ("family: poisson, nAGQ: 2", "", "4:60", "unknown key 'nAGQ' (agq: POINTS)"),
        ("", "family: nb, agq: 3", "5:40", "no family 'nb' (the nearest is negative_binomial)"),
        ("", "family: poisson, link: probit", "5:55", "poisson has no link probit"),
        ("", "trials: n", "5:40", "a linear mixed model has no trials"),
        ("family: poisson", "method: REML", "5:40", "REML exists for linear mixed models only"),
        ("family: poisson", "df: satterthwaite", "5:36", "satterthwaite exists for linear mixed models only"),
        ("", "family: gamma, df: kenward-roger", "5:51", "kenward-roger exists for linear mixed models only"),
    ],
)
def test_what_a_family_does_not_have_is_refused_at_its_place(load, rung, estimation, place, message):
    with pytest.raises(SpecError) as caught:
        load(rung, estimation)
    (fault,) = caught.value.faults
    assert re.search(f"spec.yaml:{place}: ", f"{fault}"), fault
    assert re.search(re.escape(message).replace(r"\.\*", ".*"), f"{fault}"), fault


def test_defaults_that_exist_for_linear_models_only_are_no_fault(load):
    assert settings(load("family: poisson")).method == "ML"
    assert settings(load("family: poisson", "method: ML, df: z")).method == "ML"


def test_each_family_that_is_not_offered_has_the_name_of_another_one():
    assert not set(NEAREST_FAMILY) & set(LINKS)
    assert all(any(name in hint for name in LINKS) for hint in NEAREST_FAMILY.values())


@pytest.mark.parametrize(
    ("rung", "word", "what"),
    [
        (
            "family: binomial",
            "delta",
            "binomial has no distribution variance delta (it has theoretical, obser",
        ),
        (
            "family: gamma",
            "theoretical",
            "gamma has no distribution variance theoretical (it has lognormal, ",
        ),
        ("", "delta", "linear mixed models have a residual variance instead"),
    ],
)
def test_a_distribution_variance_that_no_family_has_is_a_fault(load, rung, word, what):
    with pytest.raises(SpecError) as error:
        load(rung, f"distribution_variance: {word}")
    (line,) = str(error.value).splitlines()
    assert re.search(r"spec\.yaml:5:\d+: estimation\.distribution_variance: ", line)
    assert what in line


def test_a_distribution_variance_of_the_family_is_kept(load):
    spec = load("family: poisson", "distribution_variance: trigamma")
    assert spec.estimation.distribution_variance == "trigamma"


@pytest.mark.parametrize("key", ["family: poisson", "trials: n", "agq: 3"])
def test_models_of_the_prelude_are_linear(tmp_path, key):
    (tmp_path / "d.csv").write_text("y,x,g\n1,2,a\n")
    path = tmp_path / "spec.yaml"
    prelude = f'prelude: [{{name: p, formula: "y ~ x", {key}}}]\n'
    path.write_text(SPEC.format(rung="", estimation="") + prelude)
    with pytest.raises(SpecError, match=r"spec.yaml:6:.*unknown key .*models of the prelude are linear"):
        load_spec(path)
