"""Events are complete JSON objects, one per line, and nothing else reaches standard error."""

import io
import json
import os
import sys

import pytest

from mlm_steps.errors import Fault, SpecError, StorageError
from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.runner.events import EventDisplay, EventLog, reported, rung_of
from mlm_steps.steps.run.plan import Step

FIELDS = ["time", "event", "step", "rung", "state", "seconds", "message", "code"]


def events(text):
    found = [json.loads(line) for line in text.splitlines()]
    assert all(list(event) == FIELDS for event in found)
    return found


@pytest.mark.parametrize(
    ("step", "rung"),
    [
        ("fit/l1", "l1"),
        ("resample/l1/0-500", "l1"),
        ("compare/null--l1", "l1"),
        ("simulate/null--l1/0-500", "l1"),
        ("prelude/ols", "ols"),
        ("data", None),
        ("sensitivity/df", None),
        ("unknown/x", None),
    ],
)
def test_the_rung_of_a_step(step, rung):
    assert rung_of(step) == rung


def test_a_step_that_left_the_reason_of_its_failure_has_failed(tmp_path):
    stream, head = io.StringIO(), tmp_path / "l1.json"
    write_record(Absence(absent="failed", step="fit/l1", reason="no variance"), head)
    display = EventDisplay(EventLog(stream, clock=lambda: 0.0))
    display.planned([Step("fit/l1", head, (), None, "it is new")], ["not shown"])
    display.begun("fit/l1")
    display.ended("fit/l1", 0.25)
    planned, begun, ended = events(stream.getvalue())
    assert (planned["event"], planned["state"], planned["message"]) == (
        "step_planned",
        "waiting",
        "it is new",
    )
    assert (begun["event"], begun["state"], begun["rung"]) == ("step_started", "running", "l1")
    assert (ended["event"], ended["state"], ended["message"]) == ("step_failed", "failed", "no variance")
    assert ended["seconds"] == 0.25


def test_a_message_with_line_breaks_and_umlauts_stays_on_one_line():
    stream = io.StringIO()
    EventDisplay(EventLog(stream)).say("a\nb\x1b é")
    (event,) = events(stream.getvalue())
    assert event["message"] == "a\nb\x1b é"


def interrupt(_):
    raise KeyboardInterrupt


def invalid(_):
    raise SpecError(Fault("a.yaml:1:1", "is wrong"), Fault("a.yaml:2:1", "is wrong too"))


def full(_):
    raise StorageError(Fault("out", "the disk is full"))


def broken(_):
    raise RuntimeError("a bug")


def talks(_):
    os.write(2, b"from a library\n\nand another\n")
    return 3


@pytest.mark.parametrize(
    ("run", "code", "state", "messages"),
    [
        (lambda _: 0, 0, "done", []),
        (lambda _: 1, 1, "failed", []),
        (interrupt, 130, "stopped", []),
        (invalid, 2, "failed", ["a.yaml:1:1: is wrong", "a.yaml:2:1: is wrong too"]),
        (full, 3, "failed", ["out: the disk is full"]),
        (talks, 3, "failed", ["from a library", "and another"]),
    ],
)
def test_standard_error_has_events_alone(capfd, run, code, state, messages):
    assert reported(run, "a.yaml") == code
    first, *others, last = events(capfd.readouterr().err)
    assert (first["event"], first["message"]) == ("run_started", "a.yaml")
    assert sorted(event["message"] for event in others) == sorted(messages)
    assert (last["event"], last["state"], last["code"]) == ("run_finished", state, code)
    assert last["seconds"] >= 0


def test_a_bug_leaves_its_traceback_in_an_event(capfd):
    assert reported(broken, "a.yaml") == 70
    _, bug, last = events(capfd.readouterr().err)
    assert "RuntimeError: a bug" in bug["message"]
    assert last["message"] == "an error in mlm ended the run"


def test_standard_error_is_as_before_afterwards(capfd):
    reported(lambda _: 0, "a.yaml")
    capfd.readouterr()
    print("again", file=sys.stderr)
    os.write(2, b"and below\n")
    assert capfd.readouterr().err == "again\nand below\n"
