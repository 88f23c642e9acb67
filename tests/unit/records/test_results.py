"""Tables, figures and report find the records of the steps by their jobs' names."""

from __future__ import annotations

import pytest

from mlm_steps.records.allfit import AllFitRecord
from mlm_steps.records.effort import EffortRecord
from mlm_steps.records.failure import Absence
from mlm_steps.records.run import Labels, RunRecords

FAILED = Absence(absent="failed", step="remedies/b", reason="it was stopped")
EFFORT = EffortRecord(effort="quick", budget=1.0, work=())
ONE, OTHER = AllFitRecord(rungs=()), AllFitRecord(rungs=())
RUN = RunRecords(
    "r", "R", Labels({}, {}, {}), None, (), (), {}, (), (), {},
    results={"effort": EFFORT, "step/a": ONE, "step/b": FAILED, "step/c": OTHER, "steps/a": EFFORT},
)  # fmt: skip


def test_the_record_of_a_job_is_found_by_its_name():
    assert RUN.result(EffortRecord, "effort") is EFFORT


def test_a_job_without_a_result_has_its_absence():
    assert RUN.result(AllFitRecord, "step/b") is FAILED


def test_a_job_that_the_spec_does_not_ask_for_has_no_record():
    assert RUN.result(AllFitRecord, "allfit") is None


def test_a_record_of_another_class_is_an_error():
    with pytest.raises(TypeError, match="'effort' is of class EffortRecord"):
        RUN.result(AllFitRecord, "effort")


def test_the_results_of_a_repeated_step_are_in_the_order_of_its_jobs():
    found = RUN.results_of(AllFitRecord, "step")
    assert [id(record) for record in found] == [id(ONE), id(OTHER)]
