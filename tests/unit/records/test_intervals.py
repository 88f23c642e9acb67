"""The records of intervals, and how their limits come into the rows of the tables."""

import pytest

from mlm_steps.records import Coefficient, Icc, Interval, IntervalRecord, RandomParameter, RunIntervals
from mlm_steps.records.intervals import fixed_row, icc_row, random_row

SD = RandomParameter(
    term_index=0, group="school", effect_1="(Intercept)", effect_2=None, kind="sd", estimate=2.0
)
BETA = Coefficient(
    term="x", column="x", level="1", symbol="γ10", estimate=1.0, se=0.5, df=9.0, df_method="satterthwaite",
    statistic=2.0, p=0.07, ci_low=-0.1, ci_high=2.1, ci_method="Wald, satterthwaite",
)  # fmt: skip


def record(source, *limits):
    intervals = [
        Interval(kind="variance", what=random_row(SD), low=low, high=high, method=source)
        for low, high in limits
    ]
    return IntervalRecord(model="m", source=source, confidence=0.95, intervals=tuple(intervals))


def test_rows_are_named_by_what_tells_them_apart():
    assert random_row(SD) == "school/0/(Intercept)//sd"
    assert fixed_row(BETA) == "x"
    at = [icc_row(Icc(group="g", kind="vpc", value=0.1, x=x, effect="x")) for x in (0.0, 1.0)]
    assert len(set(at)) == 2


@pytest.mark.parametrize(("word", "low"), [("profile", 1.0), ("bootstrap", 3.0)])
def test_the_declared_source_comes_first(word, low):
    intervals = RunIntervals({"variance": word}, (record("profile", (1, 2)), record("bootstrap", (3, 4))))
    assert intervals.find("m", "variance", random_row(SD)).low == low


def test_nothing_is_shown_of_what_is_not_asked_for():
    found = RunIntervals({"variance": "none"}, (record("profile", (1, 2)),)).find(
        "m", "variance", random_row(SD)
    )
    assert (found.low, found.low_code, found.method) == (None, "not_requested", "not_requested")


@pytest.mark.parametrize("records", [(), (record("profile").model_copy(update={"failed": True}),)])
def test_a_source_that_failed_leaves_a_reason(records):
    found = RunIntervals({"variance": "profile"}, records).find("m", "variance", random_row(SD))
    assert (found.low, found.low_code, found.method) == (None, "not_estimable", "profile, ML")
