import pytest
from pydantic import ValidationError

from mlm_steps.spec import PRESETS, PipelineSpec, load_spec

HECK = {"preset": "heck", "outcome": "mAch", "group": "school"}
GROWTH = {"preset": "growth", "outcome": "y", "group": "person", "time": "week"}


def made(ladder, **more):
    return PipelineSpec.model_validate({"version": 1, "data": {"file": "a.csv"}, "ladder": ladder, **more})


def rungs(ladder):
    return [(rung.name, rung.formula) for rung in made(ladder).rungs]


FULL = {
    "level_1": ["ses_w"],
    "random_slopes": ["ses_w"],
    "level_2": ["sector"],
    "cross_level": ["ses_w:sector"],
}


def test_heck_climbs_from_the_null_model_to_the_cross_level_interaction():
    assert rungs(HECK | FULL) == [
        ("null", "mAch ~ 1 + (1 | school)"),
        ("l1", "mAch ~ ses_w + (1 | school)"),
        ("slope", "mAch ~ ses_w + (ses_w | school)"),
        ("l2", "mAch ~ ses_w + sector + (ses_w | school)"),
        ("cross", "mAch ~ ses_w + sector + ses_w:sector + (ses_w | school)"),
    ]


@pytest.mark.parametrize(
    ("left_out", "names"),
    [
        ([*FULL], ["null"]),
        (["random_slopes"], ["null", "l1", "l2", "cross"]),
        (["cross_level"], ["null", "l1", "slope", "l2"]),
        (["level_2", "cross_level"], ["null", "l1", "slope"]),
        (["level_1", "random_slopes", "cross_level"], ["null", "l2"]),
    ],
)
def test_a_rung_that_would_add_nothing_is_left_out(left_out, names):
    ladder = HECK | {key: value for key, value in FULL.items() if key not in left_out}
    assert [name for name, _ in rungs(ladder)] == names


def test_growth_climbs_from_means_to_predictors_of_change():
    ladder = GROWTH | {"level_1": ["mood"], "level_2": ["drug"], "cross_level": ["week:drug"]}
    assert rungs(ladder) == [
        ("null", "y ~ 1 + (1 | person)"),
        ("time", "y ~ week + (1 | person)"),
        ("growth", "y ~ week + (week | person)"),
        ("l1", "y ~ week + mood + (week | person)"),
        ("l2", "y ~ week + mood + drug + (week | person)"),
        ("cross", "y ~ week + mood + drug + week:drug + (week | person)"),
    ]


def test_uncorrelated_slopes_are_written_with_two_bars():
    assert rungs(HECK | FULL | {"correlated": False})[2][1] == "mAch ~ ses_w + (ses_w || school)"
    assert rungs(HECK | FULL | {"correlated": False})[0][1] == "mAch ~ 1 + (1 | school)"


def test_odd_names_stand_in_backticks():
    ladder = HECK | {
        "outcome": "test score",
        "level_1": ["a:b", "_x", "für", "if", ".5", "a`c"],
        "random_slopes": ["a:b"],
        "level_2": ["2nd"],
        "cross_level": ["`a:b`:2nd", "`a\\`c`:2nd"],
    }
    fixed = "`a:b` + `_x` + für + `if` + `.5` + `a\\`c` + `2nd` + `a:b`:`2nd` + `a\\`c`:`2nd`"
    assert rungs(ladder)[-1][1] == f"`test score` ~ {fixed} + (`a:b` | school)"


def test_a_preset_declares_levels_and_the_columns_add_theirs():
    data = {"file": "a.csv", "columns": {"size": {"level": 2}}}
    assert dict(made(HECK | FULL, data=data).declared_levels) == {"ses_w": 1, "sector": 2, "size": 2}
    assert dict(made(GROWTH).declared_levels) == {"week": 1}


def test_weights_stand_on_every_rung():
    assert {rung.weights for rung in made(HECK | FULL | {"weights": "w"}).rungs} == {"w"}


def test_one_text_counts_as_a_list_of_one(write):
    ladder = "ladder: {preset: heck, outcome: y, group: g, level_1: x, level_2: }\n"
    loaded = load_spec(write("version: 1\ndata: {file: a.csv}\n" + ladder))
    assert [rung.formula for rung in loaded.spec.rungs] == ["y ~ 1 + (1 | g)", "y ~ x + (1 | g)"]


@pytest.mark.parametrize(
    "more",
    [
        {"random_slopes": ["age"]},
        {"cross_level": ["sector:ses_w"]},
        {"level_2": ["ses_w"]},
        {"level_2": ["a`b"]},
        {"time": "week"},
    ],
)
def test_a_preset_at_odds_with_itself_is_refused_in_python_too(more):
    with pytest.raises(ValidationError):
        made(HECK | FULL | more)


def test_pairs_of_a_preset_name_its_rungs():
    spec = made(HECK | FULL, compare=[{"smaller": "null", "larger": "cross"}])
    assert spec.pairs[0].larger == "cross"
    with pytest.raises(ValidationError, match="no rung 'top' in the ladder"):
        made(HECK | FULL, compare=[{"smaller": "null", "larger": "top"}])


def test_presets_are_listed_under_the_word_that_a_user_writes():
    assert {name: preset.model_fields["preset"].annotation.__args__ for name, preset in PRESETS.items()} == {
        name: (name,) for name in PRESETS
    }
