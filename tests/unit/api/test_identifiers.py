"""Identifiers of sixteen digits and more, which float64 cannot all hold, stay as many groups as they are."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import mlm_steps
from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design
from mlm_steps.errors import DesignError

LARGE = 2**53
FIRST = 1382016600011617669

HOLDERS = {
    "int64": lambda ids: pd.Series(ids, dtype="int64"),
    "uint64": lambda ids: pd.Series(ids, dtype="uint64"),
    "Int64": lambda ids: pd.Series(ids, dtype="Int64"),
    "UInt64": lambda ids: pd.Series(ids, dtype="UInt64"),
    "int": lambda ids: pd.Series(ids, dtype=object),
    "numpy int": lambda ids: pd.Series([np.int64(i) for i in ids], dtype=object),
    "Decimal": lambda ids: pd.Series([Decimal(i) for i in ids], dtype=object),
    "Arrow int64": lambda ids: pd.Series(ids, dtype=pd.ArrowDtype(pa.int64())),
    "Arrow uint64": lambda ids: pd.Series(ids, dtype=pd.ArrowDtype(pa.uint64())),
    "Arrow decimal": lambda ids: pd.Series(map(Decimal, ids), dtype=pd.ArrowDtype(pa.decimal128(20))),
    "categorical": lambda ids: pd.Series(pd.Categorical(ids)),
    "Arrow text": lambda ids: pd.Series(map(str, ids), dtype=pd.ArrowDtype(pa.string())),
}


def sample(first=FIRST):
    """Return 24 rows in six groups, whose identifiers follow one another; as integers and as text."""
    ids = [first + i // 4 for i in range(24)]
    y = [float((i * 7) % 5 + (i // 4) * 3) for i in range(24)]
    return ids, pd.DataFrame({"y": y, "text": [str(i) for i in ids]})


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("first", [10**15 - 2, LARGE - 3, FIRST])
def test_there_are_as_many_groups_as_identifiers(holder, first):
    ids, frame = sample(first)
    frame["id"] = HOLDERS[holder](ids)
    by_text, fit = (mlm_steps.fit(f"y ~ 1 + (1 | {name})", frame) for name in ("text", "id"))
    assert fit.criterion == pytest.approx(by_text.criterion, rel=1e-12)
    assert sorted(fit.modes["id"].index) == sorted({str(i) for i in ids})
    predicted = fit.predict(frame, random=True).estimate
    np.testing.assert_allclose(predicted, fit.fitted, rtol=1e-12)


def test_the_criterion_of_consecutive_identifiers_is_that_of_lme4_with_text():
    ids, frame = sample()  # lme4 1.1-35: REMLcrit(lmer(y ~ 1 + (1 | id))), id read as character
    assert mlm_steps.fit("y ~ 1 + (1 | id)", frame.assign(id=ids)).criterion == pytest.approx(
        109.75565, abs=1e-5
    )


@pytest.mark.parametrize(
    "holder", [h for h in HOLDERS if h not in {"int64", "uint64", "numpy int", "categorical"}]
)
def test_a_missing_identifier_takes_no_digits_from_the_others(holder):
    ids, frame = sample()
    whole = HOLDERS[holder](ids)
    frame["id"] = whole.where(pd.Series(range(24)) != 5, None).astype(whole.dtype)
    fit = mlm_steps.fit("y ~ 1 + (1 | id)", frame)
    assert fit.lmm.design.n == 23
    assert len(fit.modes["id"]) == 6


def test_random_identifiers_of_every_size_are_told_apart():
    generator = np.random.default_rng(12)
    for _ in range(300):
        low = int(generator.choice([0, 10**14, 10**15, LARGE - 5, LARGE, FIRST, 2**63 - 9])) - 4
        distinct = (low + generator.permutation(9)[:6]).tolist()
        if generator.random() < 0.3:
            distinct = [-i for i in distinct]
        ids = [distinct[i % 6] for i in range(24)]
        frame = pd.DataFrame({"y": generator.normal(size=24), "id": ids})
        design = build_design("y ~ 1 + (1 | id) + (1 | factor(id))", frame)
        for term in design.random:
            assert term.levels == tuple(str(i) for i in sorted(distinct))
            assert [term.levels[code] for code in term.refs] == [str(i) for i in ids]
        shuffled = frame.sample(frac=1, random_state=1)
        new = apply_design(json.loads(json.dumps(design.transforms)), shuffled)
        assert [design.random[0].levels[c] for c in new.random[0].refs] == [str(i) for i in shuffled.id]


def test_identifiers_are_levels_of_fixed_factors_too():
    _, frame = sample()
    frame["f"] = [LARGE + i % 2 for i in range(24)]
    frame["words"] = frame.f.astype(str)
    fit, by_text = (mlm_steps.fit(f"y ~ {f} + (1 | text)", frame) for f in ("factor(f)", "words"))
    assert list(fit.beta.index) == ["(Intercept)", "factor(f)9007199254740993"]
    np.testing.assert_allclose(fit.beta, by_text.beta, rtol=1e-12)
    means, expected = fit.means("f").table, by_text.means("words").table
    assert means["f"].tolist() == ["9007199254740992", "9007199254740993"]
    np.testing.assert_allclose(means["estimate"], expected["estimate"], rtol=1e-10)
    np.testing.assert_allclose(fit.predict(frame).estimate, by_text.predict(frame).estimate, rtol=1e-12)
    other = mlm_steps.fit('y ~ relevel(factor(f), ref = "9007199254740993") + (1 | text)', frame)
    assert other.beta.iloc[1] == pytest.approx(-fit.beta.iloc[1])


def test_one_identifier_is_picked_out_by_its_digits_in_quotes():
    _, frame = sample()
    frame["f"] = [LARGE + i % 3 for i in range(24)]
    design = build_design('y ~ I(f == "9007199254740993") + (1 | text)', frame)
    assert design.X[:, 1].tolist() == [float(i % 3 == 1) for i in range(24)]
    few = frame[frame.f == LARGE].assign(f=7)
    assert not apply_design(design.transforms, few).X[:, 1].any()
    with pytest.raises(DesignError, match="written in quotes"):
        build_design("y ~ I(f == 9007199254740993) + (1 | text)", frame)
    with pytest.raises(DesignError, match="in quotes"):
        build_design("y ~ I(f == 9007199254740992) + (1 | text)", frame)
    with pytest.raises(DesignError, match="written in quotes"):
        build_design("y ~ relevel(factor(f), ref = 9007199254740993) + (1 | text)", frame)


def test_identifiers_that_have_been_through_floats_are_refused():
    ids, frame = sample()
    fit = mlm_steps.fit("y ~ 1 + (1 | id)", frame.assign(id=ids))
    lost = frame.assign(id=np.array(ids, dtype=float))
    for refused in (lambda: mlm_steps.fit("y ~ 1 + (1 | id)", lost), lambda: fit.predict(lost, random=True)):
        with pytest.raises(
            DesignError,
            match="cannot distinguish from their neighbours: store identifiers as text or integers",
        ):
            refused()


def test_decimals_are_told_apart_by_all_their_digits():
    values = [
        Decimal("0.10"),
        Decimal("0.1"),
        Decimal("0.12345678901234567890"),
        Decimal("0.12345678901234567891"),
    ]
    frame = pd.DataFrame({"y": np.arange(12.0) % 5, "id": pd.Series(values * 3, dtype=object)})
    (term,) = build_design("y ~ 1 + (1 | id)", frame).random
    assert term.levels == ("0.1", "0.1234567890123456789", "0.12345678901234567891")


def test_categories_that_are_written_alike_are_not_said_to_hold_a_colon():
    frame = pd.DataFrame(
        {"y": np.arange(12.0) % 5, "id": pd.Categorical([1, "1", 2] * 4, categories=[1, "1", 2])}
    )
    with pytest.raises(DesignError, match="two of its categories are both written 1"):
        mlm_steps.fit("y ~ 1 + (1 | id)", frame)
