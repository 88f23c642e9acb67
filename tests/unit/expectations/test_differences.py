"""Differences of quantities, of two runs, and baselines as files."""

import json
from types import SimpleNamespace

import pytest

from mlm_steps.expectations.baseline import Baseline, baseline_text, read_baseline
from mlm_steps.expectations.differences import differences
from mlm_steps.expectations.quantities import Quantity, deviations

QUANTITIES = [
    Quantity("l1", "status", "text", "converged"),
    Quantity("l1", "n", "count", 160.0),
    Quantity("l1", "estimate of x", "coefficient", 1.0, 0.1),
    Quantity("l1", "variance of Residual", "relative", 2.0, 2.0),
    Quantity("l1", "deviance", "criterion", 518.25),
    Quantity("l1", "intraclass correlation", "share", 0.5),
    Quantity("l1", "estimate of z", "coefficient", float("inf"), 1.0),
    Quantity("l2", "status", "text", "singular"),
]


def other(name, value):
    return [Quantity(q.of, q.name, q.kind, value if q.name == name else q.value, q.scale) for q in QUANTITIES]


@pytest.mark.parametrize(
    ("name", "same", "different"),
    [
        ("n", 160.0, 161.0),
        ("estimate of x", 1.0 + 0.9e-5, 1.0 + 1.1e-5),  # 1e-4 standard errors of 0.1
        ("variance of Residual", 2.0 + 1.9e-4, 2.0 + 2.1e-4),
        ("deviance", 518.25009, 518.25011),
        ("intraclass correlation", 0.50009, 0.50011),
        ("estimate of z", float("inf"), float("-inf")),
        ("estimate of z", float("inf"), None),
    ],
)
def test_each_class_has_its_tolerance(name, same, different):
    assert deviations(QUANTITIES, other(name, same), 1e-4) == []
    (found,) = deviations(QUANTITIES, other(name, different), 1e-4)
    assert (found.of, found.name, found.after) == ("l1", name, different)


def test_rtol_widens_all_but_counts_and_criteria_and_exact_allows_nothing():
    assert deviations(QUANTITIES, other("estimate of x", 1.04), 0.5) == []
    assert len(deviations(QUANTITIES, other("deviance", 518.3), 0.5)) == 1
    assert len(deviations(QUANTITIES, other("n", 161.0), 0.5)) == 1
    assert len(deviations(QUANTITIES, other("deviance", 518.250001), 0.5, exact=True)) == 1


def test_a_deviation_names_both_values_and_the_tolerance():
    (found,) = deviations(QUANTITIES, other("estimate of x", 1.00000004), 1e-9)
    assert found.sentence("in b.json", "now") == (
        "l1, estimate of x: 1.00000004 now, 1 in b.json; the difference is 4e-08, and 1e-10 is allowed"
    )


def test_a_rung_that_one_of_the_two_lacks_is_one_deviation():
    fewer = [q for q in QUANTITIES if q.of != "l1"]
    (gone,) = deviations(QUANTITIES, fewer, 1e-4)
    assert gone.sentence("in b.json", "now") == "l1, status: converged in b.json, and there is none now"
    (new,) = deviations(fewer, QUANTITIES, 1e-4)
    assert new.sentence("in b.json", "now") == "l1, status: converged now, and there is none in b.json"


def test_a_baseline_is_read_as_it_was_written_a_line_per_number_sorted():
    text = baseline_text(list(reversed(QUANTITIES)), {"data": {"sha256": "ab"}})
    found = read_baseline(text.encode())
    assert isinstance(found, Baseline)
    assert deviations(found.quantities, QUANTITIES, 1e-12) == []
    assert found.data_hash == "ab"
    lines = [line.strip() for line in text.splitlines()]
    assert '"estimate of x": {"class": "coefficient", "scale": 0.1, "value": 1},' in lines
    own = [line for line in lines if '"class"' in line][:-1]
    assert own == sorted(own)
    assert json.loads(text)["results"]["l1"]["estimate of z"]["value"] == "inf"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not valid JSON"),
        (b"<<<<<<< HEAD\n", "is not valid JSON"),
        (b"[]", "is not a baseline of mlm: it holds no JSON object"),
        (b'{"baseline": 2, "made_from": {}, "results": {}}', "is not a baseline of mlm: baseline"),
        (b'{"baseline": 1, "made_from": {}, "results": {"a": {"n": 3}}}', "results.a.n"),
        (b"\xff\xfe", "is not valid JSON"),
    ],
)
def test_a_file_that_is_no_baseline_is_told_in_words(content, why):
    assert why in read_baseline(content)


def finished(spec="", **values):
    profile = SimpleNamespace(
        file="a.csv", file_hash="ab" * 32, files=(), rows=160, rows_file=161, factors=(), sample_hash="s",
        columns=(SimpleNamespace(name="y", content_hash="1"),),
    )  # fmt: skip
    made = {
        "told": {"spec_text": spec, "versions": {"numpy": "2.4"}},
        "profile": profile,
        "fits": (),
        "comparisons": (),
        "quantities": QUANTITIES,
        "notices": {},
        "verdicts": {},
    }
    return SimpleNamespace(**{**made, **values})


def lines(before, after, **options):
    found = differences(before, after, "before", **{"rtol": 1e-4, **options})
    return [change.line for change in found.changes], found


def test_equal_runs_have_no_differences_whatever_the_comments_of_their_specs():
    found, record = lines(finished("a: 1 # one\nb: [x, y]\n"), finished("b: [x,  y]\na: 1\n"))
    assert found == []
    assert record.compared == len(QUANTITIES)


def test_a_spec_is_compared_by_paths_and_names():
    before = "ladder:\n  - {name: l1, formula: a}\n  - {name: l2, formula: b}\nseed: 1\n"
    after = "ladder:\n  - {name: l0, formula: z}\n  - {name: l1, formula: c}\n  - {name: l2, formula: b}\n"
    found, _ = lines(finished(before), finished(after))
    assert found == [
        "ladder[l1].formula: a → c",
        "seed: 1, gone",
        "ladder[l0].formula: new: z",
    ]


def test_data_samples_numbers_notices_and_verdicts_are_compared():
    before = finished(notices={("c", "l1"): SimpleNamespace(model="l1", severity="warning", text="old")},
                      verdicts={"hypothesis H1": "supported"})  # fmt: skip
    profile = SimpleNamespace(**{**vars(before.profile), "file_hash": "cd" * 32, "rows_file": 162})
    profile.columns = (SimpleNamespace(name="y", content_hash="2"),)
    after = finished(profile=profile, quantities=other("n", 161.0), verdicts={"hypothesis H1": "unclear"})
    after.told["versions"] = {"numpy": "2.5"}
    found, record = lines(before, after)
    assert found == [
        "SHA-256 of a.csv: abababababab → cdcdcdcdcdcd",
        "rows of the data: 161 → 162",
        "values of y in the common sample differ",
        "l1, n: 160 → 161",
        "l1, warning: old, gone",
        "hypothesis H1: supported → unclear",
    ]
    assert record.software == ("numpy: 2.4 → 2.5",)


def test_other_software_alone_is_no_difference_in_results():
    after = finished()
    after.told["versions"] = {"numpy": "2.5"}
    found, record = lines(finished(), after)
    assert found == []
    assert record.software


def test_a_p_value_that_crosses_the_level_is_a_change_of_a_test():
    def fit(p):
        return SimpleNamespace(
            model="l1", alpha=0.05, anova=(), coefficients=(SimpleNamespace(column="x", p=p),)
        )

    found, _ = lines(finished(fits=(fit(0.03),)), finished(fits=(fit(0.08),)))
    assert found == ["p of x in l1: 0.03 → 0.08 (no longer significant at 0.05)"]
    assert lines(finished(fits=(fit(0.03),)), finished(fits=(fit(0.04),)))[0] == []
