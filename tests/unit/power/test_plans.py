"""`mlm plan`: answers, specs and faults."""

import re

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.power.plans import PLANS
from mlm_steps.power.scenarios import scenarios
from mlm_steps.power.study import closed_answers
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.spec.syntax import decoded
from mlm_steps.spec.tree import read_tree, value_of
from mlm_steps.steps.parts.plan_words import PRIOR, plan_words
from mlm_steps.steps.plan_prior import plan_prior
from mlm_steps.steps.plan_study import ROUGH, plan_study


def lines(words):
    asked = plan_words(words.split())
    return list(plan_prior(asked) if asked.kind == PRIOR else plan_study(asked))


def block_of(text):
    root, faults = read_tree(decoded(text.encode()))
    assert not faults
    return PowerSpec.model_validate(value_of(root)["power"])


@pytest.mark.parametrize("kind", PLANS)
def test_the_spec_of_a_plan_gives_its_answer(kind):
    found = lines(f"{kind} {PLANS[kind].example}")
    power = re.match(r"power (0?\.\d{3}|1\.000) of (\S+) at alpha 0\.05", found[0])
    text = "\n".join(found[found.index("the spec of this plan (--write FILE saves it):") + 1 :])
    (answer,) = closed_answers(scenarios(block_of(text), seed=1)[0].study, precision=ROUGH)
    assert answer.test.name == power[2]
    assert answer.power == pytest.approx(float(power[1]), abs=6e-4)


def test_a_prior_t_value():
    found = lines("prior --t 2.5 --groups 40")
    assert found[0] == "power 0.8 needs 53 groups of the same size"
    assert found[1].endswith(".684 with the 40 groups of the earlier study") or "power .684" in found[1]
    assert found[2].startswith("safeguard: 124 groups")
    assert lines("prior --t 2.2 --role binary --arms 20 20")[0].startswith("power 0.8 needs 67 groups")
    assert lines("prior --t 2.5 --groups 40 --role continuous")[0].startswith("power 0.8 needs 50 groups")


def test_mathieu_needs_no_values():
    power = float(re.match(r"power (\.\d+)", lines("mathieu --groups 62 --rows 7")[0])[1])
    assert power == pytest.approx(0.616, abs=0.03)


def test_arms_stay_equal():
    assert "needs 54 groups" in lines("level-2 --groups 20 --rows 4 --icc .2 --effect .5 --binary")[2]


def test_a_target_that_items_put_out_of_reach_is_told():
    found = lines("crossed --participants 20 --items 12 --effect .3 --items-between")
    assert "out of reach" in found[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("prior --t 2.5", "says nothing without its number of groups"),
        ("prior --t 2.5 --groups 1", "too few"),
        ("prior --t 2.5 --arms 5 5", "belongs to --role binary"),
        ("prior --t 2.5 --groups 9 --arms 5 5 --role binary", "sum to 10"),
        ("level-1 --groups 40 --rows 15 --icc .99 --effect .1 --slope-variance .05", "no variance is left"),
        ("level-2 --groups 2 --rows 4 --icc .2 --effect .5", "cannot tell 2 coefficients apart"),
        ("level-2 --groups 5 --rows 1 --icc .2 --effect .5", "no variance within"),
    ],
)
def test_what_cannot_be_planned_is_a_fault(words, said):
    with pytest.raises(UsageError, match=said):
        lines(words)


@pytest.mark.parametrize(
    "words", ["level-2 --groups 0 --rows 4 --icc .2 --effect .5", "level-2 --groups 9", "nothing"]
)
def test_wrong_options_end_with_code_2(words, capsys):
    with pytest.raises(SystemExit) as ended:
        lines(words)
    assert ended.value.code == 2
    assert "mlm plan" in capsys.readouterr().err


def test_a_spec_is_written_once(tmp_path):
    path = tmp_path / "plan.yaml"
    words = f"level-2 --groups 20 --rows 4 --icc .2 --effect .5 --write {path}"
    assert lines(words)[-1].startswith(f"wrote {path}")
    assert block_of(path.read_text()).effects == ("w",)
    with pytest.raises(UsageError, match="a file of this name"):
        lines(words)
