"""Steps of a cluster that are seen in the results folder."""

import json

from mlm_steps.runner.cluster.sightings import Sightings


def enter(out, **started):
    (out / "provenance.json").write_text(
        json.dumps({"steps": {n: {"started": t} for n, t in started.items()}})
    )


def test_a_step_has_begun_once_its_log_is_written_again(tmp_path):
    log = tmp_path / "logs" / "tables.log"
    log.parent.mkdir()
    log.write_text("of an earlier run\n")
    seen = Sightings(tmp_path)
    seen.expect("tables")
    assert seen.begun(["tables", "figures"]) == []
    log.write_text("")
    assert seen.begun(["tables", "figures"]) == ["tables"]


def test_a_step_has_ended_once_the_ledger_has_a_new_entry(tmp_path):
    enter(tmp_path, tables="1", figures="1")
    seen = Sightings(tmp_path)
    assert seen.ended(["tables", "figures", "report"]) == []
    enter(tmp_path, tables="2", figures="1", report="2")
    assert seen.ended(["tables", "figures", "report"]) == ["tables", "report"]


def test_a_ledger_that_cannot_be_read_tells_nothing(tmp_path):
    seen = Sightings(tmp_path)
    (tmp_path / "provenance.json").write_text("{")
    assert seen.ended(["tables"]) == []
