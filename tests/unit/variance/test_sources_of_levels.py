"""Sources of variance of nested and crossed factors, their differences between rungs, and r2mlm's numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.variance import Explained, explain

SHARED = Path(__file__).parents[3].parent / "shared" / "reference"
EXACT = 1e-10
"""Sums and projections in double precision."""
FITTED = 2e-5
"""r2mlm's shares are those of R's estimates, which agree with ours to 1e-5."""
SINGLE = ("f1", "f2", "f3", "v12", "v22", "v32", "v13", "v23", "v33", "m2", "m3", "sigma2")
LEVELS = {
    "level 1": ("f1", "v12", "v13", "sigma2"),
    "level 2": ("f2", "v22", "v32", "v23", "m2"),
    "level 3": ("f3", "v33", "m3"),
}


def fitted(formula, frame, **options):
    return Estimates(build_design(formula, frame, **options)).under("REML")


def measures(fit, previous=None):
    before = None if previous is None else ("before", previous)
    return explain(Explained("m", fit, previous=before)).measures


def sources(fit):
    return {
        (row.measure.removeprefix("rs_"), row.scope): row.value
        for row in measures(fit)
        if row.measure.startswith("rs_")
    }


def nested(seed):
    """Return rows in classes in schools, unbalanced, with predictors of all levels."""
    rng = np.random.default_rng(seed)
    schools = int(rng.integers(5, 12))
    classes = np.repeat(np.arange(schools), rng.integers(2, 6, schools))
    k = np.repeat(np.arange(classes.size), rng.integers(2, 9, classes.size))
    s = classes[k]
    frame = pd.DataFrame({"s": [f"s{i}" for i in s], "k": [f"k{i}" for i in k]})
    frame["x"] = rng.normal(size=k.size) + rng.normal(size=classes.size)[k] + rng.normal(size=schools)[s]
    frame["z"] = rng.normal(size=classes.size)[k]
    frame["w"] = rng.normal(size=schools)[s]
    frame["c"] = frame.x - frame.groupby("k").x.transform("mean")
    frame["f"] = np.where(rng.uniform(size=k.size) < 0.4, "a", "b")
    slopes = 0.5 * rng.normal(size=schools)[s] + 0.4 * rng.normal(size=classes.size)[k]
    groups = rng.normal(size=classes.size)[k] + rng.normal(size=schools)[s]
    frame["y"] = groups + (0.5 + slopes) * frame.x + 0.3 * frame.z + rng.normal(size=k.size)
    return frame


FORMULAS = (
    "y ~ 1 + (1 | s/k)",
    "y ~ x * w + f + (1 | s/k)",
    "y ~ c + z + (c | s) + (1 | s:k)",
    "y ~ x + z + (x + z || s) + (x | s:k)",
    "y ~ z + (0 + f | s) + (1 | s:k)",
)


def part(frame, values, level):
    """Return the part of a column at a level of the hierarchy, by pandas."""
    of_class = values.groupby(frame.k).transform("mean")
    of_school = values.groupby(frame.s).transform("mean")
    return {1: values - of_class, 2: of_class - of_school, 3: of_school}[level]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("seed", range(3))
def test_three_levels_obey_the_identities_and_the_projections(formula, seed):
    frame = nested(seed)
    fit = fitted(formula, frame)
    found, parts, n = sources(fit), variance_parts(fit), fit.design.n
    total = {name: found[name, "total"] for name in SINGLE}
    assert sum(total.values()) == pytest.approx(1, abs=EXACT)
    whole = parts.residual / total["sigma2"]
    for level in (1, 2, 3):
        predictor = pd.Series(fit.design.X @ fit.beta, index=frame.index)
        expected = part(frame, predictor, level).var()
        assert total[f"f{level}"] * whole == pytest.approx(expected, abs=1e-9)
    assert found["f", "total"] * whole == pytest.approx(parts.fixed, abs=1e-9)
    slopes = sum(total[name] for name in total if name[0] == "v") * whole
    means = (total["m2"] + total["m3"]) * whole
    assert slopes * (n - 1) / n + means == pytest.approx(parts.random, rel=1e-9)
    for scope, names in LEVELS.items():
        at = {name: found[name, scope] for name in names}
        assert sum(at.values()) == pytest.approx(1, abs=EXACT)
        assert at[names[0]] == pytest.approx(total[names[0]] / sum(total[name] for name in names), abs=EXACT)


def test_a_null_model_of_three_levels_has_the_shares_of_its_factors():
    fit = fitted(FORMULAS[0], nested(3))
    found = sources(fit)
    shares = {row.group: row.value for row in explain(Explained("m", fit)).icc if row.kind == "level_share"}
    assert found["m3", "total"] == pytest.approx(shares["s"], abs=EXACT)
    assert found["m2", "total"] == pytest.approx(shares["k:s"], abs=EXACT)


def test_a_slope_of_level_3_splits_by_the_levels_of_its_covariate():
    frame = nested(2)
    fit = fitted("y ~ x + z + (x | s) + (1 | s:k)", frame)
    found, parts = sources(fit), variance_parts(fit)
    T = next(T for term, T in zip(fit.design.random, fit.covariances, strict=True) if term.group == "s")
    whole = parts.residual / found["sigma2", "total"]
    for level, name in ((1, "v13"), (2, "v23"), (3, "v33")):
        expected = T[1, 1] * part(frame, frame.x, level).var()
        assert found[name, "total"] * whole == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("formula", ["y ~ x + (x | s) + (1 | f)", "y ~ x + (1 | s) + (0 + x | s) + (1 | f)"])
def test_crossed_factors_have_the_share_of_each_term(formula):
    fit = fitted(formula, nested(4))
    found, parts = sources(fit), variance_parts(fit)
    assert found["f", "total"] == pytest.approx(parts.r2_marginal, abs=EXACT)
    assert found["sigma2", "total"] == pytest.approx(parts.residual / parts.total, abs=EXACT)
    terms = {scope: value for (name, scope), value in found.items() if name == "random"}
    assert len(terms) == len(parts.terms)
    assert sum(terms.values()) + found["f", "total"] + found["sigma2", "total"] == pytest.approx(1)


def test_differences_are_those_of_the_shares_and_name_the_rung_before():
    frame = nested(1)
    before, after = fitted("y ~ z + (1 | s)", frame), fitted("y ~ z + c + (c | s)", frame)
    found = {(row.measure, row.scope): row for row in measures(after, before)}
    old, new = sources(before), sources(after)
    for name, scope in (("f1", "total"), ("v1", "within"), ("m", "between"), ("f", "total")):
        row = found[f"delta_rs_{name}", scope]
        assert row.value == pytest.approx(new[name, scope] - old[name, scope], abs=EXACT)
        assert row.reference == "before"
    r2 = found["delta_r2_marginal", "total"].value
    assert r2 == pytest.approx(found["r2_marginal", "total"].value - old["f", "total"], abs=EXACT)


def test_rungs_of_other_factors_or_rows_have_no_differences():
    frame = nested(1)
    after = fitted("y ~ c + (1 | s/k)", frame)
    other = {row.measure: row for row in measures(after, fitted("y ~ c + (1 | s)", frame))}
    assert other["delta_rs_f1"].code == "not_comparable"
    assert other["delta_r2_marginal"].value is not None
    short = {row.measure: row for row in measures(after, fitted("y ~ c + (1 | s/k)", frame[:-3]))}
    assert short["delta_rs_f1"].code == short["delta_r2_marginal"].code == "sample_mismatch"


ORACLES = [
    ("heck2011_centering", "cwc_l2"), ("heck2011_centering", "cwc_slope"), ("hoffman_teachsat", "teach_null"),
    ("hoffman_teachsat", "teach_full"), ("hoffman_teachsat", "teach_reduced"),
    ("hoffman_teachsat", "teach_contextual"), ("hoffman_teachsat", "teach_two_slopes"),
    ("hsb", "random_coef"),
]  # fmt: skip
NAMES = {
    "fixed, within": ("f1", "within"),
    "fixed, between": ("f2", "between"),
    "slope variation": ("v1", "within"),
    "mean variation": ("m", "between"),
    "sigma2": ("sigma2", "within"),
}


@pytest.mark.skipif(not SHARED.exists(), reason="the reference results of R are not here")
@pytest.mark.parametrize(("set_name", "model"), ORACLES)
def test_the_shares_are_those_of_r2mlm(set_name, model):
    """Oracle: r2mlm::r2mlm 0.3.8; group-mean-centred predictors, which r2mlm requires."""
    reference = json.loads((SHARED / f"{set_name}.json").read_text())
    entry = next(each for each in reference["models"] if each["id"] == model)
    data = reference["datasets"][entry["data"]]
    frame = pd.read_csv(SHARED / data["file"])
    for name, column in data["columns"].items():
        if column["type"] == "factor":
            frame[name] = frame[name].astype(str)
    found = sources(fitted(entry["formula"], frame))
    oracle = entry["fits"]["REML"]["r2mlm"]
    for row, values in zip(oracle["decomposition_rows"], oracle["decompositions"], strict=True):
        name, scope = NAMES[row]
        total, *levels = values
        others = found["v2", "total"] if name == "m" else 0.0
        assert found[name, "total"] + others == pytest.approx(total, abs=FITTED)
        at = next((value for value in levels if value is not None), None)
        if at is not None:
            assert found[name, scope] == pytest.approx(at, abs=FITTED)
