"""The sources of the outcome's variance return what was declared, for random designs (section 16.2)."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mlm_steps.errors import UsageError
from mlm_steps.power.declared.predictors import Derivation, Predictor
from mlm_steps.power.declared.sizes import Factor
from mlm_steps.power.declared.truths import Shares, by_source, population_sources
from mlm_steps.power.study import Study

share = st.floats(0.0, 0.2)
number = st.floats(-2.0, 2.0)


@st.composite
def declared(draw):
    """A model with one or two predictors per level, products and slopes, and shares that may be too large."""
    several = draw(st.booleans())
    names, moderators = ("x1", "x2")[: 1 + several], ("w1", "w2")[: 1 + draw(st.booleans())]
    predictors = [
        Predictor(name, mean=draw(number), sd=draw(st.floats(0.2, 5.0)), icc=draw(st.floats(0.0, 0.6)))
        for name in names
    ]
    for name in moderators:
        kind = draw(st.sampled_from(["normal", "binary"]))
        chosen = (
            {"share": draw(st.floats(0.2, 0.8))} if kind == "binary" else {"sd": draw(st.floats(0.2, 5.0))}
        )
        predictors.append(Predictor(name, factor="g", kind=kind, **chosen))
    centred = draw(st.booleans())
    used = [f"{name}c" for name in names] if centred else list(names)
    derived = tuple(Derivation(f"{name}c", "center", name, "g") for name in names) if centred else ()
    slope = draw(st.sampled_from(["", *used]))
    product = centred and draw(st.booleans())
    terms = [*used, *moderators, *([f"{used[0]}:{moderators[0]}"] if product else [])]
    random = f"({slope} | g)" if slope else "(1 | g)"
    shares = Shares(
        icc=draw(st.floats(0.02, 0.5)),
        within=draw(share),
        between=draw(share),
        product=draw(share) if product else 0.0,
        slope=draw(share) if slope else 0.0,
        total=draw(st.floats(0.1, 500.0)),
        weights={name: draw(st.floats(0.1, 3.0)) for name in terms},
        correlation=draw(st.floats(-0.8, 0.8)) if slope else 0.0,
    )
    pairs = {("x1", "x2"): draw(st.floats(-0.8, 0.8))} if several else {}
    formula = f"y ~ {' + '.join([*terms, random])}"
    return formula, tuple(predictors), derived, pairs, shares


@settings(max_examples=60)
@given(declared())
def test_the_sources_return_the_declared_shares(case):
    formula, predictors, derived, pairs, shares = case
    study = Study(
        (Factor("g", 40),), 6, formula, lambda columns: by_source(columns, shares), predictors, derived, pairs
    )
    if shares.icc + shares.within + shares.product + shares.slope >= 1.0:
        with pytest.raises(UsageError, match="no variance is left for the residual"):
            _ = study.truth
        return
    try:
        truth = study.truth
    except UsageError:  # the effects explain more than the variance between groups
        event("no variance is left between groups")
        assert shares.between + shares.within + shares.slope > 0.0
        return
    found = {name: value / shares.total for name, value in population_sources(study.columns, truth).items()}
    for name in ("within", "product", "slope"):
        assert found.get(name, 0.0) == pytest.approx(getattr(shares, name), abs=1e-10)
    assert found["between"] + found["intercept"] == pytest.approx(shares.icc, abs=1e-10)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-10)
    assert truth.sigma**2 == pytest.approx(shares.total * found["residual"], rel=1e-9)
    assert truth.roots()
