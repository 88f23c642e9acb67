"""Hypotheses, words for units, the headline rung and the authors' statements."""

import pytest

from mlm_steps.errors import SpecError
from mlm_steps.spec import load_spec
from mlm_steps.spec.units import nouns_of

HEAD = "version: 1\ndata: {file: a.csv}\n"
RUNGS = 'ladder:\n  - {name: a, formula: "y ~ x + (1 | g)"}\n  - {name: b, formula: "y ~ x * w + (x | g)"}\n'
GOOD = HEAD + RUNGS


@pytest.fixture
def spec(write):
    return lambda text: load_spec(write(GOOD + text)).spec


@pytest.fixture
def faults(write):
    def found(text):
        with pytest.raises(SpecError) as caught:
            load_spec(write(GOOD + text))
        return [f"{fault.where.partition(': ')[2]}: {fault.what}" for fault in caught.value.faults]

    return found


def test_a_unit_is_a_plural_or_a_block_with_the_singular(spec):
    made = spec("units: {g: schools, observations: {one: student, many: students}}\n").units
    assert nouns_of(made) == {"g": (None, "schools"), "observations": ("student", "students")}


@pytest.mark.parametrize("nothing", ["", "~", "null", "{}"])
def test_no_units_are_declared_by_default(spec, nothing):
    assert spec(f"units: {nothing}\n").units == spec("").units == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("units: {g: }\n", "units.g: is empty, but text is needed"),
        ("units: {g: {one: school}}\n", "units.g: the key 'many' is missing"),
        ("units: [g]\n", "units: needs a block of keys, not a list"),
        ("report: {headline: c}\n", "report.headline: no rung 'c' in the ladder"),
        (
            "hypotheses: [{name: H1, text: t, term: x, rung: c}]\n",
            "hypotheses[0].rung: no rung 'c' in the ladder",
        ),
        ("hypotheses: [{name: H1, text: t}]\n", "hypotheses[0]: the key 'term' is missing"),
        (
            "hypotheses: [{name: H1, text: t, term: x, direction: up}]\n",
            "hypotheses[0].direction: 'up' is not one of positive, negative, any",
        ),
        (
            "hypotheses:\n  - {name: H1, text: t, term: x}\n  - {name: H1, text: u, term: w}\n",
            "hypotheses[1].name: 'H1' already names a hypothesis",
        ),
        ("missing: {}\n", "missing: the key 'mechanism' is missing"),
        ("design: causal\n", "design: 'causal' is not one of observational, experimental"),
        ("rationale: {why: x}\n", "rationale.why: unknown key 'why'"),
    ],
)
def test_faults_have_their_places(faults, text, fault):
    assert faults(text) == [fault]


def test_the_headline_is_automatic_unless_a_rung_is_named(spec):
    assert spec("").headline is None
    assert spec("report: {headline: auto}\n").headline is None
    assert spec("report: {headline: a}\n").headline == "a"


def test_statements_answer_items_of_the_standard(spec):
    text = (
        "rationale: {multilevel: Shared schools., rungs: All planned.}\nsampling: Random.\n"
        "missing: MAR given x.\n"
        "preregistration: {plan: https://osf.io/a, ethics: Approved.}\n"
    )
    assert spec(text).statements == {
        "A2": "Shared schools.",
        "C3": "All planned.",
        "B2": "Random.",
        "B4": "MAR given x.",
        "A7": "Preregistration: https://osf.io/a. Ethics: Approved.",
    }
    assert spec("rationale: Shared schools.\n").statements == {"A2": "Shared schools."}
    assert spec("").statements == {}
