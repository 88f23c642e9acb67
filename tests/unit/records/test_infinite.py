"""Numbers of records that may be infinite or missing, and records of generalized models."""

import math

import pytest
from pydantic import ValidationError

from mlm_steps.records import Coefficient, Optimum
from mlm_steps.records.fit import Convergence
from mlm_steps.records.response import Response

END = Convergence(status="converged", optimizer="newton", evaluations=9, max_gradient=1e-9)


def optimum(**values):
    given = {
        "method": "ML",
        "criterion": 12.5,
        "theta": (0.3,),
        "sigma": None,
        "beta": (0.5, -math.inf),
        "se": (0.1, math.nan),
        "vcov": ((0.01, math.nan), (math.nan, math.nan)),
        "terms": (),
        "singular": False,
        "convergence": END,
    }
    return Optimum(**{**given, **values})


def test_infinite_and_missing_numbers_are_read_back():
    read = Optimum.model_validate_json(optimum(phi=2.5).model_dump_json())
    assert read.beta == (0.5, -math.inf)
    assert read.se[0] == 0.1
    assert math.isnan(read.se[1])
    assert math.isnan(read.vcov[1][1])
    assert (read.sigma, read.phi, read.pwrss) == (None, 2.5, None)


def test_json_has_infinity_as_text_and_no_nan():
    text = optimum().model_dump_json()
    assert '"beta":[0.5,"-inf"]' in text
    assert '"se":[0.1,null]' in text


def test_a_missing_estimate_stays_missing():
    row = Coefficient(
        term="f", column="fc", level="1", symbol="γ10", estimate=-math.inf, se=None, df=None, df_method="z",
        statistic=None, p=None, ci_low=None, ci_high=None, ci_method="Wald, z", code="separation",
    )  # fmt: skip
    assert Coefficient.model_validate_json(row.model_dump_json()) == row
    empty = row.with_values(estimate=None, code=None)
    assert Coefficient.model_validate_json(empty.model_dump_json()).estimate is None


def test_text_that_is_no_number_is_refused():
    with pytest.raises(ValidationError):
        optimum(beta=("many",))


def test_a_response_knows_what_it_contains_and_what_it_can_be_compared_with():
    poisson, nb = Response("poisson", "log"), Response("negative_binomial", "log")
    logit, probit = Response("binomial", "logit"), Response("binomial", "probit")
    assert nb.contains(poisson)
    assert not poisson.contains(nb)
    assert logit.contains(logit)
    assert not logit.contains(probit)
    assert poisson.comparable(nb)
    assert logit.comparable(probit)
    assert not Response().comparable(poisson)
    assert not logit.comparable(poisson)
    assert Response("binomial", "logit", "n", "t").columns == ("n", "t")
