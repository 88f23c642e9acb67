"""No argument of a public function ends in a bare Python error: it is used, or refused in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import mlm_steps
from mlm_steps.api import Control
from mlm_steps.errors import DesignError, MlmError, UsageError

FORMULA = "y ~ x * f + x * z + (1 | g)"


def sample():
    generator = np.random.default_rng(0)
    g = np.repeat(np.arange(12), 6)
    x, z, noise = generator.normal(size=(3, 72))
    return pd.DataFrame(
        {
            "y": 5 + x + generator.normal(size=12)[g] + noise,
            "x": x,
            "z": z,
            "f": generator.choice(list("pq"), 72),
            "g": g,
            "w": generator.uniform(1, 2, 72),
        }
    )


FRAME = sample()
FIT = mlm_steps.fit(FORMULA, FRAME)
SMALL = mlm_steps.fit("y ~ x + (1 | g)", FRAME)
BOOTSTRAP = FIT.bootstrap(4)
PROFILE = SMALL.profile(["sigma"])


def with_control(**settings):
    return mlm_steps.fit("y ~ x + (1 | g)", FRAME, control=Control(**settings))


CALLS = {
    "fit": (
        mlm_steps.fit,
        {
            "formula": FORMULA,
            "data": FRAME,
            "reml": True,
            "weights": "w",
            "contrasts": {"f": "sum"},
            "df": "z",
            "confidence": 0.9,
            "control": Control(),
        },
    ),
    "compare": (
        mlm_steps.compare,
        {
            "smaller": SMALL,
            "larger": FIT,
            "names": ("a", "b"),
            "rlrt": False,
            "bootstrap": "never",
            "replicates": 3,
            "seed": 1,
        },
    ),
    "allfit": (mlm_steps.allfit, {"fit": SMALL, "control": Control()}),
    "control": (
        with_control,
        {"optimizer": "auto", "max_evaluations": 100, "tolerance": 1e-9, "start": 1.0, "restarts": 1},
    ),
    "anova": (FIT.anova, {"type": "II", "df": "z"}),
    "ranova": (SMALL.ranova, {"seed": 2}),
    "slopes": (
        FIT.slopes,
        {"focal": "x", "moderator": "z", "at": [0.0, 1.0], "extrapolate": True, "adjust": "holm"},
    ),
    "johnson_neyman": (FIT.johnson_neyman, {"focal": "x", "moderator": "z"}),
    "means": (FIT.means, {"factor": "f", "by": None, "at": {"x": 1}, "adjust": "holm"}),
    "confint": (FIT.confint, {"method": "wald", "parm": ["x"], "confidence": 0.9, "workers": 1}),
    "profile": (SMALL.profile, {"parm": ["sigma"], "workers": 1}),
    "predict": (FIT.predict, {"newdata": FRAME, "random": True, "se": True, "interval": "confidence"}),
    "simulate": (FIT.simulate, {"n": 1, "seed": 1, "conditional": False}),
    "at": (FIT.at, {"theta": [1.0]}),
    "criterion_at": (FIT.criterion_at, {"theta": [1.0]}),
    "bootstrap": (FIT.bootstrap, {"replicates": 3, "seed": 1, "kind": "residual"}),
    "Bootstrap.confint": (BOOTSTRAP.confint, {"confidence": 0.9, "parm": ["x"]}),
    "Profiles.confint": (PROFILE.confint, {"confidence": 0.9}),
}
ARGUMENTS = [(name, key) for name, (_, arguments) in CALLS.items() for key in arguments]
HOSTILE = [
    None, object(), 3, 0, -1, 1.5, float("nan"), float("inf"), -float("inf"), 10**400, -(10**400), True, "",
    "a", "x", "y ~", b"x", [], {}, (), [1, 2], ["a"], [None], [float("nan")], {"a": 1}, {"x": "a"},
    {"x": None}, {"x": float("nan")}, {"x": [1, 2]}, {1: 2}, np.array([1.0, 2.0]), np.array("x"),
    np.ones((2, 2)), np.array([]), pd.Series([1.0, np.nan]), pd.DataFrame(), pd.DataFrame({"x": [1.0]}),
    FRAME, lambda: 1, FIT,
    int, range(3), {"x"}, 1j, np.datetime64("2020"), pd.NA, pd.NaT, [{}], [[1]],
]  # fmt: skip


@pytest.mark.parametrize(("name", "key"), ARGUMENTS)
def test_every_argument_is_used_or_refused_in_words(name, key):
    call, good = CALLS[name]
    call(**good)
    errors = [error for value in HOSTILE if (error := refusal(call, {**good, key: value})) is not None]
    assert len(errors) > len(HOSTILE) // 2
    for error in errors:
        assert all(len(fault.what) > 8 for fault in error.faults), str(error)
        assert len(str(error)) < 2000


def refusal(call, arguments):
    """Return the error in words with which a call ends, if any; a bare Python error fails the test."""
    try:
        call(**arguments)
    except MlmError as error:
        return error
    return None


def test_hypotheses_are_used_or_refused_in_words():
    accepted = []
    for value in [*HOSTILE, {"x": 10**400}, {"x": "1"}, {"x": True}]:
        try:
            accepted.append(FIT.contrast(value).record.rows[0].text)
        except MlmError:
            continue
    assert accepted == ["x"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mlm_steps.fit(None, FRAME), "formula: this is None, not a text"),
        (lambda: mlm_steps.fit(FORMULA, None), "data: None is no pandas DataFrame"),
        (lambda: mlm_steps.fit(FORMULA, FRAME, confidence=None), "confidence: this is None, not a number"),
        (lambda: mlm_steps.fit(FORMULA, FRAME, df="t"), "df: no degrees of freedom are called 't'"),
        (lambda: mlm_steps.fit(FORMULA, FRAME, weights=[1.0]), "weights: there are 1 of them and 72 rows"),
        (lambda: mlm_steps.compare(SMALL, 3), "larger: this is an int, not a fit"),
        (lambda: FIT.bootstrap("a"), "replicates: this is a str, not a whole number"),
        (lambda: FIT.simulate(1.5, 1), "n: 1.5 is not a whole number"),
        (lambda: FIT.simulate(10**400, 1), "n: a number of this size is more than 1000000"),
        (lambda: FIT.confint(confidence=1.0), "confidence: 1.0 is not between 0 and 1"),
        (lambda: FIT.confint(parm="ses"), "parm: no parameter is called 'ses'"),
        (lambda: FIT.predict(interval="wide"), "interval: no interval is called 'wide'"),
        (lambda: FIT.predict({"x": [1, 2], "f": ["p"]}), "newdata: its columns differ in length: x 2, f 1"),
        (lambda: FIT.means("f", at={"x": "high"}), "high is not a number, as x is"),
    ],
)
def test_what_is_wrong_is_said_at_the_argument(call, words):
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        call()


def test_columns_with_names_that_are_no_texts_go_by_their_texts():
    numbered = FRAME[["y", "x", "g"]].set_axis(range(3), axis="columns")
    fit = mlm_steps.fit("`0` ~ `1` + (1 | `2`)", numbered)
    assert fit.criterion == pytest.approx(SMALL.criterion)
    assert fit.predict(numbered, random=True).estimate.tolist() == pytest.approx(fit.fitted.tolist())
    unused = FRAME.rename(columns={"z": 0, "w": None})
    assert mlm_steps.fit("y ~ x + (1 | g)", unused).criterion == SMALL.criterion


def test_columns_of_several_names_are_refused():
    deep = pd.concat({"a": FRAME}, axis="columns")
    for call in (lambda: mlm_steps.fit("y ~ x + (1 | g)", deep), lambda: FIT.predict(deep)):
        with pytest.raises(UsageError, match="columns have names of 2 parts"):
            call()


def test_a_column_that_is_there_twice_is_refused_in_new_data():
    with pytest.raises(DesignError, match="the new data have two columns g"):
        FIT.predict(pd.concat([FRAME, FRAME[["g"]]], axis="columns"), random=True)


@pytest.mark.parametrize(
    "weights", [FRAME.w, FRAME.w.to_numpy(), FRAME.w.tolist(), pa.array(FRAME.w), FRAME.w.astype("Float64")]
)
def test_weights_may_be_an_array(weights):
    fit, by_name = (mlm_steps.fit("y ~ x + (1 | g)", FRAME, weights=w) for w in (weights, "w"))
    assert fit.criterion == by_name.criterion
    new = FRAME.assign(**{"(weights)": FRAME.w})
    expected = by_name.predict(FRAME, interval="prediction").frame
    pd.testing.assert_frame_equal(fit.predict(new, interval="prediction").frame, expected)
    assert repr(fit.advice()) == repr(by_name.advice())


def test_a_missing_weight_leaves_its_row_out():
    weights = FRAME.w.where(FRAME.w > 1.2)
    fit = mlm_steps.fit("y ~ x + (1 | g)", FRAME, weights=weights)
    assert fit.lmm.design.n == int(weights.notna().sum())


def test_new_data_may_be_a_mapping():
    columns = {"x": [0.0, 1.0], "f": ("p", "q"), "z": np.array([0, 1]), "g": pd.Series([1, 2], index=[7, 8])}
    expected = FIT.predict(pd.DataFrame({**columns, "g": [1, 2]}), random=True).frame
    pd.testing.assert_frame_equal(FIT.predict(columns, random=True).frame, expected)
    alone = FIT.predict({"x": 0.0, "f": "p", "z": 0, "g": 1}, random=True).estimate
    assert alone.tolist() == pytest.approx([expected.estimate[0]])
    spread = FIT.predict({**columns, "x": 0.0}, random=True).estimate
    assert spread[0] == pytest.approx(expected.estimate[0])


def test_a_mapping_keeps_the_digits_of_identifiers():
    ids = [2**53 + i // 6 for i in range(72)]
    fit = mlm_steps.fit("y ~ x + (1 | id)", FRAME.assign(id=ids))
    found = fit.predict({"x": [*FRAME.x.tolist(), 0.0], "id": [*ids, None]}, random=True).estimate
    np.testing.assert_allclose(found[:72], fit.fitted, rtol=1e-12)


class Streamed:
    """A table of another library: what is known of it is Arrow's interface."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def as_views(table):
    """Return a table with its texts as polars hands them over."""
    fields = [
        field.with_type(pa.string_view()) if field.type == pa.string() else field for field in table.schema
    ]
    return table.cast(pa.schema(fields))


@pytest.mark.parametrize("wrap", [lambda table: table, Streamed, lambda table: Streamed(as_views(table))])
def test_tables_of_other_libraries_are_read_through_arrow(wrap):
    gaps = FRAME.assign(id=pd.array([2**53 + i // 6 for i in range(72)], dtype="Int64"))
    gaps["text"] = gaps.id.astype(str)
    gaps.loc[5, "id"] = pd.NA
    table = wrap(pa.Table.from_pandas(gaps, preserve_index=False).cast(_plain_text(gaps)))
    fit = mlm_steps.fit("y ~ x * f + (1 | id)", table)
    expected = mlm_steps.fit("y ~ x * f + (1 | text)", gaps.drop(index=5))
    assert fit.criterion == pytest.approx(expected.criterion)
    assert list(fit.beta.index) == list(expected.beta.index)
    kept = gaps.index != 5
    np.testing.assert_allclose(fit.predict(table, random=True).estimate[kept], expected.fitted, rtol=1e-9)


def _plain_text(frame):
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    texts = [
        field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field for field in schema
    ]
    return pa.schema(texts)


def test_arguments_are_bound_by_pythons_own_rules():
    with pytest.raises(TypeError, match="missing a required argument: 'data'"):
        mlm_steps.fit(FORMULA)
    with pytest.raises(TypeError, match="multiple values for argument 'formula'"):
        mlm_steps.fit(FORMULA, FRAME, formula=FORMULA)
    with pytest.raises(TypeError, match="too many positional arguments"):
        mlm_steps.fit(FORMULA, FRAME, True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'remle'"):
        mlm_steps.fit(FORMULA, FRAME, remle=True)


def test_an_index_of_a_result_can_be_named_without_effect_on_other_results():
    first = SMALL.coefficients
    first.index.name = "term"
    SMALL.beta.index.name = "term"
    again = mlm_steps.fit("y ~ x + (1 | g)", FRAME)
    assert again.coefficients.index.name is None
    assert again.beta.index.name is None
