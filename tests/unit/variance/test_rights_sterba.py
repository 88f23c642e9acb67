"""Sources of variance: the published numbers, the identities of statistics, section 9.4, and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.engine.bootstrap.bootstrap import Sample
from mlm_steps.engine.bootstrap.replicates import of_fits
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records.intervals import icc_row
from mlm_steps.steps.parts.bootstrap_rows import quantities
from mlm_steps.variance import Explained, explain

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
WORKSHOP = Path(__file__).parents[3].parent / "shared" / "reference" / "data" / "heck2011.csv"
PRINTED = 6e-5
"""The reference numbers have four decimals."""
EXACT = 1e-10


def fitted(formula, frame, **options):
    return Estimates(build_design(formula, frame, **options)).under("REML")


def sources(fit):
    """Return value and code of each share by name and scope."""
    found = explain(Explained(model="m", fit=fit)).measures
    return {
        (row.measure.removeprefix("rs_"), row.scope): (row.value, row.code)
        for row in found
        if row.measure.startswith("rs_")
    }


def values(fit, scope):
    return {name: value for (name, at), (value, _) in sources(fit).items() if at == scope}


def test_the_shares_of_sleepstudy_are_those_of_r2mlm():
    found = values(fitted("Reaction ~ Days + (Days | Subject)", SLEEP), "total")
    assert found["f"] == pytest.approx(0.2785, abs=PRINTED)
    assert found["v"] == pytest.approx(0.0892, abs=PRINTED)
    assert found["m"] == pytest.approx(0.4317, abs=PRINTED)


@pytest.mark.skipif(not WORKSHOP.exists(), reason="the workshop's data are not here")
def test_the_shares_of_the_workshop_are_those_of_r2mlm():
    """Oracle: r2mlm 0.3.8 on math ~ ses_w * public + ses_m + (ses_w | schcode) (statistics, section 19)."""
    data = pd.read_csv(WORKSHOP, encoding="utf-8-sig", dtype={"schcode": str})
    data["ses_m"] = data.groupby("schcode").ses.transform("mean")
    data["ses_w"] = data.ses - data.ses_m
    one = values(fitted("math ~ ses + (1 | schcode)", data), "total")
    assert [one[name] for name in ("f1", "f2", "m")] == pytest.approx([0.0728, 0.0485, 0.0460], abs=PRINTED)
    fit = fitted("math ~ ses_w * public + ses_m + (ses_w | schcode)", data)
    total, within, between = (values(fit, scope) for scope in ("total", "within", "between"))
    numbers = [total[name] for name in ("f1", "f2", "v", "m")]
    assert numbers == pytest.approx([0.0486, 0.1084, 0.0050, 0.0331], abs=PRINTED)
    assert [within["f1"], within["v1"]] == pytest.approx([0.0566, 0.0058], abs=PRINTED)
    assert [between["f2"], between["m"]] == pytest.approx([0.7664, 0.2336], abs=PRINTED)


def simulated(seed):
    """Return unbalanced groups with predictors of both levels."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(6, 25))
    g = np.repeat(np.arange(groups), rng.integers(2, 15, groups))
    x = rng.normal(size=g.size) + rng.normal(size=groups)[g]
    frame = pd.DataFrame({"g": [f"g{i}" for i in g], "x": x, "w": rng.normal(size=groups)[g]})
    frame["m"] = frame.groupby("g").x.transform("mean")
    frame["c"] = frame.x - frame.m
    frame["f"] = np.where(rng.uniform(size=g.size) < 0.5, "a", "b")
    frame["p"] = rng.uniform(0.5, 2.0, g.size)
    slopes = rng.normal(size=groups)[g] * float(rng.choice([0.0, 0.6]))
    frame["y"] = rng.normal(size=groups)[g] + (0.5 + slopes) * x + 0.4 * frame.w + rng.normal(size=g.size)
    return frame


SEVERAL = (
    "y ~ x + (1 | g) + (1 | f)",
    "y ~ c + m + (1 | g/f)",
    "y ~ x * w + (x | g) + (1 | g:f)",
)
FORMULAS = (
    "y ~ 1 + (1 | g)",
    "y ~ x + (1 | g)",
    "y ~ c + m + (c | g)",
    "y ~ c * w + f + (c || g)",
    "y ~ x * w + (x | g)",
    "y ~ x + (0 + x | g)",
)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("seed", range(12))
def test_the_shares_obey_their_identities(formula, seed):
    frame = simulated(seed)
    fit = fitted(formula, frame, weights="p" if seed % 3 == 0 else None)
    n, parts = fit.design.n, variance_parts(fit)
    total, within, between = (values(fit, scope) for scope in ("total", "within", "between"))
    assert sum(total[name] for name in ("f1", "f2", "v1", "v2", "m", "sigma2")) == pytest.approx(1, abs=EXACT)
    assert within["f1"] + within["v1"] + within["sigma2"] == pytest.approx(1, abs=EXACT)
    assert total["f"] == pytest.approx(total["f1"] + total["f2"], abs=EXACT)
    assert total["fvm"] == pytest.approx(1 - total["sigma2"], abs=EXACT)
    whole = parts.residual / total["sigma2"]
    assert total["f"] * whole == pytest.approx(parts.fixed, rel=1e-8, abs=EXACT)
    random = total["v"] * whole * (n - 1) / n + total["m"] * whole
    assert random == pytest.approx(parts.random, rel=1e-8, abs=EXACT)
    if between["m"] is not None:
        assert between["f2"] + between["v2"] + between["m"] == pytest.approx(1, abs=EXACT)
    if formula == FORMULAS[0]:
        assert total["m"] == pytest.approx(parts.icc_adjusted, abs=EXACT)


@pytest.mark.parametrize(
    ("formula", "mixed"),
    [(FORMULAS[0], False), (FORMULAS[1], True), (FORMULAS[2], False), (FORMULAS[3], True)],
)
def test_a_predictor_of_both_levels_mixes_the_sources_of_a_level(formula, mixed):
    found = sources(fitted(formula, simulated(1)))
    codes = {code for (_, scope), (value, code) in found.items() if scope != "total" and value is not None}
    assert codes == {"sources_mix_levels" if mixed else None}
    assert all(code is None for (_, scope), (_, code) in found.items() if scope == "total")


def test_a_centred_slope_has_no_source_between_groups():
    found = values(fitted("y ~ c + m + (c | g)", simulated(3)), "total")
    assert found["v2"] == pytest.approx(0, abs=EXACT)


def test_a_share_of_nothing_is_refused_with_the_reason():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"y": rng.normal(size=60), "g": [f"g{i % 6}" for i in range(60)]})
    frame["y"] -= frame.groupby("g").y.transform("mean")
    found = sources(fitted("y ~ 1 + (1 | g)", frame))
    value, code = found["m", "between"]
    assert value is None or value == pytest.approx(1)  # a variance of zero, or of a rounding error
    assert (code == "zero_reference") == (value is None)


@pytest.mark.parametrize("formula", [*FORMULAS, *SEVERAL])
def test_the_bootstrap_computes_the_same_shares(formula):
    fit = fitted(formula, simulated(4))
    sample = Sample(fit, of_fits(fit.design, [fit]))
    found = {q.what: q.values[0] for q in quantities(sample) if q.what.startswith("rs_")}
    expected = {f"rs_{name}/{scope}/": value for (name, scope), (value, _) in sources(fit).items()}
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert value is None or found[name] == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ x + (0 + x | g) + (1 | f)"])
def test_the_bootstrap_computes_the_same_shares_along_a_slope(formula):
    fit = fitted(formula, simulated(7))
    sample = Sample(fit, of_fits(fit.design, [fit]))
    found = {q.what: q.values[0] for q in quantities(sample) if q.kind == "icc"}
    rows = [row for row in explain(Explained("m", fit)).icc if row.kind.startswith("vpc")]
    assert len(rows) > 10
    for row in rows:
        assert found[icc_row(row)] == pytest.approx(row.value, abs=1e-9)
