"""Declared occasions are counted per person: those that exist, are complete, repeated or unexpected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlm_steps.data import Analysis
from mlm_steps.errors import SpecError

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

Y = "y ~ 1 + (1 | p)"
# a has days 0 1 2, b has 0 2 (y missing at 2), c has 1 twice, one row has no day, one has day 9
ROWS = "p,day,y\na,0,1\na,1,2\na,2,4\nb,0,3\nb,2,\nc,1,5\nc,1,6\nc,,7\nc,9,8\n"


def found(analyse: Analyse, occasions: str, rows: str = ROWS, more: str = ""):
    profile = analyse(rows, Y, data=f"occasions: {occasions}{more}").profile
    assert profile.occasions is not None
    return profile.occasions, profile.notices


def units(occasions) -> list[tuple[str, int, int]]:
    return [(unit.unit, unit.present, unit.complete) for unit in occasions.units]


def test_listed_times_are_counted_one_by_one(analyse: Analyse) -> None:
    counted, notices = found(analyse, "{within: p, time: day, expected: [0, 1, 2, 5]}")
    assert units(counted) == [("a", 3, 3), ("b", 2, 1), ("c", 1, 1)]
    assert (counted.expected, counted.present, counted.complete) == (12, 6, 5)
    assert (counted.repeated, counted.unexpected, counted.unplaced) == (1, 1, 1)
    assert [(at.time, at.present) for at in counted.times] == [("0", 2), ("1", 2), ("2", 2), ("5", 0)]
    assert counted.line == "occasions: 6 of 12 exist (50.0%); 3 levels of p with 4 each"
    texts = [notice.text for notice in notices]
    assert "Row 7 repeats the p and day of an earlier row: the occasion may have been entered twice." in texts
    assert "1 row has a day that is not among the expected occasions." in texts
    assert "1 row has no p or no day." in texts


def test_without_expected_times_those_that_occur_are_expected(analyse: Analyse) -> None:
    counted, _ = found(analyse, "{within: p, time: day}")
    assert (counted.expected_each, counted.unexpected) == (4, 0)
    assert units(counted) == [("a", 3, 3), ("b", 2, 1), ("c", 2, 2)]


def test_a_number_of_occasions_caps_each_person(analyse: Analyse) -> None:
    counted, _ = found(analyse, "{within: p, time: day, expected: 2}")
    assert units(counted) == [("a", 2, 2), ("b", 2, 1), ("c", 2, 2)]
    assert (counted.expected, counted.unexpected, counted.times) == (6, 1, ())


def test_several_columns_tell_occasions_apart(analyse: Analyse) -> None:
    rows = "p,day,beep,y\na,1,x,1\na,1,y,2\na,2,x,3\nb,1,x,4\nb,2,y,6\n"
    counted, _ = found(analyse, "{within: p, time: [day, beep], expected: 4}", rows)
    assert [unit.present for unit in counted.units] == [3, 2]


def test_rows_that_a_filter_drops_are_absent(analyse: Analyse) -> None:
    counted, _ = found(analyse, "{within: p, time: day, expected: 3}", more='\nfilter: ["day < 2"]')
    assert units(counted) == [("a", 2, 2), ("b", 1, 1), ("c", 1, 1)]


def test_a_derived_time_can_tell_occasions_apart(analyse: Analyse) -> None:
    more = "\nderive: {week: {expr: floor(day / 2)}}"
    counted, _ = found(analyse, "{within: p, time: week, expected: [0, 1]}", more=more)
    assert units(counted) == [("a", 2, 2), ("b", 2, 1), ("c", 1, 1)]


def test_a_spec_without_occasions_counts_none(analyse: Analyse) -> None:
    assert analyse(ROWS, Y).profile.occasions is None


def test_unknown_columns_are_faults_at_their_keys(refuse: Refuse) -> None:
    faults = refuse(ROWS, Y, data="occasions: {within: person, time: dya}")
    assert [fault.partition(": ")[2] for fault in faults] == [
        "data.occasions.within: there is no column 'person' (the columns are p, day, y)",
        "data.occasions.time: there is no column 'dya' (did you mean 'day'?)",
    ]


def test_times_that_never_occur_are_a_fault(refuse: Refuse) -> None:
    (fault,) = refuse(ROWS, Y, data="occasions: {within: p, time: day, expected: [30, 31]}")
    assert "data.occasions.expected: no row has one of the expected times 30, 31" in fault
    assert "those of day are 0, 1, 2, 9" in fault


@pytest.mark.parametrize(
    ("occasions", "fault"),
    [
        ("{within: p}", "occasions: the key 'time' is missing"),
        ("{within: p, time: day, expected: 0}", "expected"),
        ("{within: p, time: day, expected: []}", "names no occasion"),
        ("{within: p, time: day, expected: many}", "'many' is not a whole number"),
        ("{within: p, time: []}", "names no column"),
    ],
)
def test_a_design_that_says_nothing_is_refused(analyse: Analyse, occasions: str, fault: str) -> None:
    with pytest.raises(SpecError) as caught:
        analyse(ROWS, Y, data=f"occasions: {occasions}")
    assert fault in str(caught.value)
