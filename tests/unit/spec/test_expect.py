"""What the key expect takes, and the faults of what it does not take."""

import pytest

from mlm_steps.errors import SpecError
from mlm_steps.spec import load_spec

SPEC = """\
version: 1
data: {file: a.csv}
ladder:
  - {name: l1, formula: "y ~ x + (1 | g)"}
  - {name: l2, formula: "y ~ x + (x | g)"}
expect:
"""


@pytest.fixture
def expected(write):
    """A function that reads the expectations of a text."""

    def read(text):
        return load_spec(write(SPEC + "".join(f"  - {line}\n" for line in text.splitlines()))).spec.expect

    return read


def test_the_kind_follows_from_the_keys(expected):
    found = expected(
        "{model: l1, term: x, estimate: {between: [-1.0, -0.2]}}\n{model: l1, icc: {min: 0.1}}\n"
        "{comparison: [l1, l2], p: {max: 0.05}}\n{all: converged}\n{model: l2, diagnostics: no_concern}\n"
        "{data: {rows: 10, hash: 4CBD6C5F}}\n{baseline: b.json, rtol: 1e-6, severity: warn}"
    )
    kinds = "coefficient model comparison everywhere diagnostics data baseline"
    assert [each.kind for each in found] == kinds.split()
    assert found[5].data.hash == "4cbd6c5f"
    assert found[6].rtol == 1e-6
    assert [each.severity for each in found] == ["error"] * 6 + ["warn"]


@pytest.mark.parametrize(
    ("limits", "holds", "fails", "words"),
    [
        ("{min: 0.1}", [0.1, 3], [0.0999999], "at least 0.1"),
        ("{max: -1}", [-1, -2], [-0.99], "at most -1"),
        ("{between: [-1.0, -0.2]}", [-1, -0.2, -0.5], [-1.01, 0], "between -1 and -0.2"),
        ("{min: 1, max: 2}", [1, 2], [0.9, 2.1], "between 1 and 2"),
        ("2.80", [2.795, 2.8, 2.805], [2.7949, 2.8051], "2.8 ± 0.005"),
        ("{equals: 1e-3}", [0.0005, 0.0015], [0.0016], "0.001 ± 0.0005"),
        ("{equals: 2.8, within: 0.2}", [2.6, 3.0], [2.59], "2.8 ± 0.2"),
        ("7185", [7185], [7184, 7186], "7185"),
    ],
)
def test_limits_include_their_ends_and_written_digits_are_meant(expected, limits, holds, fails, words):
    bounds = expected(f"{{model: l1, n: {limits}}}")[0].n
    assert all(bounds.hold(value) for value in holds)
    assert not any(bounds.hold(value) for value in fails)
    assert bounds.words == words


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{model: l3, icc: {min: 0.1}}", "p.yaml:7:13: expect[0].model: no rung 'l3' in the ladder"),
        ("{model: l1, icx: {min: 0.1}}", "unknown key 'icx' (did you mean 'icc'?)"),
        ("{model: l1, icc: {least: 0.1}}", "expect[0].icc.least: unknown key 'least'"),
        ("{model: l1}", "expect[0]: expects nothing of a rung (for example {model: l1, icc: {min: 0.1}}"),
        ("{severity: warn}", "expect[0]: does not say what it is about"),
        ("{model: l1, p_naive: 0.5}", "expect[0].p_naive: a rung has no p_naive (it has icc"),
        ("{term: x, estimate: 1}", "expect[0]: a coefficient needs model"),
        ("{comparison: [l1, l2], estimate: 1}", "expect[0].estimate: a comparison has no estimate"),
        ("{comparison: [l1], p: 1}", "expect[0].comparison: needs the two models that are compared"),
        ("{comparison: [l1, l2], p: 1, model: l1}", "expect[0].model: a comparison has no model"),
        ("{all: fitted}", "expect[0].all: 'fitted' is not one of converged, not_singular, no_concern"),
        ("{all: converged, p: 1}", "expect[0].p: an expectation about all rungs has no p"),
        ("{model: l1, n: {min: 3, max: 1}}", "expect[0].n.max: the smallest value is above the largest"),
        ("{model: l1, n: {equals: 1, min: 3}}", "expect[0].n: has equals and min or max together"),
        ("{model: l1, n: {between: [1]}}", "expect[0].n.between: needs the smallest and the largest value"),
        ("{model: l1, n: {}}", "expect[0].n: gives no limit"),
        ("{model: l1, n: [1, 2]}", "expect[0].n: gives no limit"),
        ("{model: l1, n: many}", "expect[0].n: 'many' is not a number"),
        ("{model: l1, n: {min: 1, within: 2}}", "expect[0].n.within: belongs to equals"),
        ("{model: l1, group: g, n: 3}", "expect[0].group: belongs to icc"),
        ("{data: {}}", "expect[0].data: expects nothing (for example {rows: 7185})"),
        ("{data: {hash: abc}}", "expect[0].data.hash: 'abc' is no SHA-256"),
        ("{baseline: /etc/passwd}", "expect[0].baseline: '/etc/passwd' lies outside the spec's folder"),
        ("{baseline: 'https://x.org/b'}", "expect[0].baseline: 'https://x.org/b' is an address, not a file"),
        ("{baseline: b.json, rtol: 2}", "expect[0].rtol: 2 is not at most 1"),
        ("converged", "expect[0]: needs a block of keys"),
    ],
)
def test_a_fault_has_its_place_and_a_hint(expected, line, fault):
    with pytest.raises(SpecError) as caught:
        expected(line)
    assert fault in str(caught.value)


def test_all_faults_are_told_at_once(expected):
    with pytest.raises(SpecError) as caught:
        expected("{model: l4, icc: 1}\n{all: never}\n{name: a, all: converged}\n{name: a, all: converged}")
    places = [str(fault.where).partition(": ")[2] for fault in caught.value.faults]
    assert places == ["expect[0].model", "expect[1].all"]
