"""``--log-format json`` reports a run as events."""

import json

from .conftest import mlm


def events(done):
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_each_planned_step_is_told_when_it_starts_and_ends(small):
    found = events(mlm("run", "--log-format", "json", cwd=small))
    planned, started, ended = (
        {event["step"] for event in found if event["event"] == f"step_{word}"}
        for word in ("planned", "started", "finished")
    )
    assert ended == planned
    assert started == planned - {"data"}  # the check of the spec makes it
    assert {"figures", "influence"} < planned


def test_a_run_reports_every_step_from_its_plan_to_its_end(finished):
    path = finished / "pipeline.yaml"
    path.write_text(path.read_text().replace('"y ~ x + (1 | g)"', '"y ~ x + w + (1 | g)"'))
    done = mlm("run", "--log-format", "json", "--explain", cwd=finished)
    assert done.returncode == 0, done.stderr
    found = events(done)
    assert (found[0]["event"], found[-1]["event"], found[-1]["code"]) == ("run_started", "run_finished", 0)
    fit = [(event["event"], event["state"]) for event in found if event["step"] == "fit/l1"]
    assert fit == [("step_planned", "waiting"), ("step_started", "running"), ("step_finished", "done")]
    planned = next(event for event in found if event["step"] == "fit/l1")
    assert planned["message"].startswith("formula changed from 'y ~ x + (1 | g)' to")
    ended = {event["step"]: event for event in found if event["event"] == "step_finished"}
    assert ended["fit/l1"]["seconds"] > 0
    assert ended["fit/l1"]["rung"] == "l1"
    assert "data" in ended
    assert "report: results" in done.stdout
    again = mlm("run", "--log-format", "json", cwd=finished)
    assert {event["event"] for event in events(again)} == {"run_started", "message", "run_finished"}
    assert events(again)[1]["message"].startswith("nothing to do")
    assert again.stdout == done.stdout


def test_faults_are_events_too(small):
    path = small / "pipeline.yaml"
    path.write_text(path.read_text().replace("y ~ x + w", "y ~ x + ww"))
    done = mlm("run", "--log-format", "json", cwd=small)
    assert done.returncode == 2
    faults = [event["message"] for event in events(done) if event["event"] == "fault"]
    assert any("no column 'ww'" in fault for fault in faults)
    assert not (small / "results").exists()
