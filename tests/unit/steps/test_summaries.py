"""What the terminal says of the steps that a run makes."""

from pathlib import Path

from mlm_steps.steps.run.plan import Step
from mlm_steps.steps.run.reasons import EFFORT_FIRST
from mlm_steps.steps.run.summaries import describe_reasons


def steps(**reasons):
    return [Step(name.replace("_", "/"), Path(name), (), None, why) for name, why in reasons.items()]


def test_steps_on_which_effort_decides_share_a_line():
    waiting = steps(
        fit_l1="its formula has changed",
        profile_l1=EFFORT_FIRST,
        profile_l2=EFFORT_FIRST,
        allfit=EFFORT_FIRST,
        report="it follows from fit/l1",
    )
    assert describe_reasons(waiting) == [
        "5 steps to make:",
        "  fit/l1: its formula has changed",
        "  profile (2), allfit: the step effort comes first and decides which are made",
        "  report: it follows from fit/l1",
    ]


def test_one_reason_for_all_steps_is_told_once():
    waiting = steps(fit_l1="it has not been made yet", report="it has not been made yet")
    assert describe_reasons(waiting) == ["2 steps to make: it has not been made yet"]
